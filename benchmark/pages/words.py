"""What a verdict, a certificate or a refusal is called: one place for the words of every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from benchmark import defaults
from benchmark.analysis.board import FINETUNE, Board, Comparison
from benchmark.analysis.certificate import Certificate, Doubt
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.effective import Refusal
from benchmark.analysis.grounds import Stretch
from benchmark.pages import escape
from benchmark.records.fingerprint import PROTOCOL

Shown = Callable[[str], str]
"""Makes a stranger's name fit for where it is printed."""

UNFINISHED = "†"
"""Marks what rests on trainings that most likely ended too early."""

INTERVALS = (
    "The interval of a gain pools the noise of all N, as the verdict does; that of N* comes from "
    "the whole curve of gains at once, so it need not end where single gains reach the margin."
)
"""Why a table's intervals and that of N* are two things."""


def number(images: float) -> str:
    """Images per class, to two digits that mean something."""
    return f"{images:.0f}" if images >= 10 else f"{images:.2g}"


def points(margin: float) -> str:
    """``1 point``, ``2.5 points``."""
    return f"{100 * margin:g} point{'' if margin == 0.01 else 's'}"


def percent(
    value: float | None, low: float | None, high: float | None, *, sign: bool = False
) -> str:
    """``61.3 [58.0, 64.6]``; without an interval where none can be claimed."""
    if value is None:
        return "failed"
    form = "{:+.1f}" if sign else "{:.1f}"
    shown = form.format(100 * value)
    if low is None or high is None:
        return f"{shown} [one seed]"
    return f"{shown} [{form.format(100 * low)}, {form.format(100 * high)}]"


# Verdicts


def interval(verdict: Verdict) -> str:
    """``[8.2, 17]``, with ``...`` where an end is open."""
    return _ends(verdict.low, verdict.high)


def _ends(low: float | None, high: float | None) -> str:
    """With ``...`` where an end is open."""
    return f"[{', '.join('...' if end is None else number(end) for end in (low, high))}]"


def hurts_from(verdict: Verdict) -> str:
    """``hurts from N = 13 [9.2, 25] on``."""
    where = f"{number(verdict.hurts_from or 1)} {_ends(verdict.hurts_low, verdict.hurts_high)}"
    return f"hurts from N = {where} on"


def bounds(verdict: Verdict) -> str:
    """The interval of N*; empty where both of its ends are open."""
    return "" if verdict.low is None and verdict.high is None else interval(verdict)


def subject(arm: str, shown: Shown = escape.code) -> str:
    """What a verdict is about."""
    known = {"": "pretraining", FINETUNE: "fine-tuning", "probe": "the probe"}
    return known.get(arm) or f"the arm {shown(arm)}"


def verdict_text(verdict: Verdict, about: str = "pretraining") -> str:
    """The verdict in a few words."""
    stops = ""
    if verdict.crossover is not None:
        stops = f"stops helping at N* = {number(verdict.crossover)} {interval(verdict)}"
    hurts = hurts_from(verdict)
    return {
        "stops": f"{about} {stops}",
        "helps_throughout": f"{about} still helps at the largest N",
        "never_helps": f"{about} never helps",
        "hurts": f"{about} {stops}{' and ' if stops else ''}{hurts}",
        "undecided": "undecided",
    }[verdict.kind]


def evidence(verdict: Verdict) -> str:
    """Mean gains below N* and above it: ``below N*: +8.1 [+0.9, +15.3] up to N=2; from ...``."""
    helped, gone = verdict.grounds.helped, verdict.grounds.gone
    unresolved = ", ".join(map(str, verdict.grounds.unresolved))
    parts = []
    if helped is not None:
        parts.append(f"below N*: {_mean(helped)} up to N={helped.last}")
    if gone is not None:
        parts.append(f"from N={gone.first}: {_mean(gone)}")
    if unresolved:
        parts.append(f"{'between: ' if helped and gone else ''}not resolved at N={unresolved}")
    return "; ".join(parts)


def _mean(stretch: Stretch) -> str:
    return percent(stretch.mean, stretch.low, stretch.high, sign=True)


def stops_at(verdict: Verdict) -> str:
    """N* for a narrow column, or the words for why there is none."""
    known = "" if verdict.crossover is None else number(verdict.crossover)
    if verdict.kind == "helps_throughout":
        return f"still helps at {verdict.gains[-1].images_per_class}"
    if verdict.kind == "hurts":
        return f"{known}{known and ', '}{hurts_from(verdict)}"
    return {"stops": known, "never_helps": "never helps"}.get(verdict.kind, "undecided")


def reason(result: Verdict, about: str = "pretraining") -> str:
    """What the verdict says, in a sentence for someone who has images and no statistics."""
    if all(gain.seeds < 2 for gain in result.gains):
        return "There is one seed at most, so the noise is unknown: run at least three seeds."
    margin = f"{100 * result.margin:g} percentage point{'s' * (result.margin != 0.01)}"
    if result.kind == "hurts":
        return _hurts(result, about, margin)
    if result.kind == "stops":
        return f"{_stop(result, about)}: from there on its gain is no longer above {margin}."
    if result.kind == "never_helps":
        return (
            f"{_start(about)} does not help: at no number of images per class measured is its mean "
            f"gain above {margin}, and over all of them together it surely is not."
        )
    largest = result.gains[-1].images_per_class
    if result.kind == "helps_throughout":
        return (
            f"At {largest} images per class, the most measured, the gain of {about} is above "
            f"{margin} still."
        )
    return f"{_unknown(result, margin)}: more seeds or more test images would tell."


