"""One arm's verdict in a line, with all that a reader must know before relying on it."""

from __future__ import annotations

from benchmark.analysis.board import SCRATCH, Board
from benchmark.analysis.certificate import deciding_sizes
from benchmark.analysis.crossover import Verdict
from benchmark.pages import escape, words


def line(board: Board, arm: str) -> str:
    """The verdict, its certificate and the reason for it; a void one claims nothing."""
    comparison, about = board.comparisons[arm], words.subject(arm)
    verdict, certificate = comparison.verdict, words.certificate_text(comparison)
    says = words.verdict_text(verdict, about) + mark(board, arm)
    margin = f"(margin {words.points(verdict.margin)})"
    name = escape.text(arm)
    if comparison.is_void:
        return f'{name}: {certificate}; what it said was "{says}" {margin}.'
    return f"{name}: {says}, {_held(certificate)} {margin}. {words.reason(verdict, about)}"


def grounds(board: Board, arm: str) -> str:
    """The gains that the verdict rests on, in points."""
    comparison = board.comparisons[arm]
    rests = "rested" if comparison.is_void else "rests"
    return f"it {rests} on gains {words.evidence(comparison.verdict)}"


def title(board: Board, arm: str, shown: words.Shown) -> str:
    """The verdict and its certificate in a few words."""
    comparison, about = board.comparisons[arm], words.subject(arm, shown)
    status = words.certificate_status(comparison, shown)
    if comparison.is_void:
        return f"{about}: {status}"
    says = words.verdict_text(comparison.verdict, about)
    if comparison.verdict.kind == "undecided":
        says = f"{about}: {says}"
    return f"{says}{mark(board, arm)}, {_held(status)}"


def _held(certificate: str) -> str:
    return "certificate holds" if certificate == "holds" else certificate


def mark(board: Board, arm: str) -> str:
    """A dagger where most trainings that more steps could turn the verdict by were unfinished."""
    verdict = board.comparisons[arm].verdict
    sizes = deciding_sizes(verdict)
    deciding = [
        point
        for name in _movers(verdict, arm)
        for point in board.arms[name].points
        if point.images_per_class in sizes
    ]
    return f" {words.UNFINISHED}" if any(point.unfinished for point in deciding) else ""


def _movers(verdict: Verdict, arm: str) -> tuple[str, ...]:
    """The arms that could turn the verdict if they were better."""
    if verdict.crossover is not None:
        return SCRATCH, arm
    if verdict.kind == "helps_throughout":
        return (SCRATCH,)
    return () if verdict.kind == "undecided" else (arm,)
