import pytest
from made_boards import THROUGHOUT, boards

from benchmark.analysis.explained.basins import Basins, Line
from benchmark.analysis.explained.known import Known
from benchmark.analysis.stats import Estimate
from benchmark.pages.statements.claims import claims
from benchmark.pages.statements.one_basin import ONE_BASIN

LINES = ("scratch to finetune", "scratch to scratch", "finetune to finetune")


def basins(height, error=0.001):
    rise = Estimate(height, error, 1e6)
    return Basins(3, tuple(Line(name, rise, rise, rise) for name in LINES), rise, rise, {}, {})


def judged(*heights):
    known = {
        (f"task{i}", "net"): Known(basins={10: basins(height)}) for i, height in enumerate(heights)
    }
    return claims(boards(*[THROUGHOUT] * len(heights)), (), known)[ONE_BASIN]["net"]


@pytest.mark.parametrize(
    ("heights", "answer"),
    [
        ([0.5] * 4, "false"),
        ([0.0] * 4, "true"),
        ([0.0, 0.0, 0.5, 0.5], "undecided"),
        ([0.5] * 3, "undecided"),
    ],
)
def test_a_barrier_in_most_tasks_makes_it_false_none_in_nearly_all_true(heights, answer):
    assert judged(*heights).verdict == answer


def test_each_line_is_shown():
    assert judged(*[0.5] * 4).tables[1].rows[0] == (
        *("task0", "10"),
        *["50.0 [49.8, 50.2], two basins"] * 3,
    )
