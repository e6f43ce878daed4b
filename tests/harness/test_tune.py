import dataclasses
import json

import numpy as np
import pytest
from measured import cell

from benchmark import arms
from benchmark.errors import UserError
from benchmark.harness import held_out, tune
from benchmark.harness.executors import run_here
from benchmark.records.evidence import as_text, change_evidence, chosen_settings, read_evidence
from benchmark.tasks import data
from benchmark.training import backbones

ARMS = ("scratch", "finetune")
SLOW, FAST = ({"learning_rate": rate, "optimiser": "muon"} for rate in (1e-4, 1e-2))


@pytest.fixture(autouse=True)
def _small(monkeypatch):
    monkeypatch.setattr(tune, "CANDIDATES", (SLOW, FAST))
    monkeypatch.setattr(tune, "RATES", (1e-4, 1e-2))
    monkeypatch.setattr(tune, "CHANGES", ({"turn": 0.0},))
    monkeypatch.setattr(tune, "MOST_VIEWS", 64)
    monkeypatch.setattr(tune, "SIZES", (2, 4))
    monkeypatch.setattr(tune, "HELD_OUT", 2)
    monkeypatch.setattr(tune, "SEEDS", (1000,))
    monkeypatch.setattr(
        tune.executors, "run", lambda function, jobs, workers: run_here(function, jobs)
    )


def fake_run(tuning):
    """The larger the rate, the better, for scratch; the other way round for the others.

    Images that are not turned are better with few of them.
    """
    tried = json.loads(tuning.cell.settings)
    good = (tried["learning_rate"] > 1e-3) == (tuning.cell.arm == "scratch")
    still = 0.05 if "turn" in tried else 0.0
    accuracy = (0.9 if good else 0.2) + (still if is_small(tuning.cell) else -still)
    return tuning.cell, round(accuracy, 4)


def is_small(cell):
    return cell.images_per_class == 2


def plan(backbone, *tasks):
    """Every candidate on every seed."""
    chosen = [arms.all_arms()[name] for name in ARMS]
    first = [(settings, seed) for settings in tune.CANDIDATES for seed in tune.SEEDS]
    return tune.plan(backbones.find(backbone), tasks, chosen, lambda arm, size: first)


def tuned(backbone, tasks, file, names=ARMS):
    return tune.tune(backbone, tasks, 1, file, names)


def arm_that(fits):
    """Stands in for ``arms.arm``: whatever its name, the arm does what ``fits`` does."""
    return lambda name: type("Arm", (), {"fit": staticmethod(fits)})


def test_every_trained_arm_is_tried_with_every_candidate_and_size(task, backbone):
    planned = [tuning.cell for tuning in plan(backbone, task)]
    assert len(planned) == len(set(planned)) == 2 * 2 * 2
    assert {one.arm for one in planned} == {"scratch", "finetune"}
    assert {one.backbone for one in planned} == {"net"}


def test_the_recipe_is_that_of_a_sweep_but_for_settings_and_budget(task, backbone):
    for tuning in plan(backbone, task):
        assert tuning.recipe.learning_rate == json.loads(tuning.cell.settings)["learning_rate"]
        assert tuning.recipe.views == tuning.cell.views == 64


def test_the_candidates_are_the_same_for_every_arm(task, backbone):
    tried = {(t.cell.arm, t.cell.settings) for t in plan(backbone, task)}
    assert tried == {(arm, as_text(s)) for arm in ("scratch", "finetune") for s in (SLOW, FAST)}


@pytest.mark.parametrize(("budget", "views"), [(1.0, 19_200), (0.25, 9_600)])
def test_a_measurement_has_half_of_the_rules_budget_or_all_of_an_easy_tasks(
    task, backbone, monkeypatch, budget, views
):
    monkeypatch.setattr(tune, "MOST_VIEWS", 10**6)
    planned = plan(backbone, task.model_copy(update={"budget": budget}))
    assert {t.cell.views for t in planned if t.cell.arm == "finetune"} == {views}


def test_seeds_are_not_those_of_the_leaderboard():
    assert min(tune.SEEDS) >= 1000


class Untouchable:
    def __getattr__(self, name):
        raise AssertionError("the test split was read")


def test_the_test_split_is_never_read(task, backbone, dataset, monkeypatch, tmp_path):
    closed = dataclasses.replace(dataset, test=Untouchable())
    monkeypatch.setattr(data, "load", lambda *a, **k: closed)
    evidence = tuned(backbone, [task], tmp_path / "evidence.csv")
    changed = [cell for cell in evidence if "turn" in cell.settings]
    assert len(evidence) - len(changed) == 2 * 2 * 2
    assert len({(cell.arm, cell.images_per_class) for cell in changed}) == 2 * 2
    assert all(0 <= accuracy <= 1 for accuracy in evidence.values())


