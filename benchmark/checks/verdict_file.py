"""Bring your own results: a CSV file of accuracies in, a verdict out."""

from __future__ import annotations

import csv
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmark.analysis.crossover import Verdict, verdict
from benchmark.analysis.gains import GainEstimate, ImageNoise, Pair, gain_cells, image_noise
from benchmark.defaults import MARGIN
from benchmark.errors import UserError, nearest
from benchmark.pages.words import reason

REQUIRED = ("images_per_class", "seed", "scratch", "pretrained")
N_TEST, DISAGREE = "n_test", "disagree"
NAMES = ("task", "backbone", "arm")
"""Columns that tell several comparisons in one file apart."""
OPTIONAL = (N_TEST, DISAGREE, *NAMES)
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
    disagree: float | None
    """Share of them on which exactly one arm is right; None if the file does not say."""
    names: tuple[str, ...]
    """What the file calls the comparison: its task, backbone and arm, those that there are."""

    @property
    def pair(self) -> Pair:
        """The accuracies as verdicts take them."""
        return Pair(
            self.images_per_class,
            self.seed,
            self.scratch,
            self.pretrained,
            self.n_test,
            self.disagree,
        )


@dataclass(frozen=True)
class Problem:
    """What is wrong in one line of the file."""

    line: int
    what: str


class _BadCellError(ValueError):
    """A cell that cannot be read; the message says why."""


@dataclass(frozen=True)
class Judgement:
    """The verdict on one comparison, and what it reckons with."""

    names: tuple[str, ...]
    """Its task, backbone and arm, as far as the file names them."""
    verdict: Verdict
    image_noise: ImageNoise


def judge(path: Path, margin: float = MARGIN) -> list[Judgement]:
    """Verdicts on the accuracies in a CSV file; ``margin`` in accuracy, 0 up to (not with) 1.

    One for each task, backbone and arm that the file names, in its order; one where it names none.
    Raises UserError if the file cannot be used or the margin is out of range.
    """
    if not 0 <= margin < 1:
        raise UserError(
            f"the margin is {margin}, not between 0 and 1",
            mend="give it as a share: 0.01 is one percentage point",
        )
    comparisons: dict[tuple[str, ...], list[Pair]] = defaultdict(list)
    for row in read(path):
        comparisons[row.names].append(row.pair)
    return [
        Judgement(names, verdict(gain_cells(pairs), margin), image_noise(pairs))
        for names, pairs in comparisons.items()
    ]


def read(path: Path) -> list[Row]:
    """The rows of a CSV file.

    Columns ``images_per_class, seed, scratch, pretrained`` (accuracies, 0..1) and, if known,
    ``n_test`` and ``disagree`` (the share of the test images on which exactly one of the two is
    right, 0..1), and ``task, backbone, arm`` where there are several, in any order; other columns
    are passed over. Raises UserError that names the file and every bad line (up to ten).
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
    return rows


def to_json(judged: Judgement) -> dict[str, object]:
    """The verdict as plain values for ``json.dumps``; None where there is no number."""
    result = judged.verdict
    return {
        "names": list(judged.names),
        "verdict": result.kind,
        "crossover": result.crossover,
        "low": result.low,
        "high": result.high,
        "margin": result.margin,
        "reason": reason(result),
        "hurts_from": result.hurts_from,
        "image_noise": judged.image_noise,
        "gains": [_gain_json(gain) for gain in result.gains],
    }


def to_text(judged: Judgement) -> str:
    """The verdict for a terminal: kind, reason, and the gain at each N in percentage points."""
    result = judged.verdict
    names = [" ".join(judged.names)] if any(judged.names) else []
    head = [*names, f"verdict: {result.kind}", reason(result), _IMAGE_NOISE[judged.image_noise], ""]
    table = [f"{'images per class':>16}  {'seeds':>5}  {'gain (points)':>13}  95% interval"]
    return "\n".join(head + table + [_gain_text(gain) for gain in result.gains])


_IMAGE_NOISE: dict[ImageNoise, str] = {
    "counted": (
        f"The test images' part of the noise is reckoned from the column {DISAGREE}, as the suite "
        "does from its own records."
    ),
    "usual": (
        "How often the two disagree on a test image is not in the file: what is usual at such "
        f"accuracies is taken. A column {DISAGREE} (share of the test images on which exactly one "
        "of the two is right) would make it exact."
    ),
    "unknown": (
        f"Without a column {N_TEST} the test images count as all there are: the intervals are of "
        "the seeds alone."
    ),
}


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
    twice = [name for name in (*REQUIRED, *OPTIONAL) if header.count(name) > 1]
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
        _whole(values, N_TEST, least=1) if N_TEST in values else None,
        _accuracy(values, DISAGREE) if DISAGREE in values else None,
        tuple(values[name] for name in NAMES if name in values),
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
    first: dict[tuple[int, int, tuple[str, ...]], int] = {}
    problems = []
    for row in rows:
        earlier = first.setdefault((row.images_per_class, row.seed, row.names), row.line)
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
