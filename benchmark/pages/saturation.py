"""Whether budgets are large enough, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmark.analysis.saturation import Saturation, over_tasks, per_task
from benchmark.pages import escape, printer, words
from benchmark.records.saturation import Budget


def tables(measured: Mapping[Budget, float], margin: float) -> tuple[str, str] | None:
    """Over tasks and task by task, as Markdown; None without measurements.

    ``margin`` is an accuracy, 0..1.
    """
    return (table(measured, margin), detail(measured)) if measured else None


def table(measured: Mapping[Budget, float], margin: float) -> str:
    """A row for each backbone, arm and N, over tasks."""
    rows = over_tasks(measured)
    times = _times(rows)
    header = ["backbone", "arm", "N", "tasks", "subsets", *map(_named, times)]
    header += ["twice the views", "saturated"]
    return printer.markdown(
        header,
        [
            [
                *_place(one),
                *(str(len(one.tasks)), str(one.subsets)),
                *_accuracies(one, times),
                words.percent(one.change.mean, *one.change.interval(), sign=True),
                one.saturated(margin),
            ]
            for one in rows
        ],
    )


def detail(measured: Mapping[Budget, float]) -> str:
    """The same for each task, without a verdict: its seeds are too few for one."""
    rows = per_task(measured)
    times = _times(rows)
    return printer.markdown(
        ["backbone", "arm", "N", "task", "seeds", *map(_named, times), "twice the views"],
        [
            [
                *_place(one),
                *map(escape.text, one.tasks),
                str(one.subsets),
                *_accuracies(one, times),
                f"{100 * one.change.mean:+.1f}",
            ]
            for one in rows
        ],
    )


def _place(one: Saturation) -> tuple[str, str, str]:
    return escape.text(one.backbone), escape.text(one.arm), str(one.images_per_class)


def _times(rows: Sequence[Saturation]) -> list[float]:
    return sorted({times for one in rows for times in one.accuracies})


def _named(times: float) -> str:
    return f"x{times:g}" if times >= 1 else f"x1/{1 / times:g}"


def _accuracies(one: Saturation, times: Sequence[float]) -> list[str]:
    return [f"{100 * one.accuracies[t]:.1f}" if t in one.accuracies else "" for t in times]
