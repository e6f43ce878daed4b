"""Boards without records: only what statements are judged by is made up."""

import dataclasses
import math

from toy import FACTS

from benchmark.analysis.board import ArmResult, Board, Comparison
from benchmark.analysis.certificate import Certificate
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.curves import Point
from benchmark.analysis.gains import GainEstimate
from benchmark.analysis.grounds import Grounds
from benchmark.analysis.stats import Estimate
from benchmark.pages.statements.claims import claims
from benchmark.records.recipe import stored

RECIPE = stored({})

HELPS = (0.1, 0.08, 0.12)
NO_HELP = (0.0, -0.005, 0.005)
UNSURE = (0.01, -0.05, 0.07)
HURTS = (-0.1, -0.12, -0.08)
"""Gains with the ends of their interval."""
GRID = (1, 10, 100)


def verdict(
    kind="undecided", gains=(), crossover=None, low=None, high=None, hurts_from=None, grid=GRID
):
    estimates = tuple(_estimate(n, *gain) for n, gain in zip(grid, gains, strict=False))
    grounds = Grounds(None, None, tuple(gain.images_per_class for gain in estimates))
    hurts = (hurts_from, None, hurts_from)
    return Verdict(kind, crossover, low, high, 0.01, estimates, grounds, *hurts)


def _estimate(n, mean, low, high):
    error = None if low is None else (high - low) / 2 / 1.959964
    return GainEstimate(mean, error, math.inf, n, 5)


THROUGHOUT = verdict("helps_throughout", [HELPS] * 3, low=100.0)
EARLY = verdict("stops", [HELPS, NO_HELP, NO_HELP], 5.0, 2.0, 9.0)
LATE = verdict("stops", [HELPS, HELPS, NO_HELP], 50.0, 20.0, 90.0)
NEVER = verdict("never_helps", [NO_HELP] * 3)
UNKNOWN = verdict("undecided", [UNSURE] * 3)
FROM_TEN = verdict("undecided", [NO_HELP, HELPS, HELPS], low=60.0)
"""Verdicts on that grid."""


def point(n, *, settled=True, accuracy=0.5):
    estimate = Estimate(accuracy, 0.01 / 1.959964, math.inf)
    return Point(n, 5, estimate, 0, 5 if settled else 4, 0 if settled else 1, 0.5)


def board(task="task", found=None, certificate=None, *, settled=GRID, backbone="net"):
    """A board on which fine-tuning got the verdict ``found``; ``settled`` names N."""
    found = found or verdict("helps_throughout", [HELPS] * 3, low=100.0)
    points = tuple(
        point(gain.images_per_class, settled=gain.images_per_class in settled)
        for gain in found.gains
    )
    doubt = "moved" if certificate == "unsettled" else None
    status = certificate and Certificate(certificate, ("scratch steps-x2",), doubt)
    return Board(
        task=task,
        backbone=backbone,
        label="a made-up network",
        pretrained_on="ImageNet-1k",
        data=FACTS,
        arms={
            "scratch": ArmResult(False, points, (RECIPE,), 1.0),
            "finetune": ArmResult(
                True, points, (RECIPE,), 1.0, Comparison("finetune", (), found, (), status, ())
            ),
        },
        efforts=(),
        seeds=dict.fromkeys((gain.images_per_class for gain in found.gains), 5),
    )


def compared(board, arm, **changed):
    """The board with fields of one arm's comparison replaced."""
    result = board.arms[arm]
    comparison = dataclasses.replace(result.comparison, **changed)
    arms = board.arms | {arm: dataclasses.replace(result, comparison=comparison)}
    return dataclasses.replace(board, arms=arms)


def boards(*found, **changed):
    """One task for each verdict."""
    return [board(f"task{i}", one, **changed) for i, one in enumerate(found)]


def cut_short(*found, certificate=None):
    """Boards on which most of scratch's trainings from N = 10 on were still falling."""
    return [_cut_short(one) for one in boards(*found, certificate=certificate)]


def _cut_short(one):
    first, *later = one.arms["scratch"].points
    short = [dataclasses.replace(p, levelled_off=0, still_falling=5) for p in later]
    scratch = dataclasses.replace(one.arms["scratch"], points=(first, *short))
    return dataclasses.replace(one, arms=one.arms | {"scratch": scratch})


def unfinished(arm, made):
    """The boards with every training of the arm still falling."""

    def cut(one):
        result = one.arms[arm]
        short = [dataclasses.replace(p, levelled_off=0, still_falling=5) for p in result.points]
        arms = one.arms | {arm: dataclasses.replace(result, points=tuple(short))}
        return dataclasses.replace(one, arms=arms)

    return [cut(one) for one in made]


def claim(statement, made, development=()):
    """What the boards of the backbone ``net`` say of a statement."""
    return claims(made, development)[statement]["net"]


def headlines(statement, *found, **changed):
    """The answer to a statement from one task for each verdict."""
    return claim(statement, boards(*found, **changed)).headline
