import dataclasses

import pytest
from made_boards import LATE, UNKNOWN

from benchmark.analysis.next_trials import Add, Choice, Stop
from benchmark.pages import rounds

OPEN = dataclasses.replace(UNKNOWN, low=2.0, high=None)


@pytest.mark.parametrize(
    ("step", "said"),
    [
        (
            Add((Choice(1, 5), Choice(5, 3), Choice(20, 3)), None),
            "5 seeds at N = 1, 3 seeds at N = 5, 20",
        ),
        (
            Add((Choice(10, 3),), OPEN),
            "undecided, N* in [2, ...] (98%) so far: 3 seeds at N = 10, where N* may lie",
        ),
        (
            Add((Choice(10, 5, 0.42, 0.31), Choice(1, 7, 0.9, 0.1)), UNKNOWN),
            "undecided (98%) so far: seeds up to 5 at N = 10 (gain above the margin with 42%, its "
            "variance will fall by 31%) and seeds up to 7 at N = 1 (gain above the margin with "
            "90%, its variance will fall by 10%)",
        ),
        (
            Stop("decided", LATE, 0.62),
            "stopped after 62% fewer trials than 10 seeds at every N; "
            "pretraining stops helping at N* = 50 [20, 90] (98%)",
        ),
        (
            Stop("spent", UNKNOWN, -0.05),
            "stopped after 5% more trials than 10 seeds at every N; "
            "undecided (98%): the budget is spent, and MINUTES=... would give it more",
        ),
    ],
)
def test_a_step_is_told_in_a_line(step, said):
    assert rounds.line("digits with net", step) == f"digits with net: {said}"


def test_where_the_test_images_are_too_few_it_says_how_many_would_help():
    said = rounds.line("digits with net", Stop("images", OPEN, 0.4, 0.78, 2550))
    assert "more test images would tell, not more seeds" in said
    assert "these hold 78% of the variance" in said
    assert "about 2550 would hold half" in said


@pytest.mark.parametrize("why", ["seeds", "failed"])
def test_every_end_has_a_reason(why):
    assert "(98%): " in rounds.line("digits", Stop(why, UNKNOWN, 0.0))


def test_names_from_strangers_move_no_cursor():
    assert "\x1b" not in rounds.line("bad\x1b[2J", Add((Choice(1, 3),), None))
