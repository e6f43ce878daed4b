"""Does compression do it? In words, a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from benchmark.analysis.explained.answers import Word, at_each_n
from benchmark.analysis.explained.shares import Compressions, Part, compressions
from benchmark.pages import printer
from benchmark.pages.explained import figures
from benchmark.pages.explained import part as parts
from benchmark.pages.explained.part import Said, Section, percent
from benchmark.pages.explained.scale import of_gain, share
from benchmark.records.explained.finding import COMPRESSION, Compression, Finding


def _part(found: Sequence[Finding]) -> parts.Part | None:
    answers = at_each_n(found, Compression)
    known = {n: compressions(there) for n, there in answers.items()}
    if not known:
        return None
    return parts.Part(
        tuple(Said(n, _verdict(one), _sentence(one)) for n, one in known.items()),
        (_table(known),),
        partial(figures.gains, known),
        "Gain over scratch with 95% intervals; below each autoencoder the share of the pixels' "
        "variance that it painted right.",
    )


def _verdict(one: Compressions) -> str:
    return "; ".join(f"`{part.arm}`: {part.does_it}" for part in one.parts)


def _sentence(one: Compressions) -> str:
    said: dict[Word, str] = {
        "yes": "**yes**, it gives most of the gain",
        "no": "**no**, it gives less than half of the gain",
        "undecided": "**undecided**",
    }
    gain = f"fine-tuning gains {percent(one.gain, sign=True)} points"
    told = (f"`{part.arm}`: {said[part.does_it]}, {of_gain(part)}" for part in one.parts)
    return f"{gain}. {'; '.join(told)}."


def _table(known: Mapping[int, Compressions]) -> str:
    rows = [
        (
            *(str(n), part.arm, percent(part.gain, sign=True), _share(part)),
            percent(one.explained[part.arm]) if part.arm in one.explained else "",
        )
        for n, one in known.items()
        for part in one.parts
    ]
    header = (
        "N",
        "arm",
        "gain over scratch",
        "share of fine-tuning's",
        "variance painted right, %",
    )
    return printer.markdown(header, rows)


def _share(part: Part) -> str:
    return "" if part.share is None else share(part.share)


SECTION = Section(COMPRESSION, "Does compressing the images do it?", _part)
