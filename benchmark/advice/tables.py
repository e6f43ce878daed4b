"""Tables of the numbers of the advice that the board's own table does not show."""

from __future__ import annotations

from benchmark.advice.content import Advice, Size
from benchmark.pages import printer, words
from benchmark.pages.escape import text as escaped


def tables(advice: Advice) -> dict[str, str]:
    """Heading -> Markdown table of the numbers that the board's own table does not show."""
    found = {
        "Beyond these images, along the fitted curves": _continued(advice),
        "The probe at two image sizes": _at_sizes(advice.size),
        "Classes that are mixed up": _confusion(advice),
    }
    return {heading: table for heading, table in found.items() if table}


def _continued(advice: Advice) -> str:
    rows = [
        [escaped(one.arm), str(e.images_per_class), words.percent(e.accuracy, e.low, e.high)]
        for one in advice.more_labels
        for e in one.expected
    ]
    return printer.markdown(["arm", "N", "accuracy to be expected"], rows) if rows else ""


def _at_sizes(size: Size | None) -> str:
    if size is None:
        return ""
    rows = [
        [f"{size.pixels} px", words.percent(size.accuracy, size.low, size.high)],
        [
            f"{size.larger_pixels} px",
            words.percent(size.larger_accuracy, size.larger_low, size.larger_high),
        ],
        ["gain", words.percent(size.gain, size.gain_low, size.gain_high, sign=True)],
    ]
    return printer.markdown(["image size", f"accuracy at N={size.images_per_class}"], rows)


def in_tables(advice: Advice) -> str:
    """The same tables for a terminal, each below its heading; empty without any."""
    return "\n\n".join(f"{heading}\n\n{table}" for heading, table in tables(advice).items())


def _confusion(advice: Advice) -> str:
    rows = [
        [escaped(one.label), escaped(one.taken_for), str(one.times), f"{100 * one.share:.0f}%"]
        for one in advice.caveats.mixed_up
    ]
    header = ["class", "taken for", "times", "of what was said of the class"]
    return printer.markdown(header, rows) if rows else ""
