"""Features or scale? In words, a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from benchmark.analysis.explained import shares
from benchmark.analysis.explained.answers import Word, at_each_n
from benchmark.analysis.explained.shares import Scales, Share, scales
from benchmark.pages import escape, printer
from benchmark.pages.explained import figures
from benchmark.pages.explained.part import Part, Said, Section, percent
from benchmark.records.explained.finding import SCALE, Finding, Scale

_VERDICTS: dict[Word, str] = {"yes": "scale", "no": "features", "undecided": "undecided"}


def _part(found: Sequence[Finding]) -> Part | None:
    answers = at_each_n(found, Scale)
    known = {n: scales(there) for n, there in answers.items()}
    if not known:
        return None
    return Part(
        tuple(Said(n, _VERDICTS[one.matched.does_it], _sentence(one)) for n, one in known.items()),
        (_table(known),),
        partial(figures.scales, answers),
        "Test accuracy with 95% intervals: from all of pretraining to none of it.",
    )


def _sentence(one: Scales) -> str:
    said: dict[Word, str] = {
        "yes": "**scale**: most of the gain comes with the scale of the weights alone",
        "no": "**features**: the scale of the weights alone gives less than half of the gain",
        "undecided": "**undecided**",
    }
    gain = f"Fine-tuning gains {percent(one.gain, sign=True)} points"
    return f"{said[one.matched.does_it]}. {gain}, `matched_init` {of_gain(one.matched)}."


def of_gain(part: shares.Part) -> str:
    """What an arm gains, and how much of fine-tuning's gain that is."""
    gain = f"{percent(part.gain, sign=True)} points"
    if part.share is None:
        return f"{gain} (of a gain that is not surely above the margin no share can be told)"
    return f"{gain}, that is {share(part.share)} of it"


def share(found: Share) -> str:
    """``35% [20, 50]``."""
    low, high = 100 * found.low, 100 * found.high
    return f"{100 * found.mean:.0f}% [{low:.0f}, {high:.0f}]"


def _table(known: Mapping[int, Scales]) -> str:
    rows = [
        (str(n), _anew(one, top), percent(lost))
        for n, one in known.items()
        for top, lost in one.lost.items()
    ]
    return printer.markdown(("N", "start anew before fine-tuning", "accuracy lost, points"), rows)


def _anew(one: Scales, top: int) -> str:
    count, lowest = len(one.blocks), escape.text(one.blocks[-top])
    return f"all {count} blocks" if top == count else f"top {top} of {count}, down to {lowest}"


SECTION = Section(SCALE, "Is it the features, or the scale of the weights?", _part)
