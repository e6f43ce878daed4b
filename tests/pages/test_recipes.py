import math

import pytest
from toy import curve, record

from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of
from benchmark.pages import recipes as recipes_page
from benchmark.pages.recipes import Choices, paired_loss
from benchmark.records.recipe import stored as recipe_of
from benchmark.records.tuned import Tuned
from tests.records.test_evidence import cell

RECIPE = {"steps": 10, "learning_rate": 0.001, "floor": 0.02, "augmentation": {"flip": True}}
TRIED = {
    cell(rate=1e-3, seed=1000): 0.60,
    cell(rate=1e-3, seed=1001): 0.70,
    cell(rate=3e-3, seed=1000): 0.61,
    cell(rate=3e-3, seed=1001): 0.67,
    cell(rate=1e-2, seed=1000): 0.20,
    cell(rate=1e-2, seed=1001): 0.31,
}


def boards_of(*records, **audits):
    again = {name.replace("_", "-"): list(map(score_of, r)) for name, r in audits.items()}
    return boards(map(score_of, records), audits=again)


def page(made=(), evidence=None, tuned=None, development=("digits", "cifar10")):
    return recipes_page.page(made, Choices(evidence or {}, tuned or {}), development)


def row(text, *starts):
    """The cells of the row whose first cells are these."""
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines()]
    return next(cells for cells in rows if tuple(cells[: len(starts)]) == starts)


def test_the_recipe_of_each_arm_is_shown_with_what_a_setting_is():
    made = boards_of(record(recipe=RECIPE), record("probe", recipe={"strengths": [0.1, 1.0]}))
    assert row(page(made), "`learning_rate`")[1:3] == ["", "0.001"]
    assert row(page(made), "`strengths`")[1:3] == ["0.1 1", ""]
    assert row(page(made), "`augmentation.flip`")[2:] == [
        "yes",
        "whether half of the images are mirrored",
    ]


def test_settings_that_differ_between_tasks_are_all_shown():
    made = boards_of(record(recipe=RECIPE), record(task="b", recipe=RECIPE | {"steps": 20}))
    assert row(page(made), "`steps`")[1] == "10, 20"


def test_a_setting_without_an_explanation_is_shown_all_the_same():
    assert row(page(boards_of(record(recipe={"new": "value"}))), "`new`") == ["`new`", "value", ""]


def test_the_tasks_that_choices_are_made_on_are_named():
    assert "Development tasks: cifar10, digits." in page()
    assert "Development tasks: none." in page(development=())


def test_the_sweep_marks_the_chosen_rate_and_ties():
    text = page(evidence=TRIED, tuned={"net": Tuned({"scratch": 1e-3}, 80)})
    assert row(text, "scratch", "0.001")[2:] == ["65.0", "65.0", "2", "chosen"]
    assert row(text, "scratch", "0.003")[-1] == "tie (1.0 less, standard error 2.0)"
    assert row(text, "scratch", "0.01")[-1] == ""
    assert "Labels that choosing them took: 80." in text
    assert "Seeds: 1000, 1001; held-out images per class: 10." in text


def test_rates_in_use_that_are_not_the_best_measured_are_admitted():
    text = page(evidence=TRIED, tuned={"net": Tuned({"scratch": 1e-2}, 80)})
    assert "best at other rates: scratch 0.001" in text
    assert row(text, "scratch", "0.01")[-1] == "chosen"
    assert row(text, "scratch", "0.001")[-1] == "best so far"


def test_a_best_rate_that_is_the_last_one_tried_is_admitted():
    assert "A rate for scratch beyond 0.001, the last tried, may do better." in page(evidence=TRIED)


def test_measurements_without_rates_in_use_are_shown():
    text = page(evidence=TRIED)
    assert "No rate is chosen yet: the arms' defaults are in use." in text
    assert row(text, "scratch", "0.001")[-1] == "best so far"


def test_a_missing_file_of_measurements_is_admitted():
    text = page(tuned={"net": Tuned({"scratch": 1e-3}, 80)})
    assert "are missing: `make tune` makes them" in text
    assert "Rates in use: scratch 0.001" in text
    assert "No measurements of net are stored." in text


def test_each_backbone_has_its_own_table():
    text = page(evidence=TRIED | {cell(backbone="other"): 0.5})
    assert "### net" in text
    assert "### other" in text
    assert row(text.partition("### other")[2], "scratch", "0.001")[-2:] == ["1", "best so far"]


def test_what_a_rate_loses_is_paired_over_subsets():
    lost, error = paired_loss(TRIED, "scratch", 1e-2, 1e-3)
    assert (lost, error) == (pytest.approx(0.395), pytest.approx(0.005))


def test_one_shared_subset_is_no_tie():
    tried = {cell(rate=1e-3): 0.5, cell(rate=1e-2): 0.5}
    assert all(map(math.isnan, paired_loss(tried, "scratch", 1e-2, 1e-3)))
    assert row(page(evidence=tried), "scratch", "0.01")[-1] == ""


def test_what_early_ends_change_is_shown_with_the_steps_that_they_save():
    shares = {1: 0.4, 10: 0.6}
    scratch = curve("scratch", shares, recipe=RECIPE)
    others = [one for arm in ("finetune", "probe") for one in curve(arm, {1: 0.9, 10: 0.9})]
    again = curve("scratch", shares, recipe=dict(recipe_of(RECIPE).varied("full-budget").settings))
    text = page(boards_of(*scratch, *others, full_budget=again))
    assert row(text, "toy", "net", "scratch")[3:] == ["10", "+0.0 [-1.0, +1.0]", "50%"]
    assert text.count("| toy ") == 1
    assert "have not been audited" not in text


def test_early_ends_that_nobody_audited_are_admitted():
    text = page(boards_of(record(), record("finetune")))
    assert "Early ends have not been audited for toy with net." in text


def test_without_records_there_is_no_table_of_recipes():
    assert "There are no records yet." in page()
