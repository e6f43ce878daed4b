from dataclasses import replace

from made_boards import HELPS, RECIPE, board, verdict

from benchmark.analysis.board import ArmResult
from benchmark.analysis.curves import Point
from benchmark.pages import published


def eurosat(*grid):
    return board("eurosat", verdict("undecided", [HELPS] * len(grid), grid=grid))


def rows_of(table):
    return [
        [cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()[2:]
    ]


def test_a_published_gain_stands_beside_the_nearest_n_that_was_measured():
    (gain,) = (r for r in rows_of(published.table([eurosat(1, 50)])) if "gain" in r[1])
    assert gain[2] == "+10.4 at N=100"
    assert gain[5].endswith("at N=50")


def test_what_was_measured_at_quite_other_n_is_not_held_against_it():
    assert published.table([eurosat(1, 49, 201)]) == ""


def test_a_board_without_scratch_has_nothing_to_compare():
    assert published.table([replace(eurosat(50), arms={})]) == ""


def test_trials_that_all_failed_have_nothing_to_compare():
    failed = ArmResult(False, (Point(100, 0, None, 3, 0, 0, None),), (RECIPE,), 1.0)
    assert published.table([replace(eurosat(100), arms={"scratch": failed})]) == ""


def test_other_tasks_are_not_compared():
    assert published.table([board("toy")]) == ""


def test_every_published_number_says_where_it_is_from():
    assert all(one.source and one.made_with for one in published.PUBLISHED)
