from measured import cell, settings
from toy import curve, record

from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of
from benchmark.pages import recipes as recipes_page
from benchmark.pages.recipes import Choices
from benchmark.records.own_recipes import DroppingRecipe, HeadFirstRecipe, ReconstructionRecipe
from benchmark.records.recipe import as_stored
from benchmark.records.recipe import stored as recipe_of
from benchmark.records.tuned import Tuned

RECIPE = {"steps": 10, "learning_rate": 0.001, "floor": 0.02, "augmentation": {"flip": True}}
TRIED = {
    cell(rate=1e-3, seed=1000): 0.60,
    cell(rate=1e-3, seed=1001): 0.70,
    cell(rate=3e-3, seed=1000): 0.61,
    cell(rate=3e-3, seed=1001): 0.67,
    cell(rate=1e-2, seed=1000): 0.20,
    cell(rate=1e-2, seed=1001): 0.31,
}


SLOW, GOOD, FAST = (f"learning_rate {rate}, optimiser muon" for rate in (0.001, 0.003, 0.01))
"""As the page has them."""


def tuned(rate):
    return {"net": Tuned({"scratch": {2: settings(rate)}}, 80)}


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


def test_the_sweep_marks_the_chosen_settings_and_ties():
    text = page(evidence=TRIED, tuned=tuned(1e-3))
    assert row(text, "scratch", "2", SLOW)[3:] == ["65.0", "65.0", "2", "chosen"]
    assert row(text, "scratch", "2", GOOD)[-1] == "tie (1.0 less, standard error 2.0)"
    assert row(text, "scratch", "2", FAST)[-1] == ""
    assert "Labels that choosing them took: 80." in text
    assert "Seeds: 1000, 1001; held-out images per class: 10." in text


def test_each_size_has_a_choice_of_its_own():
    text = page(evidence=TRIED | {cell(rate=1e-2, n=20): 0.9, cell(rate=1e-3, n=20): 0.5})
    assert row(text, "scratch", "2", SLOW)[-1] == "best so far"
    assert row(text, "scratch", "20", FAST)[3:] == ["90.0", "90.0", "1", "best so far"]


def test_settings_in_use_that_are_not_the_best_measured_are_admitted():
    text = page(evidence=TRIED, tuned=tuned(1e-2))
    assert "measurements stored by now are best with other settings" in text
    assert row(text, "scratch", "2", FAST)[-1] == "chosen"
    assert row(text, "scratch", "2", SLOW)[-1] == "best so far"


def test_a_best_rate_that_is_the_last_one_tried_is_admitted():
    assert "A rate for scratch at N=2 beyond 0.001, the last tried," in page(evidence=TRIED)


def test_measurements_without_settings_in_use_are_shown():
    text = page(evidence=TRIED)
    assert "No settings are chosen yet: the arms' defaults are in use." in text
    assert row(text, "scratch", "2", SLOW)[-1] == "best so far"


def test_a_missing_file_of_measurements_is_admitted():
    text = page(tuned=tuned(1e-3))
    assert "are missing: `make tune` makes them" in text
    assert f"Settings in use:\n\n- scratch at N=2: {SLOW}\n" in text
    assert "No measurements of net are stored." in text


def test_each_backbone_has_its_own_table():
    text = page(evidence=TRIED | {cell(backbone="other"): 0.5})
    assert "### net" in text
    assert "### other" in text
    shown = row(text.partition("### other")[2], "scratch", "2", SLOW)
    assert shown[-2:] == ["1", "best so far"]


def test_one_shared_subset_is_no_tie():
    tried = {cell(rate=1e-3): 0.5, cell(rate=1e-2): 0.5}
    rows = page(evidence=tried).splitlines()
    assert not any("tie (" in line for line in rows)


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


def test_settings_that_only_one_arm_has_are_explained_too():
    own = [
        ("autoencoder", ReconstructionRecipe, "`mask`", "0.5"),
        ("scratch_dropout", DroppingRecipe, "`drop_rate`", "0.2"),
        ("finetune_head_first", HeadFirstRecipe, "`probe.folds`", "5"),
    ]
    for arm, kind, name, value in own:
        recipe = as_stored(kind(learning_rate=0.01, views=10, settings_of="scratch"))
        text = page(boards_of(record(), record(arm, recipe=recipe)))
        assert value in row(text, name)[1:3]
        assert row(text, name)[3]
        assert "scratch" in row(text, "`settings_of`")[1:3]


def test_settings_that_depend_on_n_are_told_for_each_n():
    fixed = {"learning_rate": 0.001, "batch_size": 8}
    records = [record(n=n, recipe={**fixed, "views": 100 * n}) for n in (1, 2)]
    (board,) = boards(map(score_of, records))
    assert recipes_page.changing_settings(board.arms["scratch"]) == ["views 100", "views 200"]


def test_settings_in_plain_text_are_not_marked_up():
    (board,) = boards([score_of(record("[arm]", recipe={"kind": "a*b"}))])
    header, rows = recipes_page.settings_grid([board], str)
    assert header[1] == "[arm]"
    assert [row[:2] for row in rows] == [["kind", "a*b"]]
