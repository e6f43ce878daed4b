import pytest
from measured import budget, changes, curve

from benchmark.analysis.saturation import over_tasks, per_task

MARGIN = 0.01


def only(measured, summary=over_tasks):
    (one,) = summary(measured)
    return one


def test_the_change_is_paired_by_subset():
    measured = curve(1000, (0.2, 0.21, 0.4)) | curve(1001, (0.8, 0.83, 0.8))
    one = only(measured)
    assert one.change.mean == pytest.approx(0.02)
    assert one.accuracies == {1: pytest.approx(0.5), 2: pytest.approx(0.52), 4: pytest.approx(0.6)}
    low, high = one.change.interval()
    assert low < one.change.mean < high


@pytest.mark.parametrize(
    ("by_twice", "saturated"),
    [
        ((0.001, 0.002, 0.0, 0.001), "yes"),
        ((0.02, -0.02, 0.0, 0.01), "on average"),
        ((0.02, 0.03, 0.02, 0.02), "no"),
        ((-0.02, -0.03, -0.02, -0.02), "no"),
        ((0.01,), "no"),
        ((0.001,), "on average"),
    ],
)
def test_an_arm_is_saturated_where_twice_the_views_change_less_than_the_margin(by_twice, saturated):
    assert only(changes(*by_twice)).saturated(MARGIN) == saturated


def test_one_subset_has_no_interval():
    one = only(changes(0.01))
    assert (one.change.interval(), one.subsets) == ((None, None), 1)


def test_tasks_are_taken_together_or_one_by_one():
    measured = changes(0.0, 0.02) | changes(0.04, 0.02, task="other")
    together = only(measured)
    assert (together.tasks, together.subsets) == (("other", "toy"), 4)
    assert together.change.mean == pytest.approx(0.02)
    other, toy = per_task(measured)
    assert (other.tasks, other.change.mean) == (("other",), pytest.approx(0.03))
    assert (toy.tasks, toy.change.mean) == (("toy",), pytest.approx(0.01))


def test_backbones_arms_and_sizes_are_kept_apart():
    measured = changes(0.0) | curve(0, (0.5, 0.5), arm="finetune") | curve(0, (0.5, 0.5), n=20)
    measured |= curve(0, (0.5, 0.5), backbone="other")
    found = [(one.backbone, one.arm, one.images_per_class) for one in over_tasks(measured)]
    assert found == [
        ("net", "finetune", 2),
        ("net", "scratch", 2),
        ("net", "scratch", 20),
        ("other", "scratch", 2),
    ]


def test_a_subset_without_both_budgets_says_nothing():
    assert over_tasks({budget(1.0): 0.5}) == []
    assert only(changes(0.01) | {budget(1.0, seed=7): 0.9}).subsets == 1


def test_accuracies_are_shown_for_budgets_that_all_subsets_have():
    measured = changes(0.0, 0.0) | {budget(0.25, seed=0): 0.1}
    assert set(only(measured).accuracies) == {1, 2}
