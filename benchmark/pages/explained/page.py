"""Writes the page of `make explain` and its figures from stored findings alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmark import files
from benchmark.analysis.explained.basins import LEAST_BARRIER
from benchmark.analysis.explained.effects import FEWEST, SHARES
from benchmark.analysis.explained.shares import MOST
from benchmark.defaults import MARGIN, option
from benchmark.errors import UserError
from benchmark.pages import escape, figure_names, printer, templates, words
from benchmark.pages.explained import basin, compression, effect, reuse, scale, settings
from benchmark.pages.explained.part import Part, Section
from benchmark.pages.figures import STYLE, svg
from benchmark.records.explained import findings
from benchmark.records.explained.finding import MOST_TEST_IMAGES, RANDOM_START, Finding

SECTIONS = (basin.SECTION, effect.SECTION, scale.SECTION, reuse.SECTION, compression.SECTION)
"""In the order of the page."""


@dataclass(frozen=True)
class _Shown:
    """One task and backbone under a question."""

    subject: str
    part: Part | None
    figure: str
    """Where its figure lies."""
    failed: tuple[str, ...]
    """Cells without an answer, and why."""


def write(found: Sequence[Finding], out: Path) -> list[Path]:
    """The page and its figures below ``out``; their paths. Raises `UserError` as files do."""
    sections = {one: _shown(one, found) for one in SECTIONS}
    paths = [out / "README.md"]
    try:
        for shown in (one for group in sections.values() for one in group):
            if shown.part is not None:
                paths.append(_drawn(shown.part.figure, out / shown.figure))
        files.write(paths[0], _page(sections, found))
    except OSError as error:
        raise UserError(
            f"cannot write the page: {error.strerror or error}",
            where=error.filename or out,
            mend=f"choose another folder with {option('out')}=..., or make this one writable",
        ) from error
    return paths


def _drawn(make: Callable[[], Figure], path: Path) -> Path:
    with mpl.rc_context(STYLE):
        files.write(path, svg(make()))
    return path


def _shown(section: Section, found: Sequence[Finding]) -> list[_Shown]:
    asked = [one for one in found if one.question == section.key]
    return [
        _Shown(
            f"{escape.text(task)}, {escape.code(backbone)}",
            section.part(own),
            f"{figure_names.FOLDER}/{figure_names.file(task, backbone, section.key)}.svg",
            tuple(map(_failure, (one for one in own if one.reason is not None))),
        )
        for (task, backbone), own in findings.by_subject(asked).items()
    ]


def _failure(finding: Finding) -> str:
    cell = finding.cell
    reason = escape.text(finding.reason or "")
    return f"N = {cell.images_per_class}, seed {cell.seed}: no answer, {reason}"


def _page(sections: Mapping[Section, Sequence[_Shown]], found: Sequence[Finding]) -> str:
    labels = {one.cell.backbone: one.backbone_label for one in found}
    return templates.render(
        "pages/explained/explained.md.j2",
        sections=sections,
        overview=_overview(sections),
        labels=[(name, label) for name, label in sorted(labels.items()) if label != name],
        seeds=_seeds(found),
        settings=settings.table(found),
        most_test_images=f"{MOST_TEST_IMAGES:,}",
        LEAST_BARRIER=words.points(LEAST_BARRIER),
        FEWEST=FEWEST,
        RANDOM_START=RANDOM_START,
        SHARES=", ".join(f"{share:g}" for share in SHARES),
        MOST=f"{100 * MOST:g}%",
        MARGIN=words.points(MARGIN),
    )


def _overview(sections: Mapping[Section, Sequence[_Shown]]) -> str:
    rows = [
        (section.title, shown.subject, str(said.images_per_class), said.verdict)
        for section, group in sections.items()
        for shown in group
        if shown.part is not None
        for said in shown.part.answers
    ]
    header = ("question", "task and backbone", "N", "answer")
    return printer.markdown(header, rows) if rows else ""


def _seeds(found: Iterable[Finding]) -> list[str]:
    """``digits, net: 3 seeds at N = 2, 20``."""
    cells: dict[tuple[str, str], dict[int, set[int]]] = {}
    for one in found:
        cell = one.cell
        by_size = cells.setdefault((cell.task, cell.backbone), {})
        by_size.setdefault(cell.images_per_class, set()).add(cell.seed)
    return [
        f"{escape.text(task)}, {escape.code(backbone)}: "
        + ", ".join(f"{len(seeds)} seeds at N = {n}" for n, seeds in sorted(by_size.items()))
        for (task, backbone), by_size in sorted(cells.items())
    ]