def test_a_training_is_scored_on_images_that_it_was_not_trained_on(task, backbone, monkeypatch):
    seen = []

    def watched(work):
        inner = work.dataset
        fit = {image.tobytes() for image in inner.train.images[work.subset]}
        held = {image.tobytes() for image in inner.test.images}
        seen.append((len(fit), len(held), fit & held))
        return type("Outcome", (), {"predictions": np.zeros(len(inner.test.labels))})

    monkeypatch.setattr(
        tune.arms, "arm", lambda name: type("Arm", (), {"fit": staticmethod(watched)})
    )
    for tuning in plan(backbone, task):
        tune.run(tuning)
    assert set(map(str, seen)) == {str((6, 6, set())), str((12, 6, set()))}


def test_what_is_trained_on_nests_and_what_is_held_out_stays(task):
    labels = held_out.labels(task)
    few, more = (held_out.drawn(labels, 2, n, seed=1000) for n in (2, 4))
    assert set(few[1]) < set(more[1])
    assert list(few[0]) == list(more[0])


def test_sizes_that_a_task_does_not_have_are_left_out(task, backbone, monkeypatch):
    monkeypatch.setattr(tune, "SIZES", (2, 4000))
    assert {t.cell.images_per_class for t in plan(backbone, task)} == {2}


def test_a_development_task_with_too_few_images_is_one_message(task, backbone, monkeypatch):
    monkeypatch.setattr(tune, "SIZES", (4000,))
    with pytest.raises(UserError, match=r"has 8 training images .* needs 4000 beside"):
        plan(backbone, task)


def test_a_rate_at_which_the_training_diverges_scores_nothing(task, backbone, monkeypatch):
    def diverging(work):
        raise tune.DivergedError("NaN")

    monkeypatch.setattr(tune.arms, "arm", arm_that(diverging))
    (first, *_) = plan(backbone, task)
    assert tune.run(first) == (first.cell, 0.0)


def test_measurements_are_kept_and_not_made_again(task, backbone, monkeypatch, tmp_path):
    made = []
    monkeypatch.setattr(tune, "run", lambda tuning: (made.append(tuning), fake_run(tuning))[1])
    file = tmp_path / "evidence.csv"
    first = tuned(backbone, [task], file)
    assert tuned(backbone, [task], file) == first
    assert len(made) == len(first)


def test_changes_are_tried_on_the_best_candidate_of_each_arm_and_size(
    task, backbone, monkeypatch, tmp_path
):
    monkeypatch.setattr(tune, "SEEDS", (1000, 1001))
    monkeypatch.setattr(tune, "run", fake_run)
    found = tuned(backbone, [task], tmp_path / "evidence.csv")
    still = {(c.arm, c.settings) for c in found if "turn" in c.settings and not is_small(c)}
    assert still == {
        ("scratch", as_text({**FAST, "turn": 0.0})),
        ("finetune", as_text({**SLOW, "turn": 0.0})),
    }
    beside = {(c.arm, c.settings) for c in found if "turn" in c.settings and is_small(c)}
    assert beside == {(arm, as_text({**s, "turn": 0.0})) for arm in ARMS for s in (SLOW, FAST)}
    assert chosen_settings(found) == {
        "scratch": {2: {**FAST, "turn": 0.0}, 4: FAST},
        "finetune": {2: {**SLOW, "turn": 0.0}, 4: SLOW},
    }


def test_a_change_that_is_best_has_the_rates_beside_it_tried_as_well(
    task, backbone, monkeypatch, tmp_path
):
    """Images that are not turned want another rate."""

    def joint(tuning):
        tried = json.loads(tuning.cell.settings)
        slow = tried["learning_rate"] == SLOW["learning_rate"]
        return tuning.cell, (0.6 if slow else 0.7) if "turn" in tried else (0.5 if slow else 0.4)

    monkeypatch.setattr(tune, "CANDIDATES", (SLOW,))
    monkeypatch.setattr(tune, "SEEDS", (1000, 1001))
    monkeypatch.setattr(tune, "run", joint)
    found = tuned(backbone, [task], tmp_path / "evidence.csv", ["scratch"])
    assert chosen_settings(found)["scratch"][2] == {**FAST, "turn": 0.0}


def test_other_seeds_are_spent_on_what_came_near_the_best(task, backbone, monkeypatch, tmp_path):
    monkeypatch.setattr(tune, "SEEDS", (1000, 1001))
    monkeypatch.setattr(tune, "run", fake_run)
    found = tuned(backbone, [task], tmp_path / "evidence.csv", ["scratch"])
    second = {(c.images_per_class, c.settings) for c in found if c.seed == 1001}
    still = as_text({**FAST, "turn": 0.0})
    assert second == {(2, still), (2, as_text(FAST)), (4, as_text(FAST))}


