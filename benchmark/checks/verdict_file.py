"""Bring your own results: a CSV file of accuracies in, a verdict out."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.analysis.crossover import GainCell, GainEstimate, Verdict, verdict
from benchmark.defaults import MARGIN
from benchmark.errors import UserError, nearest
from benchmark.pages.words import reason

REQUIRED = ("images_per_class", "seed", "scratch", "pretrained")
OPTIONAL = "n_test"
MOST_PROBLEMS = 10


@dataclass(frozen=True)
class Row:
    """One line of the file: both arms' accuracies for one (N, seed)."""

    line: int
    """Line in the file, the header being 1."""
    images_per_class: int
    seed: int
    scratch: float
    """Accuracy, 0..1."""
    pretrained: float
    n_test: int | None
    """Test images behind the two accuracies; None if the file does not say."""


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line of the file."""

    line: int
    what: str


class _BadCellError(ValueError):
    """A cell that cannot be read; the message says why."""


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
    """Paired gains per N from a CSV file.

    Columns ``images_per_class, seed, scratch, pretrained`` (accuracies, 0..1) and, if known,
    ``n_test``, in any order; other columns are passed over. Raises UserError that names the file
    and every bad line (up to ten).
    """
    lines = _lines(path)
    header = _header(path, lines)
    rows: list[Row] = []
    problems: list[Problem] = []
    for line, cells in lines[1:]:
        try:
            rows.append(_row(line, header, cells))
        except _BadCellError as bad:
            problems.append(Problem(line, str(bad)))
    problems += _duplicates(rows)
    if problems:
        raise _error(path, sorted(problems, key=lambda problem: problem.line))
    if not rows:
        raise UserError(
            "has a header but no results", where=path, mend="add one row per seed and N"
        )
    return gain_cells(rows)


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


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """Every line that is not blank, with its number in the file."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file)
            read_lines = [(reader.line_num, [cell.strip() for cell in line]) for line in reader]
    except OSError as error:
        raise UserError(f"cannot be read ({error.strerror})", where=path) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"is not a CSV text file ({error})", where=path, mend="save it as CSV in UTF-8"
        ) from error
    return [(number, cells) for number, cells in read_lines if any(cells)]


def _header(path: Path, lines: Sequence[tuple[int, list[str]]]) -> list[str]:
    mend = f"begin with a line {','.join(REQUIRED)}"
    if not lines:
        raise UserError("is empty", where=path, mend=mend)
    number, header = lines[0]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        hints = ", ".join(f"{name}{nearest(name, header)}" for name in missing)
        raise UserError(f"lacks the column {hints}", where=path, line=number, mend=mend)
    twice = [name for name in (*REQUIRED, OPTIONAL) if header.count(name) > 1]
    if twice:
        raise UserError(
            f"has the column {twice[0]} twice", where=path, line=number, mend="keep one of them"
        )
    return header


def _row(line: int, header: Sequence[str], cells: Sequence[str]) -> Row:
    if len(cells) > len(header):
        raise _BadCellError(f"has {len(cells)} cells, the header {len(header)}")
    values = dict(zip(header, [*cells, *[""] * (len(header) - len(cells))], strict=True))
    return Row(
        line,
        _whole(values, "images_per_class", least=1),
        _whole(values, "seed", least=None),
        _accuracy(values, "scratch"),
        _accuracy(values, "pretrained"),
        _whole(values, OPTIONAL, least=1) if OPTIONAL in values else None,
    )


def _number(values: dict[str, str], name: str) -> float:
    if not values[name]:
        raise _BadCellError(f"{name} is missing")
    try:
        return float(values[name])
    except ValueError:
        raise _BadCellError(f"{name} is {values[name]!r}, not a number") from None


def _whole(values: dict[str, str], name: str, *, least: int | None) -> int:
    number = _number(values, name)
    if not math.isfinite(number) or number != int(number):
        raise _BadCellError(f"{name} is {values[name]!r}, not a whole number")
    if least is not None and number < least:
        raise _BadCellError(f"{name} is {values[name]}, less than {least}")
    return int(number)


def _accuracy(values: dict[str, str], name: str) -> float:
    number = _number(values, name)
    if not 0 <= number <= 1:
        hint = " (a percentage? divide by 100)" if 1 < number <= 100 else ""
        raise _BadCellError(f"{name} is {values[name]}, not between 0 and 1{hint}")
    return number


def _duplicates(rows: Sequence[Row]) -> list[Problem]:
    first: dict[tuple[int, int], int] = {}
    problems = []
    for row in rows:
        earlier = first.setdefault((row.images_per_class, row.seed), row.line)
        if earlier != row.line:
            what = f"repeats images_per_class {row.images_per_class}, seed {row.seed}"
            problems.append(Problem(row.line, f"{what} of line {earlier}"))
    return problems


def _error(path: Path, problems: Sequence[Problem]) -> UserError:
    """One error for all bad lines: the first in the head, the others below it."""
    others = [f"\n  line {problem.line}: {problem.what}" for problem in problems[1:MOST_PROBLEMS]]
    left = len(problems) - MOST_PROBLEMS
    more = f"\n  and {left} more" if left > 0 else ""
    return UserError(
        problems[0].what + "".join(others) + more,
        where=path,
        line=problems[0].line,
        mend="correct or remove these lines" if others else "correct or remove this line",
    )