def _hurts(result: Verdict, about: str, margin: str) -> str:
    where = number(result.hurts_from or 1)
    costs = f"from about {where} images per class on it costs more than {margin}"
    if result.crossover is not None:
        return f"{_stop(result, about)}, and {costs}."
    if result.high is None:
        return f"{_start(about)} does not help: {costs}."
    return f"{_start(about)} hurts: {costs}; whether it helps with fewer is not clear."


def _stop(result: Verdict, about: str) -> str:
    where = f"{number(result.crossover or 1)} images per class"
    return f"{_start(about)} stops helping at about {where}"


def _start(about: str) -> str:
    return about[:1].upper() + about[1:]


def _unknown(result: Verdict, margin: str) -> str:
    largest = result.gains[-1].images_per_class
    if result.low is not None:
        return f"The gain may or may not be above {margin} still at {largest} images per class"
    if result.high is not None:
        above = any(gain.low is not None and gain.low > result.margin for gain in result.gains)
        chance = " (of several N, one may look so by chance)" if above else ""
        return (
            f"It is not clear that the gain is above {margin} even at few images per class{chance}"
        )
    return f"The noise is too large to say where, if anywhere, the gain is above {margin}"


# Certificates


def certificate_text(comparison: Comparison, shown: Shown = escape.text) -> str:
    """Whether the crossover survives other recipes; says so where nobody looked."""
    if comparison.certificate is None:
        return "not audited"
    return _certificate(comparison.certificate, shown)


def _certificate(certificate: Certificate, shown: Shown) -> str:
    better = ", ".join(map(shown, certificate.better))
    if certificate.doubt is not None:
        return f"unsettled ({_DOUBTS[certificate.doubt].format(better=better)})"
    if certificate.status != "void":
        return certificate.status
    arms = " and ".join(dict.fromkeys(shown(o.split()[0]) for o in certificate.better))
    verb = "is" if len(certificate.better) == 1 else "are"
    return f"void: {arms} under-trained ({better} {verb} better)"


_DOUBTS: dict[Doubt, str] = {
    "undecided": "there is no verdict that could hold",
    "moved": "with {better} the verdict moves, but it may be better by chance",
    "incomplete": "not every other recipe was run on seeds enough",
    "still_falling": "{better} lowers the gain and was still falling",
}


def certificate_status(comparison: Comparison, shown: Shown = escape.text) -> str:
    """As `certificate_text`, for a narrow column: without the settings that do better."""
    return certificate_text(comparison, shown).partition(" (")[0]


# Labels' worth


def refusal(why: Refusal, smallest: int) -> str:
    """Why there is no number; ``smallest`` is the smallest N at which scratch was measured."""
    return {
        "one_size": "scratch was measured at fewer than two N",
        "one_seed": "one seed says nothing of the noise",
        "not_rising": "scratch does not surely get better with more images",
        "below_grid": f"scratch may be as good with fewer than {smallest} images per class",
        "too_wide": "scratch's curve is too flat or noisy here to be read backwards",
    }[why]


# What a board is about


def at_size(board: Board) -> str:
    """``, 64 px`` where the task has boards of several image sizes, else nothing."""
    return f", {board.data.image_size} px" if board.several_sizes else ""


def task_name(board: Board) -> str:
    """The task as a stranger may have called it, with its image size where it has several."""
    return board.task + at_size(board)


# What a reader has to know of a board


def notes(board: Board) -> list[str]:
    """An older protocol, records left out, failures, arms that were not tuned, leaks."""
    return [
        *_older_note(board),
        *_left_out(board),
        *_failures(board),
        *_untuned(board),
        *_leaks(board),
    ]


def older_protocol(board: Board) -> str:
    """``protocol 1``; empty for today's."""
    return f"protocol {board.protocol}" if board.protocol != PROTOCOL else ""


def protocol_mark(board: Board) -> str:
    """Tells rows of an older protocol; empty for today's."""
    older = older_protocol(board)
    return f" ({older})" if older else ""


def _older_note(board: Board) -> Iterator[str]:
    if older := older_protocol(board):
        yield (
            f"trained under {older}, with other recipes than those of protocol "
            f"{PROTOCOL}: not comparable until it is run again"
        )


def _left_out(board: Board) -> Iterator[str]:
    if board.left_out:
        yield (
            f"records of {board.left_out} trials with another protocol, other data or other "
            "settings are left out; run again"
        )


def _failures(board: Board) -> Iterator[str]:
    for failure in board.failures:
        trial = failure.trial
        where = f"{trial.arm}, N={trial.images_per_class}, seed {trial.seed}"
        yield f"{where} failed: {failure.reason}"


def _untuned(board: Board) -> Iterator[str]:
    arms = ", ".join(name for name, arm in board.arms.items() if arm.tuning_labels == 0)
    if arms:
        yield f"learning rate not tuned for this backbone ({arms}): {defaults.COMMAND} tune"


def _leaks(board: Board) -> Iterator[str]:
    count = len(board.data.test_in_train)
    if count:
        yield (
            f"{count} of {board.data.test_images} test images are also training images: "
            "left out of every number here"
        )