def test_what_is_chosen_at_more_images_is_measured_with_every_seed(
    task, backbone, monkeypatch, tmp_path
):
    def by_size(tuning):
        best = SLOW if tuning.cell.images_per_class == 4 else FAST
        return tuning.cell, 0.9 if tuning.cell.settings == as_text(best) else 0.2

    monkeypatch.setattr(tune, "SEEDS", (1000, 1001))
    monkeypatch.setattr(tune, "run", by_size)
    found = tuned(backbone, [task], tmp_path / "evidence.csv", ["scratch"])
    assert {c.seed for c in found if (c.images_per_class, c.settings) == (2, as_text(SLOW))} == {
        1000,
        1001,
    }
    assert chosen_settings(found)["scratch"] == {2: FAST, 4: SLOW}


def test_a_choice_that_another_seed_turned_to_has_the_rates_beside_it_tried_as_well(
    task, backbone, monkeypatch, tmp_path
):
    """The first seed goes on from 1e-2, just better than 1e-4; the second prefers 1e-4."""
    monkeypatch.setattr(tune, "RATES", (1e-5, 1e-4, 1e-3, 1e-2, 1e-1))
    monkeypatch.setattr(tune, "SEEDS", (1000, 1001))
    accuracies = {1e-4: (0.9, 0.9), 1e-2: (0.905, 0.7)}

    def turned(tuning):
        rate = json.loads(tuning.cell.settings)["learning_rate"]
        return tuning.cell, accuracies.get(rate, (0.2, 0.2))[tuning.cell.seed - 1000]

    monkeypatch.setattr(tune, "run", turned)
    found = tuned(backbone, [task], tmp_path / "evidence.csv", ["scratch"])
    assert chosen_settings(found)["scratch"][2] == SLOW
    assert as_text({**SLOW, "learning_rate": 1e-5}) in {c.settings for c in found}


