import pytest

from benchmark.checks.calibration.audits import AuditRow, AuditScene, simulate_audits


def audit(sound) -> AuditRow:
    (row,) = simulate_audits([AuditScene(sound, 3, 1000)], sweeps=12, jobs=1, seed=2)
    return row


def test_a_sound_verdict_is_hardly_ever_void():
    row = audit(sound=True)
    assert row.audits >= 4
    assert row.void <= 0.25


def test_a_verdict_that_rests_on_a_badly_trained_scratch_does_not_hold():
    row = audit(sound=False)
    assert row.void >= 0.5
    assert row.holds == 0


def test_shares_are_of_the_audits_that_have_a_verdict():
    row = audit(sound=True)
    assert row.void + row.unsettled + row.holds == pytest.approx(1)


def test_where_everything_is_undecided_there_are_no_shares():
    (row,) = simulate_audits([AuditScene(True, 2, 4)], sweeps=1, jobs=1, seed=1)
    assert (row.audits, row.void) == (0, None)
