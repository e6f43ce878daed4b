from __future__ import annotations

import pytest
from toy import record

from benchmark.checks.performance import beside_timm, perf
from benchmark.checks.performance.beside_timm import Beside
from benchmark.checks.performance.timm_script import Trained
from benchmark.harness.plan import Selection

ROW = Beside("scratch", 20, 240, (0.90, 0.92), (Trained(0.91, 30.0), Trained(0.91, 34.0)), 25.0)


def test_the_difference_is_paired_by_seed():
    assert ROW.difference.mean == pytest.approx(0.0)
    assert ROW.difference.low < 0 < ROW.difference.high


def test_a_row_shows_both_accuracies_and_both_times():
    row = perf._beside_row(ROW)
    accuracies, difference, seconds = row[4:6], row[6], row[7:]
    assert accuracies == ["91.0", "91.0"]
    assert difference.startswith("+0.0 [")
    assert seconds == ["25", "32"]


def test_every_trained_arm_is_trained_by_both_on_every_seed(monkeypatch, task, backbone, tmp_path):
    asked = []

    def trained(script, job, folder):
        asked.append((job.trial.arm, job.trial.seed))
        return Trained(0.5, 1.0)

    monkeypatch.setattr(beside_timm.timm_script, "train", trained)
    monkeypatch.setattr(beside_timm, "_ours", lambda cell: (6.0, [record(), record(), record()]))
    monkeypatch.setattr(beside_timm, "N", 2)
    selection = Selection((task,), (backbone,), ("scratch", "finetune", "probe"))
    rows = beside_timm.beside(tmp_path / "train.py", selection)
    assert [row.arm for row in rows] == ["scratch", "finetune"]
    assert asked == [(arm, seed) for arm in ("scratch", "finetune") for seed in range(3)]
    assert rows[0].our_seconds == 2.0
