"""Must there be enough data before pre-training helps? By the gain at the smallest N."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from benchmark.analysis.board import FINETUNE
from benchmark.analysis.gains import GainEstimate
from benchmark.pages import tables
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.claim import Claim, Row, Statement, Table, warned
from benchmark.pages.statements.tallies import FEWEST_TASKS, Answer, extent, mean_of


def _judge(cases: Sequence[Case]) -> Claim:
    counted = [case for case in cases if case.counted]
    votes = Counter(map(_threshold, counted))
    header = ("task", "smallest N", "gain there", "threshold", "gain peaks at N", "gain there")
    return Claim(
        verdict=_answer(votes, len(counted)),
        course=(),
        reason=warned(cases, _reason(counted, votes)),
        tables=(Table(header, tuple(map(_row, cases))),),
    )


def _answer(votes: Counter[str], tasks: int) -> Answer:
    if tasks < FEWEST_TASKS:
        return "undecided"
    if votes["none"] > tasks / 2:
        return "false"
    return "true" if votes["some"] > tasks / 2 else "undecided"


def _threshold(case: Case) -> str:
    """``none``: helps at the smallest N. ``some``: surely not there, but at a larger N."""
    first, *later = (gain.images_per_class for gain in case.verdict.gains)
    if case.surely_helps(first):
        return "none"
    helps_later = any(map(case.surely_helps, later))
    return "some" if case.surely_does_not_help(first) and helps_later else ""


def _reason(counted: Sequence[Case], votes: Counter[str]) -> str:
    if not counted:
        return ""
    peaks = [_peak(case).images_per_class for case in counted]
    mean = _mean_of_firsts(counted)
    return (
        f"In {votes['none']} of {len(counted)} tasks the gain is surely above the margin at the "
        f"smallest N already (mean gain there, in points: {mean}); in {votes['some']} it "
        f"surely is not there, but is at a larger N. The gain peaks at N = {extent(peaks)}."
    )


def _mean_of_firsts(counted: Sequence[Case]) -> str:
    firsts = [(case, case.verdict.gains[0]) for case in counted]
    return mean_of(
        [gain.mean for case, gain in firsts if not case.is_void_at(gain.images_per_class)]
    )


def _row(case: Case) -> Row:
    first, peak = case.verdict.gains[0], _peak(case)
    above = [gain.images_per_class for gain in case.verdict.gains if case.is_above(gain)]
    words = {"none": "none", "some": f"N = {above[0]}" if above else ""}
    return (
        case.name,
        str(first.images_per_class),
        tables.marked_gain_at(case.board, FINETUNE, first.images_per_class),
        words.get(_threshold(case), "undecided" if above else "undecided; nowhere above"),
        str(peak.images_per_class),
        tables.marked_gain_at(case.board, FINETUNE, peak.images_per_class),
    )


def _peak(case: Case) -> GainEstimate:
    return max(case.verdict.gains, key=lambda gain: gain.mean)


ENOUGH_DATA = Statement(
    "enough_data", "There must be enough data in the first place for pre-training to help.", _judge
)
