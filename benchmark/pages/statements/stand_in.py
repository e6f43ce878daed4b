"""Does something else do what pre-training does? By other arms against fine-tuning.

Three statements name something in pre-training's place: dropout, good rules for random weights,
weights that compress the images. One rule judges them all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from benchmark import defaults
from benchmark.analysis.board import FINETUNE
from benchmark.analysis.gains import GainEstimate
from benchmark.defaults import option
from benchmark.pages import tables
from benchmark.pages.explained.part import percent
from benchmark.pages.explained.scale import share
from benchmark.pages.statements.cases import Case
from benchmark.pages.statements.claim import Claim, Row, Statement, Table, warned
from benchmark.pages.statements.rarely_helps import SMALL
from benchmark.pages.statements.tallies import (
    FEWEST_TASKS,
    Answer,
    counted,
    course,
    everyone,
    overall,
)
from benchmark.records.fingerprint import PROTOCOL

MayVote = Callable[[Case, int], bool]


def _judge(arms: Sequence[str], may_vote: MayVote, cases: Sequence[Case]) -> Claim:
    sizes = sorted(
        {n for case in cases if case.counted for n in case.gains if _measured(arms, case, n)}
    )
    small = [n for n in sizes if n <= SMALL]
    if not small:
        return Claim("not measured", (), _how_to(arms, cases), _explained(arms, cases))

    def voters(case: Case, n: int) -> bool:
        return _measured(arms, case, n) and may_vote(case, n)

    found = course(cases, small, partial(_vote, arms), _replaced, may_vote=voters)
    header = ("N", "tasks", "as good", "worse", "undecided", "answer")
    rows = tuple((*tally.counts("as good", "worse"), tally.answer) for tally in found)
    return Claim(
        verdict=overall(found),
        course=found,
        reason=warned(cases, counted(found, "as good", "worse")),
        tables=(Table(header, rows), _against(arms, cases, small), *_explained(arms, cases)),
    )


def _measured(arms: Sequence[str], case: Case, n: int) -> bool:
    """Whether all of the arms were run at N: of several the best may be the one that is missing."""
    return all(case.over_finetune(arm, n) is not None for arm in arms)


def _vote(arms: Sequence[str], case: Case, n: int) -> str:
    """*Worse* only of arms that had their chance, *as good* only as fine-tuning that had its."""
    margin = case.verdict.margin
    found = {arm: gain for arm in arms if (gain := case.over_finetune(arm, n)) is not None}
    if any(gain.low is not None and gain.low >= -margin for gain in found.values()):
        return "as good" if case.had_chance(FINETUNE, n) else ""
    worse = all(
        gain.high is not None and gain.high < -margin and case.had_chance(arm, n)
        for arm, gain in found.items()
    )
    return "worse" if found and worse else ""


def _replaced(votes: Counter[str], tasks: int) -> Answer:
    if votes["worse"] > tasks / 2:
        return "false"
    return "true" if votes["as good"] > 3 * tasks / 4 else "undecided"


def _how_to(arms: Sequence[str], cases: Sequence[Case]) -> str:
    """With the arms that are there already: what is run again takes the place of older records.

    Strangers may have called an arm as they like; such a name is no part of a command.
    """
    there = [arm for case in cases for arm in case.board.arms if arm.isidentifier()]
    names = " ".join(dict.fromkeys(("scratch", "finetune", *there, *arms)))
    asked = {"task": "...", "backbone": "...", "arms": f'"{names}"', "records": "results/records"}
    given = " ".join(f"{option(name)}={value}" for name, value in asked.items())
    said = (
        f"`{defaults.COMMAND} bench {given}` on the tasks that count measures it, and "
        f"`{defaults.COMMAND} leaderboard` puts it here."
    )
    if not any(case.counted and case.board.protocol != PROTOCOL for case in cases):
        return said
    return (
        f"{said} Records of an older protocol leave a task's row as soon as there is one of "
        f"protocol {PROTOCOL}: run all of its arms, and at least {FEWEST_TASKS} tasks."
    )


def _against(arms: Sequence[str], cases: Sequence[Case], sizes: Sequence[int]) -> Table:
    rows: list[Row] = [
        (case.name, f"`{arm}`", *(_text(case.over_finetune(arm, n)) for n in sizes))
        for case in cases
        for arm in arms
        if arm in case.board.arms
    ]
    header = ("task", "arm", *(f"less finetune at N={n}" for n in sizes))
    return Table(header, tuple(rows))


def _text(gain: GainEstimate | None) -> str:
    return "" if gain is None else tables.gain_text(gain)


def _explained(arms: Sequence[str], cases: Sequence[Case]) -> tuple[Table, ...]:
    """What the trainings of `explain` say of the same arms, each with what it reconstructs."""
    header = ("task", "N", "arm", "gain over scratch", "share of fine-tuning's", "painted right, %")
    rows = [
        (
            *(case.name, str(n), f"`{part.arm}`", percent(part.gain, sign=True)),
            "" if part.share is None else share(part.share),
            percent(one.explained[part.arm]) if part.arm in one.explained else "",
        )
        for case in cases
        for n, one in case.known.compressions.items()
        for part in one.parts
        if part.arm in arms
    ]
    return (Table(header, tuple(rows)),) if rows else ()


def _helps(case: Case, n: int) -> bool:
    return case.surely_helps(n)


DROPOUT = Statement(
    "dropout",
    "Nobody needs pre-training any more: one can drop some connections and train everything.",
    partial(_judge, ("scratch_dropout",), everyone),
)
RANDOM_RULES = Statement(
    "random_rules",
    "Good rules for random initialisation are enough.",
    partial(_judge, ("scratch_kaiming", "scratch_orthogonal", "scratch_xavier"), everyone),
)
COMPRESSION = Statement(
    "compression",
    "Pre-training works by compressing the input.",
    partial(_judge, ("autoencoder", "autoencoder_all"), _helps),
)
