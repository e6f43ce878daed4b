"""Boards become rows of CSV, for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from benchmark.analysis.board import Board, Comparison
from benchmark.pages.words import certificate_text

Row = dict[str, object]

GAIN_COLUMNS_AT = (1, 10, 100)


def leaderboard_rows(boards: Sequence[Board]) -> list[Row]:
    """One row per task x backbone x arm; the columns are explained in ``results/README.md``."""
    return [_leaderboard_row(board, arm) for board in boards for arm in board.arms]


def _leaderboard_row(board: Board, arm: str) -> Row:
    points = board.arms[arm].points
    comparison = board.comparisons.get(arm)
    largest = points[-1]
    row: Row = {
        "task": board.task,
        "backbone": board.backbone,
        "arm": arm,
        "protocol": board.protocol,
        "image_size": board.data.image_size,
        "smallest_n": points[0].images_per_class,
        "largest_n": largest.images_per_class,
        "fewest_seeds": min(p.seeds for p in points),
        "records": sum(p.seeds + p.failed for p in points),
        "failed": sum(p.failed for p in points),
        "accuracy_at_largest_n": _plain(largest.accuracy),
        "accuracy_low": _plain(largest.low),
        "accuracy_high": _plain(largest.high),
    }
    return row | _verdict_columns(comparison) | _data_columns(board, arm)


def _verdict_columns(comparison: Comparison | None) -> Row:
    verdict = comparison.verdict if comparison else None
    row: Row = {
        "verdict": verdict.kind if verdict else "",
        "crossover": _plain(verdict.crossover if verdict else None),
        "crossover_low": _plain(verdict.low if verdict else None),
        "crossover_high": _plain(verdict.high if verdict else None),
        "margin": _plain(verdict.margin if verdict else None),
        "certificate": certificate_text(comparison) if comparison else "",
    }
    gains = verdict.gain_at if verdict else {}
    for n in GAIN_COLUMNS_AT:
        gain = gains.get(n)
        row[f"gain_at_{n}"] = _plain(gain.mean if gain else None)
        row[f"gain_at_{n}_low"] = _plain(gain.low if gain else None)
        row[f"gain_at_{n}_high"] = _plain(gain.high if gain else None)
    worth = {e.images_per_class: e for e in comparison.effective} if comparison else {}
    for n in GAIN_COLUMNS_AT:
        row[f"label_multiplier_at_{n}"] = _plain(worth[n].multiplier if n in worth else None)
    return row


def _data_columns(board: Board, arm: str) -> Row:
    result = board.arms[arm]
    return {
        "seconds": f"{result.seconds:.0f}",
        "classes": board.data.classes,
        "labels_at_largest_n": board.data.classes * result.points[-1].images_per_class,
        "tuning_labels": result.tuning_labels or 0,
        "test_images_in_train": len(board.data.test_in_train),
        "accuracy_without_them": _plain(result.clean_accuracy),
        "test_images": board.data.test_images,
        "data_source": board.data.source,
        "data_hash": board.data.hash,
    }


def curve_rows(boards: Sequence[Board]) -> list[Row]:
    """One row per task x backbone x arm x N."""
    return [
        {
            "task": board.task,
            "backbone": board.backbone,
            "arm": arm,
            "images_per_class": point.images_per_class,
            "seeds": point.seeds,
            "accuracy": _plain(point.accuracy),
            "low": _plain(point.low),
            "high": _plain(point.high),
            "failed": point.failed,
            "levelled_off": point.levelled_off,
        }
        for board in boards
        for arm, result in board.arms.items()
        for point in result.points
    ]


def _plain(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def csv_text(rows: Sequence[Row]) -> str:
    """The rows as CSV with a header line; empty without rows."""
    if not rows:
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
