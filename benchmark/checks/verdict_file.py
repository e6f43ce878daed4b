"""Bring your own results: a CSV file of accuracies in, a verdict out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from benchmark.analysis.crossover import GainCell, GainEstimate, Verdict, verdict
from benchmark.checks import verdict_rows
from benchmark.checks.verdict_rows import Row
from benchmark.defaults import MARGIN
from benchmark.errors import UserError
from benchmark.pages.words import reason


def judge(path: Path, margin: float = MARGIN) -> Verdict:
    """Verdict on the accuracies in a CSV file; ``margin`` in accuracy, 0 up to (not with) 1.

    Raises UserError if the file cannot be used or the margin is out of range.
    """
    if not 0 <= margin < 1:
        raise UserError(
            f"the margin is {margin}, not between 0 and 1",
            mend="give it as a share: 0.01 is one percentage point",
        )
    return verdict(read(path), margin)


def read(path: Path) -> tuple[GainCell, ...]:
    """Paired gains per N from a CSV file, whose form `verdict_rows.read` says.

    Raises UserError that names the file and what is wrong in it.
    """
    return gain_cells(verdict_rows.read(path))


def gain_cells(rows: Sequence[Row]) -> tuple[GainCell, ...]:
    """The rows grouped by N, in rising order of N and seed."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.images_per_class, row.seed)):
        groups[row.images_per_class].append(row)
    return tuple(_cell(size, group) for size, group in sorted(groups.items()))


def binomial_test_variance(scratch: float, pretrained: float, n_test: int) -> float:
    """Upper estimate of the variance of a gain because ``n_test`` images are a sample.

    A file without per-image results does not say how often both arms fail on the same image, so
    this adds the two binomial variances ``p (1 - p) / n`` as if they never agreed more than by
    chance. That is conservative: images hard for one arm tend to be hard for the other, which
    lowers the variance of the difference (McNemar 1947, Psychometrika 12:153), and the part of an
    image's luck that changes with the seed is counted here and in the spread over seeds. One
    right and one wrong answer are added so that an accuracy of 0 or 1 does not look certain.
    """
    return sum(_binomial(share, n_test) for share in (scratch, pretrained))


def to_json(result: Verdict) -> dict[str, object]:
    """The verdict as plain values for ``json.dumps``; None where there is no number."""
    return {
        "verdict": result.kind,
        "crossover": result.crossover,
        "low": result.low,
        "high": result.high,
        "margin": result.margin,
        "reason": reason(result),
        "hurts_from": result.hurts_from,
        "gains": [_gain_json(gain) for gain in result.gains],
    }


def to_text(result: Verdict) -> str:
    """The verdict for a terminal: kind, reason, and the gain at each N in percentage points."""
    head = [f"verdict: {result.kind}", reason(result), ""]
    table = [f"{'images per class':>16}  {'seeds':>5}  {'gain (points)':>13}  95% interval"]
    return "\n".join(head + table + [_gain_text(gain) for gain in result.gains])


def _binomial(share: float, n_test: int) -> float:
    cautious = (share * n_test + 1) / (n_test + 2)
    return cautious * (1 - cautious) / n_test


def _cell(size: int, rows: Sequence[Row]) -> GainCell:
    gains = tuple(row.pretrained - row.scratch for row in rows)
    scratch = math.fsum(row.scratch for row in rows) / len(rows)
    pretrained = math.fsum(row.pretrained for row in rows) / len(rows)
    counts = [row.n_test for row in rows if row.n_test is not None]
    variance = binomial_test_variance(scratch, pretrained, min(counts)) if counts else 0.0
    return GainCell(size, tuple(row.seed for row in rows), gains, variance)


def _gain_json(gain: GainEstimate) -> dict[str, object]:
    return {
        "images_per_class": gain.images_per_class,
        "seeds": gain.seeds,
        "mean": gain.mean,
        "low": gain.low,
        "high": gain.high,
    }


def _gain_text(gain: GainEstimate) -> str:
    between = "none: one seed"
    if gain.low is not None and gain.high is not None:
        between = f"{100 * gain.low:+.1f} to {100 * gain.high:+.1f}"
    return f"{gain.images_per_class:>16}  {gain.seeds:>5}  {100 * gain.mean:>+13.1f}  {between}"
