"""The leaderboard as one file of HTML, which asks for nothing from any network."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType

from benchmark.analysis.board import FINETUNE, Board
from benchmark.errors import UserError, one_line
from benchmark.pages import tables, templates, words
from benchmark.pages.printer import Grid
from benchmark.pages.site import heat_map, rows, series
from benchmark.pages.site.samples import Sample
from benchmark.pages.site.sections import task_sections
from benchmark.records.fingerprint import PROTOCOL
from benchmark.tasks.definition.schema import Task

_HERE = Path(__file__).parent


def page(
    boards: Sequence[Board], tasks: Mapping[str, Task], samples: Mapping[str, Sequence[Sample]]
) -> str:
    """HTML; ``tasks`` and ``samples`` by the task's name, as far as they are known.

    Raises `UserError` where altair or vl-convert-python is missing.
    """
    charts, drawn = _charts(), series.styles(boards)
    found = rows.rows(boards)
    code = (_HERE / "page.js").read_text(encoding="utf-8")
    library = charts.library()
    return templates.render(
        "pages/site/page.html.j2",
        ids={rows.key(board): f"b{i}" for i, board in enumerate(boards)},
        columns=rows.COLUMNS,
        rows=found,
        facets=rows.facets(found),
        maps=_maps(boards),
        tasks=task_sections(boards, tasks, samples),
        styles={one_line(arm): style for arm, style in drawn.items()},
        data={
            "charts": charts.specifications(),
            "boards": {rows.key(board): series.of_board(board, drawn) for board in boards},
            "map": heat_map.cells(boards),
        },
        trials=sum(effort.trials for board in boards for effort in board.efforts),
        any_older=any(board.protocol != PROTOCOL for board in boards),
        UNFINISHED=words.UNFINISHED,
        UNFINISHED_MEANS=tables.UNFINISHED_MEANS,
        INTERVALS=words.INTERVALS,
        css=(_HERE / "page.css").read_text(encoding="utf-8"),
        scripts=(library, code),
        allowed=" ".join(map(_allowed, (library, code))),
    )


def _charts() -> ModuleType:
    """The only module that needs what is optional."""
    try:
        from benchmark.pages.site import charts
    except ModuleNotFoundError as error:
        raise UserError(
            f"the page needs {error.name}, which is not installed",
            mend="pip install 'small-data-transfer-benchmark[site]', "
            "or in a checkout: pip install '.[site]'",
        ) from error
    return charts


def _maps(boards: Sequence[Board]) -> dict[str, Grid]:
    """Arm -> its heat map as a table; fine-tuning first."""
    compared = {arm for board in boards for arm in board.comparisons}
    ordered = sorted(compared, key=lambda arm: (arm != FINETUNE, arm))
    return {one_line(arm): heat_map.grid(boards, arm) for arm in ordered}


def _allowed(script: str) -> str:
    """How a policy names a script that may run: what else gets into the page may not."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"
