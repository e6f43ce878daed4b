"""Writes the page: how it was made, what the words mean, the tables and the bounds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from benchmark.analysis.crossover import VerdictKind
from benchmark.analysis.next_trials import (
    LOOK,
    MOST_BY_IMAGES,
    MOST_SEEDS,
    WIDEST,
    StopReason,
)
from benchmark.checks.calibration.audits import AuditRow
from benchmark.checks.calibration.summary import (
    LEAST_COVERED,
    MOST_COVERED,
    MOST_WRONG,
    AdaptiveRow,
    Calibration,
    Row,
)
from benchmark.pages import printer, templates

_STOPS: tuple[StopReason, ...] = ("decided", "images", "spent", "seeds")
_KINDS: tuple[VerdictKind, ...] = ("stops", "hurts", "never_helps", "helps_throughout", "undecided")
_HEAD = (
    *("curve", "seeds", "test images", "covers N\\*", "if decided", "wrong"),
    *(kind.replace("_", " ") for kind in _KINDS),
    *("width", "covers gain"),
)
_ADAPTIVE_HEAD = (
    *("curve", "noise", "test images", "sweeps", "covers N\\*", "if decided", "wrong"),
    *("decided", "decided by 10 seeds", "trials", "cost"),
    *("stopped: decided", "test images", "budget", "seeds", "width", "covers gain"),
)
_AUDIT_HEAD = ("verdict", "seeds", "test images", "audits", "void", "unsettled", "holds")


def page(result: Calibration, sweeps: int, seed: int) -> str:
    """The page as Markdown."""
    rows = [row for part in result.parts.values() for row in part]
    rows += [one.row for one in result.adaptive]
    covered = [row.coverage for row in rows if row.coverage is not None]
    jumps = [row for row in rows if row.scene.shape == "jump"]
    others = [row for row in rows if row.scene.shape != "jump"]
    return templates.render(
        "checks/calibration/calibration.md.j2",
        sweeps=sweeps,
        seed=seed,
        failures=result.failures,
        tables={part: _table(lines) for part, lines in result.parts.items()},
        audits=printer.markdown(_AUDIT_HEAD, [_audit_cells(row) for row in result.audits]),
        adaptive=printer.markdown(
            _ADAPTIVE_HEAD, [_adaptive_cells(row) for row in result.adaptive]
        ),
        look=f"{LOOK:.0%}",
        widest=WIDEST,
        images=f"{MOST_BY_IMAGES:.0%}",
        most_seeds=MOST_SEEDS,
        trials=_mean(row.trials for row in result.adaptive),
        decided=_mean(1 - row.row.kinds.get("undecided", 0.0) for row in result.adaptive),
        evenly_decided=_mean(row.evenly_decided for row in result.adaptive),
        jumps=_extent(row.coverage for row in jumps),
        others=_extent(row.coverage for row in others),
        crossing=len(covered),
        over=sum(share > MOST_COVERED for share in covered),
        cells=_extent(row.cells for row in rows),
        wrong=_percent(max(row.wrong for row in rows)),
        false_void=_percent(max(row.void or 0.0 for row in result.audits if row.scene.sound)),
        true_void=_extent(row.void for row in result.audits if not row.scene.sound),
        least_covered=_percent(LEAST_COVERED),
        most_covered=_percent(MOST_COVERED),
        most_wrong=_percent(MOST_WRONG),
    )


def _table(rows: Sequence[Row]) -> str:
    return printer.markdown(_HEAD, [_cells(row) for row in rows])


def _cells(row: Row) -> list[str]:
    scene = row.scene
    shares = (row.coverage, row.decided_coverage, row.wrong)
    return [
        *(scene.shape, str(scene.seeds), str(scene.test_images)),
        *map(_percent, shares),
        *(_percent(row.kinds.get(kind, 0.0)) for kind in _KINDS),
        *(f"{row.width:.2f}", _percent(row.cells)),
    ]


def _adaptive_cells(one: AdaptiveRow) -> list[str]:
    row = one.row
    scene = row.scene
    decided = 1 - row.kinds.get("undecided", 0.0)
    shares = (row.coverage, row.decided_coverage, row.wrong, decided, one.evenly_decided)
    return [
        *(scene.shape, scene.noise, str(scene.test_images), str(one.sweeps)),
        *map(_percent, (*shares, one.trials, one.cost)),
        *(_percent(one.stops.get(why, 0.0)) for why in _STOPS),
        *(f"{row.width:.2f}", _percent(row.cells)),
    ]


def _audit_cells(row: AuditRow) -> list[str]:
    scene = row.scene
    what = "sound" if scene.sound else "rests on a scratch that was trained badly"
    shares = map(_percent, (row.void, row.unsettled, row.holds))
    return [what, str(scene.seeds), str(scene.test_images), str(row.audits), *shares]


def _extent(shares: Iterable[float | None]) -> str:
    known = [share for share in shares if share is not None]
    return f"{_percent(min(known))} to {_percent(max(known))}" if known else "an unknown share"


def _mean(shares: Iterable[float]) -> str:
    known = list(shares)
    return f"{sum(known) / len(known):.0%}" if known else "an unknown share"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.1%}"
