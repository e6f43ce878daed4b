from measured import budget, changes

from benchmark.pages import saturation


def row(text, *starts):
    rows = [[c.strip() for c in line.split("|")[1:-1]] for line in text.splitlines()]
    return next(cells for cells in rows if tuple(cells[: len(starts)]) == starts)


MEASURED = changes(0.002, 0.004) | {budget(0.25, seed=seed): 0.25 for seed in (0, 1)}


def test_a_row_says_what_twice_the_views_change_and_whether_that_is_little():
    shown = row(saturation.table(MEASURED, 0.05), "net", "scratch", "2")
    assert shown[3:] == ["1", "2", "25.0", "50.0", "50.3", "+0.3 [-1.0, +1.6]", "yes"]
    assert row(saturation.table(MEASURED, 0.001), "net")[-1] == "no"


def test_budgets_are_named_as_multiples_of_the_rules():
    assert row(saturation.table(MEASURED, 0.01), "backbone")[5:8] == ["x1/4", "x1", "x2"]


def test_each_task_has_a_row_of_its_own():
    text = saturation.detail(MEASURED | changes(0.03, task="other"))
    assert row(text, "net", "scratch", "2", "toy")[4:] == ["2", "25.0", "50.0", "50.3", "+0.3"]
    assert row(text, "net", "scratch", "2", "other")[4:] == ["1", "", "50.0", "53.0", "+3.0"]


def test_without_measurements_there_are_no_tables():
    assert saturation.tables({}, 0.02) is None


def test_there_is_a_table_over_tasks_and_one_of_each():
    shown = saturation.tables(MEASURED, 0.01)
    assert [table.count("| net ") for table in shown] == [1, 1]
