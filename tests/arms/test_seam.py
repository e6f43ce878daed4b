"""What a new arm can do in one file: start otherwise, train twice, train without labels first."""

import dataclasses

import numpy as np
import pytest
import torch
from torch.nn import functional
from toy import recipe

from benchmark import arms
from benchmark.arms import all_arms, register
from benchmark.checks.contribution import check as contribution
from benchmark.harness import audit, judged, plan, sweep
from benchmark.harness.plan import Selection
from benchmark.records.recipe import always
from benchmark.tasks.subsets import subset
from benchmark.training import backbones, schedule
from benchmark.training.fit import fit_network, pretrained_start, random_start, subset_pixels
from benchmark.training.loop import classify, train
from benchmark.training.work import Work

RECIPE = recipe(30, learning_rate=3e-3)


@pytest.fixture(autouse=True)
def _own_arms(monkeypatch):
    all_arms()
    monkeypatch.setattr(arms, "_REGISTERED", dict(arms._REGISTERED))
    yield
    all_arms.cache_clear()


@pytest.fixture
def work(dataset, backbone):
    chosen = subset(dataset.train.labels, 4, 0)
    return Work(backbones.find(backbone), dataset, chosen, 0, RECIPE)


def test_an_arm_may_start_from_other_weights(work):
    def scaled(work):
        model, pretrained = random_start(work), pretrained_start(work).state_dict()
        for name, tensor in model.named_parameters():
            if tensor.std() > 0:
                tensor.data *= 0.5 * pretrained[name].std() / tensor.std()
        return model

    outcome, scratch = fit_network(work, scaled), fit_network(work, random_start)
    assert outcome.training.losses != scratch.training.losses


def test_an_arm_may_train_twice(work):
    phases = []

    def head_first(model, work):
        for parameter in model.parameters():
            parameter.requires_grad = False
        for parameter in model.get_classifier().parameters():
            parameter.requires_grad = True
        before = [p.clone() for p in model.parameters() if not p.requires_grad]
        labels = torch.from_numpy(work.dataset.train.labels[work.subset])
        generator = torch.Generator().manual_seed(work.seed)
        objective = classify(labels, work.recipe)
        phases.append(train(model, subset_pixels(work), objective, work.recipe, generator))
        frozen = [p for p in model.parameters() if not p.requires_grad]
        assert all(map(torch.equal, before, frozen))
        for parameter in model.parameters():
            parameter.requires_grad = True

    outcome = fit_network(work, pretrained_start, head_first)
    assert outcome.training.losses[0] < phases[0].losses[0]


def test_an_arm_may_train_on_images_without_labels_first(work, monkeypatch):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 40)
    phases = []
    blind = dataclasses.replace(
        work.dataset.train, labels=np.full_like(work.dataset.train.labels, -1)
    )

    def compress(model, work):
        hidden = dataclasses.replace(work, dataset=dataclasses.replace(work.dataset, train=blind))
        decoder = torch.nn.Linear(model.num_features, 3)
        both = torch.nn.ModuleList([model, decoder])

        def reconstruct(both, batch, chosen):
            features = model.forward_head(model.forward_features(batch), pre_logits=True)
            return functional.mse_loss(both[1](features), batch.mean(dim=(2, 3)))

        generator = torch.Generator().manual_seed(work.seed)
        phases.append(train(both, subset_pixels(hidden), reconstruct, work.recipe, generator))

    outcome = fit_network(work, random_start, compress)
    assert phases[0].losses[-1] < phases[0].losses[0]
    assert outcome.training.steps == RECIPE.steps


def growing(images_per_class, classes):
    return dataclasses.replace(RECIPE, views=2400 * images_per_class)


def test_a_budget_that_grows_with_n_goes_all_the_way(task, backbone, tmp_path, monkeypatch):
    @register("growing", pretrained=False, reads_weights=True, recipe=growing)
    def grown(work):
        return fit_network(work, pretrained_start)

    register("scratch", pretrained=False, recipe=always(RECIPE))(all_arms()["scratch"].fit)
    all_arms.cache_clear()
    monkeypatch.setattr("pkgutil.iter_modules", lambda path: ())
    arms.all_arms.cache_clear()
    selection = Selection((task,), (backbone,), ("scratch", "growing"), (1, 4), 2)
    records = tmp_path / "records"
    (board,) = audit.audit(plan.prepare(selection), records)
    result = board.arms["growing"]
    assert [recipe.steps for recipe in result.recipes] == [3, 12]
    assert [point.seeds for point in result.points] == [2, 2]
    assert (board.left_out, result.pretrained) == (0, False)
    assert {retrial.arm for retrial in board.comparisons["growing"].retrials} == {
        "scratch",
        "growing",
    }
    assert sweep.missing(records, plan.prepare(selection).jobs) == []
    assert contribution.check(records, task.folder).problems == ()
    assert judged.folder(records, "steps-x2").is_dir()
