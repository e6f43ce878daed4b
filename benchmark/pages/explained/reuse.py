"""What is reused? In words, a table and a figure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from benchmark.analysis.board import FINETUNE
from benchmark.analysis.explained.answers import at_each_n
from benchmark.analysis.explained.reused import ReusedBlock, reused
from benchmark.pages import escape, printer
from benchmark.pages.explained import figures
from benchmark.pages.explained.part import Part, Said, Section, number, percent
from benchmark.records.explained.finding import RANDOM_START, REUSE, Finding, Reuse

Known = Mapping[int, tuple[ReusedBlock, ...]]


def _part(found: Sequence[Finding]) -> Part | None:
    answers = at_each_n(found, Reuse)
    known = {n: reused(there) for n, there in answers.items()}
    if not known:
        return None
    return Part(
        tuple(Said(n, _verdict(blocks), _sentence(blocks)) for n, blocks in known.items()),
        (_table(known),),
        partial(figures.reused, known),
        "Above: accuracy of nearest neighbours on each block's features before and after training. "
        "Below: how alike these features are. Blocks from the images up, with 95% intervals.",
    )


def _verdict(blocks: Sequence[ReusedBlock]) -> str:
    counts = Counter(block.reused for block in blocks)
    rest = len(blocks) - counts["yes"] - counts["no"]
    said = f"{counts['yes']} reused, {counts['no']} not, {rest} undecided"
    return f"of {len(blocks)} blocks {said}"


def _sentence(blocks: Sequence[ReusedBlock]) -> str:
    named = {
        word: [escape.text(block.name) for block in blocks if block.reused == word]
        for word in ("yes", "no", "undecided")
    }
    if len(named["undecided"]) == len(blocks):
        return "**undecided** for every block."
    said = {"yes": "**reused**", "no": "**not reused**", "undecided": "**undecided**"}
    return "; ".join(f"{said[w]}: {', '.join(names)}" for w, names in named.items() if names) + "."


def _table(known: Known) -> str:
    kinds = ("neighbours before", "neighbours after", "CKA")
    header = [f"{kind}, {start}" for kind in kinds for start in (RANDOM_START, FINETUNE)]
    rows = [
        (
            *(str(n), escape.text(block.name)),
            *(percent(block.worth[arm].before) for arm in (RANDOM_START, FINETUNE)),
            *(percent(block.worth[arm].after) for arm in (RANDOM_START, FINETUNE)),
            *(number(block.worth[arm].similarity) for arm in (RANDOM_START, FINETUNE)),
            {"yes": "yes", "no": "no"}.get(block.reused, "undecided"),
        )
        for n, blocks in known.items()
        for block in blocks
    ]
    return printer.markdown(("N", "block", *header, "reused"), rows)


SECTION = Section(REUSE, "What is reused?", _part)
