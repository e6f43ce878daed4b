import dataclasses

import pytest

from benchmark.checks.calibration.audits import AuditRow, AuditScene
from benchmark.checks.calibration.simulate import Outcome, Scene
from benchmark.checks.calibration.summary import AdaptiveRow, Row, calibration, summary

GOOD = Row(Scene("smooth", 3, 300), 0.95, 0.95, 0.01, {"stops": 0.9, "undecided": 0.1}, 1.0, 0.95)
JUMP = dataclasses.replace(GOOD, scene=Scene("jump", 3, 300))
AUDIT = AuditRow(AuditScene(True, 3, 300), 9, 0.01, 0.2, 0.79)


def failures(*rows, audit=AUDIT, chosen=()):
    adaptive = [AdaptiveRow(row, 100, 0.4, 0.4, {"decided": 1.0}, 0.9) for row in chosen]
    return calibration({"crossing": rows}, [audit], adaptive).failures


def test_lines_within_the_bounds_pass():
    assert failures(GOOD, JUMP) == ()


@pytest.mark.parametrize("changes", [{"coverage": 0.92}, {"wrong": 0.06}, {"cells": 0.92}])
def test_every_bound_that_is_broken_is_named(changes):
    (broken,) = failures(GOOD, dataclasses.replace(GOOD, **changes))
    assert broken.startswith("smooth, 3 seeds, 300 test images, falling noise")


def test_sweeps_that_choose_their_trials_are_held_to_the_same_bounds():
    assert failures(chosen=[GOOD]) == ()
    (broken,) = failures(chosen=[dataclasses.replace(GOOD, wrong=0.06)])
    assert broken.startswith("trials that are chosen, smooth")


def test_only_a_jump_may_not_be_covered_too_often():
    assert failures(dataclasses.replace(GOOD, coverage=1.0)) == ()
    (broken,) = failures(dataclasses.replace(JUMP, coverage=0.99))
    assert broken.endswith("the interval of N* covers 99.0%")


def test_sound_verdicts_that_are_voided_are_named():
    (broken,) = failures(audit=dataclasses.replace(AUDIT, void=0.2))
    assert broken.endswith("20.0% of sound verdicts are void")


def test_verdicts_that_rest_on_bad_training_may_be_void_and_may_not_hold():
    unsound = AuditScene(False, 3, 300)
    shares = {"void": 0.9, "unsettled": 0.1, "holds": 0.0}
    assert failures(audit=dataclasses.replace(AUDIT, scene=unsound, **shares)) == ()
    (broken,) = failures(audit=dataclasses.replace(AUDIT, scene=unsound, holds=0.2))
    assert broken.endswith("20.0% of verdicts on a poor recipe hold")


def test_a_line_holds_shares_of_its_sweeps():
    outcomes = [
        Outcome("stops", False, True, 1.0, 1.0),
        Outcome("stops", True, False, 3.0, 0.5),
        Outcome("undecided", False, True, 7.0, 1.0),
    ]
    row = summary(Scene("smooth", 3, 300), outcomes)
    assert (row.coverage, row.decided_coverage, row.wrong) == pytest.approx((2 / 3, 1 / 2, 1 / 3))
    assert (row.width, row.kinds["undecided"]) == (3.0, pytest.approx(1 / 3))


def test_a_curve_without_a_crossover_has_no_coverage():
    row = summary(Scene("never", 3, 300), [Outcome("never_helps", False, None, 0.0, 1.0)])
    assert (row.coverage, row.decided_coverage) == (None, None)
