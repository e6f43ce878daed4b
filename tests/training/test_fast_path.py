"""No speed-up may change a result: a cell trained plainly and through the fast path agree."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional
from toy import pictures, recipe

from benchmark.harness import executors, plan
from benchmark.harness import job as trial
from benchmark.harness.plan import Selection
from benchmark.training import augment as augmenting
from benchmark.training import backbones, schedule
from benchmark.training.loop import Pixels, classify, train

RECIPE = recipe(12, learning_rate=3e-3, optimiser="adamw")
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


@pytest.fixture
def images_and_labels():
    images, labels = pictures(4)
    return torch.from_numpy(images), torch.from_numpy(labels)


def network():
    torch.manual_seed(0)
    return backbones.find("test_resnet").create(3, pretrained=False)


def plain_losses(images, labels):
    """One image after the other, contiguous tensors, torch's own grid and unfused optimiser."""
    model = network().to(memory_format=torch.contiguous_format).train()
    decayed = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": 0.05}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, fused=False, foreach=False)
    generator = torch.Generator().manual_seed(0)
    order, losses = [], []
    for step in range(RECIPE.steps):
        while len(order) < 8:
            order += torch.randperm(len(labels), generator=generator).tolist()
        chosen, order = order[:8], order[8:]
        batch = torch.stack([(images[i].float() / 255 - 0.5) / 0.5 for i in chosen])
        affine = augmenting._affine(8, RECIPE.augmentation, generator)
        grid = functional.affine_grid(affine, list(batch.shape), align_corners=False)
        batch = functional.grid_sample(batch, grid, padding_mode="reflection", align_corners=False)
        loss = functional.cross_entropy(model(batch), labels[chosen])
        for group in optimiser.param_groups:
            group["lr"] = schedule.Schedule(RECIPE).rate(step)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses


def test_the_fast_loop_has_the_losses_of_a_plain_one_step_by_step(images_and_labels, monkeypatch):
    monkeypatch.setattr(schedule, "WINDOW_VIEWS", 8)
    images, labels = images_and_labels
    pixels = Pixels(images.contiguous(memory_format=torch.channels_last), MEAN, STD)
    fast = train(
        network(), pixels, classify(labels, RECIPE), RECIPE, torch.Generator().manual_seed(0)
    )
    assert len(fast.losses) == RECIPE.steps
    assert fast.losses == pytest.approx(plain_losses(images, labels), rel=2e-3, abs=2e-4)


@pytest.mark.slow
def test_a_worker_process_gives_the_predictions_of_this_one(task, backbone):
    selection = Selection((task,), (backbone,), ("scratch", "finetune", "probe"), (2,), 1)
    jobs = plan.prepare(selection).jobs
    here = {r.trial: r.predictions for r in executors.run_here(trial.run, jobs)}
    there = executors.run_in_processes(trial.run, jobs, 2)
    assert here == {r.trial: r.predictions for r in there}