def test_what_was_measured_before_an_interruption_counts(task, backbone, monkeypatch, tmp_path):
    made = []

    def interrupted(tuning):
        if len(made) == 3:
            raise KeyboardInterrupt
        made.append(tuning.cell)
        return fake_run(tuning)

    file = tmp_path / "evidence.csv"
    monkeypatch.setattr(tune, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tuned(backbone, [task], file)
    assert set(read_evidence(file)) == set(made)
    monkeypatch.setattr(tune, "run", fake_run)
    best_with_a_change = 2  # of either arm, with two images per class: the other rate is tried, too
    assert len(tuned(backbone, [task], file)) == 12 + best_with_a_change


def test_another_recipe_is_measured_anew(task, backbone, monkeypatch, tmp_path):
    file = tmp_path / "evidence.csv"
    monkeypatch.setattr(tune, "run", fake_run)
    before = tuned(backbone, [task], file)
    mirrored = task.model_copy(update={"flip": True})
    after = tuned(backbone, [mirrored], file)
    assert not set(before) & set(after)
    assert read_evidence(file) == after


def test_evidence_of_other_backbones_stays_in_the_file(task, backbone, monkeypatch, tmp_path):
    file = tmp_path / "evidence.csv"
    change_evidence(file, lambda _: {cell(backbone="other"): 0.25})
    monkeypatch.setattr(tune, "run", fake_run)
    found = tuned(backbone, [task], file)
    assert cell(backbone="other") not in found
    assert read_evidence(file)[cell(backbone="other")] == 0.25


def test_without_a_development_task_nothing_can_be_tuned(backbone, tmp_path):
    with pytest.raises(UserError, match="no development task"):
        tune.tune(backbone, [], 1, tmp_path / "evidence.csv")


def test_every_label_that_is_drawn_counts_once(task, monkeypatch):
    assert tune.labels_used([task]) == 3 * (2 + 4)
    monkeypatch.setattr(tune, "SEEDS", (1000, 1001))
    assert 3 * 6 < tune.labels_used([task]) <= 3 * 12


def test_a_best_rate_that_is_the_last_of_its_side_is_followed_further(
    task, backbone, monkeypatch, tmp_path
):
    """Of these the best lies at 1e-3 for scratch, and at 1e-1 for the others."""
    rates = (1e-4, 1e-3, 1e-2, 1e-1)
    monkeypatch.setattr(tune, "RATES", rates)
    monkeypatch.setattr(tune, "CANDIDATES", ({"learning_rate": 1e-2, "optimiser": "muon"},))

    def peaked(tuning):
        rate = json.loads(tuning.cell.settings)["learning_rate"]
        peak = 1e-3 if tuning.cell.arm == "scratch" else 1e-1
        return tuning.cell, round(1 / (1 + abs(np.log10(rate / peak))), 4)

    monkeypatch.setattr(tune, "run", peaked)
    found = tuned(backbone, [task], tmp_path / "evidence.csv")
    tried = {arm: {c.settings for c in found if c.arm == arm} for arm in ("scratch", "finetune")}
    rates_of = {
        arm: sorted({json.loads(text)["learning_rate"] for text in texts})
        for arm, texts in tried.items()
    }
    assert rates_of == {"scratch": list(rates[:4]), "finetune": list(rates[1:])}


def test_unasked_those_arms_are_tuned_that_say_so(backbone, monkeypatch):
    network = backbones.find(backbone)
    chosen = {arm.name for arm in tune.chosen_arms(network, None)}
    assert chosen == {name for name, arm in arms.all_arms().items() if arm.is_tuned}
    monkeypatch.setattr(backbones.Backbone, "drops_at", lambda backbone, rate: False)
    for names in (None, ["all"]):
        assert "scratch_dropout" not in {arm.name for arm in tune.chosen_arms(network, names)}
    with pytest.raises(UserError, match="scratch_dropout is nothing for a toy: it has neither"):
        tune.chosen_arms(network, ["scratch_dropout"])


def test_an_arm_that_may_take_anothers_settings_starts_from_them(
    task, backbone, monkeypatch, tmp_path
):
    monkeypatch.setattr(tune, "run", fake_run)
    scratch = {"scratch": {n: {**FAST, "turn": 0.0} for n in tune.SIZES}}
    file, arm = tmp_path / "evidence.csv", "scratch_dropout"
    found = tune.tune(backbone, [task], 1, file, [arm], scratch)
    tried = [json.loads(c.settings) for c in found]
    assert all(one["turn"] == 0.0 and one["optimiser"] == "muon" for one in tried)
    own = {name for change in arms.arm(arm).changes for name in change}
    assert own == {name for one in tried for name in one} - {*FAST, "turn"}
    beside = [one for one in tried if one["learning_rate"] != FAST["learning_rate"]]
    assert len({as_text(one) for one in beside}) == 1


def test_of_two_arms_the_one_whose_settings_the_other_takes_comes_first():
    chosen = arms.named(["autoencoder_all", "scratch", "autoencoder", "finetune"])
    assert tune._waves(chosen) == [["scratch", "finetune"], ["autoencoder"], ["autoencoder_all"]]


def test_an_arm_tries_changes_of_its_own_beside_those_of_all(task, backbone, monkeypatch, tmp_path):
    monkeypatch.setattr(tune, "run", fake_run)
    found = tuned(backbone, [task], tmp_path / "evidence.csv", ["scratch_dropout"])
    own = [{**SLOW, **change} for change in arms.arm("scratch_dropout").changes]
    expected = [SLOW, FAST, {**SLOW, "turn": 0.0}, *own]
    assert {c.settings for c in found if c.images_per_class == 4} == set(map(as_text, expected))


@pytest.fixture
def chosen(task, backbone, monkeypatch, tmp_path):
    """`tune.choose` with everything that it keeps in a folder of its own."""
    file, kept = tmp_path / "evidence.csv", {}
    whole = tune.tune
    monkeypatch.setattr(tune, "run", fake_run)
    monkeypatch.setattr(
        tune, "tune", lambda *given, **named: whole(*given, evidence_file=file, **named)
    )
    monkeypatch.setattr(tune.held_out, "development_tasks", lambda: [task])
    monkeypatch.setattr(tune, "tuned_backbones", lambda: kept)
    monkeypatch.setattr(tune, "keep", kept.__setitem__)

    def choose(*names):
        tune.choose(backbone, 1, names)
        return kept["net"], read_evidence(file)

    return choose


def test_arms_that_are_not_asked_for_keep_their_settings_and_measurements(chosen):
    first, measured = chosen("scratch")
    both, more = chosen("finetune")
    assert set(first.settings) == {"scratch"}
    assert set(both.settings) == {"scratch", "finetune"}
    assert both.settings["scratch"] == first.settings["scratch"]
    assert both.settings == chosen_settings(more)
    assert measured.items() <= more.items()


def test_no_arm_of_a_backbone_has_settings_that_took_more_labels(chosen, monkeypatch):
    chosen("scratch")
    monkeypatch.setattr(tune, "labels_used", lambda tasks: 7)
    with pytest.raises(
        UserError, match="scratch for net were chosen on 18 labels, and there are 7"
    ):
        chosen("finetune")
    assert chosen("scratch")[0].labels == 7
