from __future__ import annotations

import pytest

from benchmark.analysis import crossover
from benchmark.analysis.certificate import Certificate, Retrial, certify, deciding_sizes
from benchmark.analysis.gains import GainCell
from benchmark.records.recipe import ALTERNATIVES

SEEDS = tuple(range(5))
NOISE = (-0.002, -0.001, 0.0, 0.001, 0.002)


def cell(n, gain, seeds=5):
    return GainCell(n, SEEDS[:seeds], tuple(gain + noise for noise in NOISE[:seeds]))


CELLS = [cell(n, gain) for n, gain in {1: 0.3, 2: 0.2, 5: 0.1, 10: 0.05, 20: 0, 50: 0}.items()]
VERDICT = crossover.verdict(CELLS)
ARMS = ("scratch", "finetune")
ORIGINALS = {c.images_per_class: c for c in CELLS}
BEFORE = {n: ORIGINALS[n] for n in deciding_sizes(VERDICT)}


def retrial(arm, name, gain=None, improvement=0.001, low=-0.001):
    """With ``gain`` in every deciding cell; without one the gains stay as they are."""
    cells = BEFORE if gain is None else {n: cell(n, gain) for n in BEFORE}
    return Retrial(arm, name, cells, BEFORE, improvement, low, 2 * improvement - low)


def retrials(*changed):
    """Every alternative of both arms, ``changed`` in the place of their like."""
    found = {(arm, name): retrial(arm, name) for arm in ARMS for name in ALTERNATIVES}
    return list((found | {(r.arm, r.alternative): r for r in changed}).values())


def test_the_deciding_cells_lie_beside_the_crossover_and_at_the_end():
    assert VERDICT.kind == "stops"
    assert deciding_sizes(VERDICT) == (10, 20, 50)


def test_a_verdict_that_no_alternative_moves_holds():
    assert certify(VERDICT, CELLS, retrials(), ARMS) == Certificate("holds")


def test_a_surely_better_scratch_that_moves_the_verdict_voids_it_and_is_named():
    better = retrial("scratch", "steps-x2", gain=-0.1, improvement=0.1, low=0.05)
    certificate = certify(VERDICT, CELLS, retrials(better), ARMS)
    assert certificate == Certificate("void", ("scratch steps-x2",))


def test_what_moves_the_verdict_and_may_be_better_by_chance_unsettles_it():
    lucky = retrial("scratch", "steps-x2", gain=-0.1, improvement=0.1, low=-0.01)
    certificate = certify(VERDICT, CELLS, retrials(lucky), ARMS)
    assert certificate == Certificate("unsettled", ("scratch steps-x2",), "moved")


def test_a_better_setting_that_moves_nothing_leaves_the_verdict():
    better = retrial("scratch", "steps-x2", improvement=0.1, low=0.05)
    assert certify(VERDICT, CELLS, retrials(better), ARMS).status == "holds"


def test_a_worse_setting_moves_nothing():
    worse = retrial("scratch", "rate-x3", gain=0.4, improvement=-0.4, low=-0.5)
    assert certify(VERDICT, CELLS, retrials(worse), ARMS).status == "holds"


def test_few_seeds_neither_void_a_verdict_nor_vouch_for_it():
    wild = {n: GainCell(n, (0, 1), (0.4, -0.4)) for n in BEFORE}
    noisy = Retrial("scratch", "steps-x2", wild, wild, 0.1, 0.05, 0.15)
    assert crossover.verdict([wild.get(c.images_per_class, c) for c in CELLS]).kind == "undecided"
    certificate = certify(VERDICT, CELLS, retrials(noisy), ARMS)
    assert certificate == Certificate("unsettled", doubt="incomplete")


def test_an_undecided_verdict_does_not_hold():
    wild = [GainCell(n, (0, 1), (0.4, -0.4)) for n in (1, 10)]
    certificate = certify(crossover.verdict(wild), wild, retrials(), ARMS)
    assert certificate == Certificate("unsettled", doubt="undecided")


@pytest.mark.parametrize("left_out", range(2 * len(ALTERNATIVES)))
def test_a_missing_alternative_leaves_it_unsettled(left_out):
    some = [r for i, r in enumerate(retrials()) if i != left_out]
    assert certify(VERDICT, CELLS, some, ARMS) == Certificate("unsettled", doubt="incomplete")


LASTING = [cell(n, 0.3) for n in (1, 10, 100)]


def lasting_certificate(left, unfinished):
    """Of a gain of 30 points at N = 100, of which twice the steps of scratch leave ``left``."""
    last = {100: LASTING[2]}
    found = [Retrial(arm, name, last, last, 0.0) for arm in ARMS for name in ALTERNATIVES]
    after = {100: cell(100, left)}
    found[0] = Retrial("scratch", "steps-x2", after, last, 0.1, 0.05, 0.15, unfinished)
    return certify(crossover.verdict(LASTING), LASTING, found, ARMS)


def test_help_that_shrinks_while_scratch_still_learns_is_unsettled():
    certificate = lasting_certificate(0.2, frozenset({100}))
    assert certificate == Certificate("unsettled", ("scratch steps-x2",), "still_falling")


@pytest.mark.parametrize(("left", "unfinished"), [(0.2, {1}), (0.295, {100}), (0.4, {100})])
def test_help_that_more_steps_hardly_lower_holds(left, unfinished):
    assert lasting_certificate(left, frozenset(unfinished)).status == "holds"


def test_a_probe_needs_no_alternatives_of_its_own():
    scratch_only = [r for r in retrials() if r.arm == "scratch"]
    assert certify(VERDICT, CELLS, scratch_only, ("scratch",)).status == "holds"


HURT = [cell(n, gain) for n, gain in {1: 0.0, 10: -0.02, 50: -0.03, 100: -0.03, 200: -0.03}.items()]
HURTS = crossover.verdict(HURT)


@pytest.mark.parametrize(("gain", "status"), [(-0.005, "void"), (-0.02, "holds")])
def test_what_does_not_hurt_when_trained_better_is_void_whatever_smaller_n_say(gain, status):
    assert (HURTS.kind, deciding_sizes(HURTS)[-1]) == ("hurts", 200)
    before = {n: c for c in HURT if (n := c.images_per_class) in deciding_sizes(HURTS)}
    same = [Retrial(arm, name, before, before, 0.0) for arm in ARMS for name in ALTERNATIVES]
    after = before | {200: cell(200, gain)}
    better = Retrial("finetune", "steps-x2", after, before, 0.03, 0.02, 0.04)
    assert certify(HURTS, HURT, [*same, better], ARMS).status == status
