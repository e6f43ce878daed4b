"""Bring your own results: a CSV file of accuracies in, a verdict out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from benchmark.analysis.crossover import Verdict, verdict
from benchmark.analysis.gains import GainEstimate, ImageNoise, Pair, gain_cells, image_noise
from benchmark.checks.verdict_rows import ARM, DISAGREE, N_TEST, read
from benchmark.defaults import MARGIN
from benchmark.errors import UserError, one_line
from benchmark.pages.words import INTERVALS, evidence, reason, subject, verdict_text


@dataclass(frozen=True)
class Judgement:
    """The verdict on one comparison, and what it reckons with."""

    names: tuple[tuple[str, str], ...]
    """Column and value of its task, backbone and arm, say, as far as the file names them."""
    verdict: Verdict
    image_noise: ImageNoise

    @property
    def about(self) -> str:
        """The arm in words; *pretraining* where the file does not name it."""
        return subject(dict(self.names).get(ARM, ""))


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
    comparisons: dict[tuple[tuple[str, str], ...], list[Pair]] = defaultdict(list)
    for row in read(path):
        comparisons[row.names].append(row.pair)
    return [
        Judgement(names, verdict(gain_cells(pairs), margin), image_noise(pairs))
        for names, pairs in comparisons.items()
    ]


def to_json(judged: Judgement) -> dict[str, object]:
    """The verdict as plain values for ``json.dumps``; None where there is no number."""
    result = judged.verdict
    return {
        "names": dict(judged.names),
        "verdict": result.kind,
        "crossover": result.crossover,
        "low": result.low,
        "high": result.high,
        "margin": result.margin,
        "reason": reason(result, judged.about),
        "evidence": evidence(result),
        "hurts_from": result.hurts_from,
        "hurts_from_low": result.hurts_low,
        "hurts_from_high": result.hurts_high,
        "image_noise": judged.image_noise,
        "gains": [_gain_json(gain) for gain in result.gains],
    }


def to_text(judged: Judgement) -> str:
    """The verdict for a terminal: kind, reason, and the gain at each N in percentage points."""
    result = judged.verdict
    named = ", ".join(f"{column!r} {one_line(value)}" for column, value in judged.names)
    head = [
        *([f"rows with {named}"] if named else []),
        f"verdict: {result.kind}",
        verdict_text(result, judged.about),
        f"  it rests on gains {evidence(result)}",
        reason(result, judged.about),
        _IMAGE_NOISE[judged.image_noise],
        "",
    ]
    table = [f"{'images per class':>16}  {'seeds':>5}  {'gain (points)':>13}  95% interval"]
    return "\n".join([*head, *table, *map(_gain_text, result.gains), INTERVALS])


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
