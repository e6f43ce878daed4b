"""Same minimum? In words, tables and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from benchmark.analysis.board import FINETUNE, SCRATCH
from benchmark.analysis.explained.answers import at_each_n
from benchmark.analysis.explained.basins import Basins, Line, basins
from benchmark.pages import escape, printer
from benchmark.pages.explained import figures
from benchmark.pages.explained.part import Part, Said, Section, number, percent, still_falling
from benchmark.records.explained.finding import BASIN, Basin, Finding

_BOTH = f"{SCRATCH} to {FINETUNE}"


def _part(found: Sequence[Finding]) -> Part | None:
    answers = at_each_n(found, Basin)
    known = {n: basins(there) for n, there in answers.items()}
    if not known:
        return None
    return Part(
        tuple(Said(n, one.line(_BOTH).connected, _sentence(one)) for n, one in known.items()),
        (_lines(known), _ends(known), _travelled(known)),
        partial(figures.lines, answers),
        "Test error on the straight line between two trained networks; thin lines are seeds.",
    )


def _sentence(one: Basins) -> str:
    both = one.line(_BOTH)
    said = {
        "two basins": "**no**, they lie in two basins",
        "one basin": "**yes**, they lie in one basin",
        "undecided": "**undecided**",
    }[both.connected]
    fine, random = (one.line(f"{arm} to {arm}") for arm in (FINETUNE, SCRATCH))
    return (
        f"{said}; on the line between them the test error rises by {percent(both.test_error)} "
        f"points. Between two trainings of `{FINETUNE}` it rises by {_rise(fine)}, of `{SCRATCH}` "
        f"by {_rise(random)}.{still_falling(one.unfinished, one.seeds)}"
    )


def _rise(line: Line) -> str:
    return f"{percent(line.test_error)} ({line.connected})"


def _lines(known: Mapping[int, Basins]) -> str:
    header = ("N", "line", "seeds", "barrier of test error, points", "of test loss, nats")
    rows = [
        (
            *(str(n), line.name, str(one.seeds), percent(line.test_error)),
            *(number(line.test_loss), number(line.train_loss), line.connected),
        )
        for n, one in known.items()
        for line in one.lines
    ]
    return printer.markdown((*header, "of training loss, nats", "verdict"), rows)


def _ends(known: Mapping[int, Basins]) -> str:
    header = ("N", "training loss at the end, scratch less finetune", "test loss, the same")
    rows = [
        (str(n), number(one.train_loss, 4, sign=True), number(one.test_loss, 3, sign=True))
        for n, one in known.items()
    ]
    return printer.markdown(header, rows)


def _travelled(known: Mapping[int, Basins]) -> str:
    rows = [
        (
            str(n),
            escape.text(block),
            *(number(one.travelled[arm][block]) for arm in _arms(block, one)),
        )
        for n, one in known.items()
        for block in one.travelled[FINETUNE]
        if len(_arms(block, one)) == 2
    ]
    return printer.markdown(("N", "block", "distance, scratch", "distance, finetune"), rows)


def _arms(block: str, one: Basins) -> list[str]:
    return [arm for arm in (SCRATCH, FINETUNE) if block in one.travelled[arm]]


SECTION = Section(BASIN, "Do both end in the same minimum?", _part)
