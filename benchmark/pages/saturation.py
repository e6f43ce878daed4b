"""Whether budgets are large enough, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.analysis.saturation import Saturation, over_tasks, per_task
from benchmark.pages import tables, words
from benchmark.records.saturation import Budget

_INTRO = """## Whether the budgets are large enough

`make saturation` trains with a quarter to four times the views of the rule and scores on held-out
training images, never on a test split. Mean accuracy in %; *twice the views* is the change from the
rule's budget to twice it, in points, with its 95% interval over tasks and seeds. *Saturated*: the
change is smaller than the margin ({margin}) with all of its interval (*yes*), in its mean alone
(*on average*), or not (*no*).
"""

_MISSING = "The measurements are missing: `make saturation` makes them.\n"


def section(measured: Mapping[Budget, float], margin: float) -> str:
    """What a page says of it; ``margin`` is an accuracy, 0..1."""
    head = _INTRO.format(margin=words.points(margin))
    if not measured:
        return f"{head}\n{_MISSING}"
    each = "Task by task, in points, without an interval:"
    return "\n".join([head, table(measured, margin), "", each, "", detail(measured), ""])


def table(measured: Mapping[Budget, float], margin: float) -> str:
    """A row for each backbone, arm and N, over tasks."""
    rows = over_tasks(measured)
    times = _times(rows)
    header = ["backbone", "arm", "N", "tasks", "subsets", *map(_named, times)]
    header += ["twice the views", "saturated"]
    return tables.aligned(
        header,
        [
            [
                *(one.backbone, one.arm, str(one.images_per_class)),
                *(str(len(one.tasks)), str(one.subsets)),
                *_accuracies(one, times),
                tables.percent(one.change, one.low, one.high, sign=True),
                one.saturated(margin),
            ]
            for one in rows
        ],
    )


def detail(measured: Mapping[Budget, float]) -> str:
    """The same for each task, without a verdict: its seeds are too few for one."""
    rows = per_task(measured)
    times = _times(rows)
    return tables.aligned(
        ["backbone", "arm", "N", "task", "seeds", *map(_named, times), "twice the views"],
        [
            [
                *(one.backbone, one.arm, str(one.images_per_class), *one.tasks, str(one.subsets)),
                *_accuracies(one, times),
                f"{100 * one.change:+.1f}",
            ]
            for one in rows
        ],
    )


def _times(rows: Sequence[Saturation]) -> list[float]:
    return sorted({times for one in rows for times in one.accuracies})


def _named(times: float) -> str:
    return f"x{times:g}" if times >= 1 else f"x1/{1 / times:g}"


def _accuracies(one: Saturation, times: Sequence[float]) -> list[str]:
    return [f"{100 * one.accuracies[t]:.1f}" if t in one.accuracies else "" for t in times]
