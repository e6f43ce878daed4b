import dataclasses

import pytest
from toy import FACTS, curve, failed, record

from benchmark.analysis.board import boards
from benchmark.analysis.scores import score_of
from benchmark.defaults import ARMS
from benchmark.pages import figure_names

LARGER = dataclasses.replace(FACTS, image_size=64, test_images=200)
GRID = {1: 0.4, 2: 0.5, 4: 0.6}


def boards_of(records):
    return boards(map(score_of, records))


def run(arms=ARMS, grid=GRID, seeds=3, **changed):
    return [one for arm in arms for one in curve(arm, grid, seeds, **changed)]


@pytest.mark.parametrize(
    ("records", "name"),
    [
        (run(), "toy--net--3-seeds"),
        (run(seeds=2), "toy--net--2-seeds"),
        (run(data=LARGER), "toy--net--64px--3-seeds"),
        (run(arms=("probe", "scratch")), "toy--net--probe+scratch--3-seeds"),
        (run(grid={1: 0.4, 2: 0.5}), "toy--net--n1+2--3-seeds"),
        (run(arms=(*ARMS, "more"), grid=GRID | {8: 0.7}),
         "toy--net--finetune+more+probe+scratch--n1+2+4+8--3-seeds"),
        (run()[:-1], "toy--net--3-seeds--26-of-27-trials"),
        ([*run()[:-1], failed("probe", 4, 2)], "toy--net--3-seeds"),
    ],
)  # fmt: skip
def test_the_figure_of_a_run_is_named_by_what_it_shows(records, name, task):
    (board,) = boards_of(records)
    assert figure_names.of_run(board, task) == f"figures/{name}.svg"


def test_the_figure_of_all_that_is_stored_keeps_its_name_as_the_store_grows(task):
    for records in (run(), run(arms=("scratch",), seeds=1), run(grid={1: 0.4})):
        (board,) = boards_of(records)
        assert figure_names.of_all(board, task) == "figures/toy--net.svg"


def test_another_image_size_than_the_tasks_own_is_said(task):
    small, large = boards_of([record(), record(data=LARGER)])
    assert figure_names.of_all(small, task) == "figures/toy--net.svg"
    assert figure_names.of_all(large, task) == "figures/toy--net--64px.svg"
    (alone,) = boards_of([record(data=LARGER)])
    assert figure_names.of_all(alone, task) == "figures/toy--net--64px.svg"


def test_of_an_unknown_task_the_size_is_said_where_there_are_several():
    (alone,) = boards_of([record()])
    assert figure_names.of_all(alone, None) == "figures/toy--net.svg"
    names = {figure_names.of_all(b, None) for b in boards_of([record(), record(data=LARGER)])}
    assert names == {"figures/toy--net--16px.svg", "figures/toy--net--64px.svg"}


def test_a_name_that_no_file_could_have_is_shortened_and_stays_different(task):
    names = set()
    for last in "ab":
        (board,) = boards_of([record(f"{'é' * 100}{last}", task="t" * 128, backbone="b" * 128)])
        names.add(figure_names.of_run(board, task).removeprefix("figures/"))
    assert len(names) == 2
    assert all(len(name.encode()) < 255 for name in names)
