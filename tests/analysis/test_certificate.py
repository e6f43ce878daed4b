from __future__ import annotations

import pytest

from benchmark.analysis import crossover
from benchmark.analysis.certificate import Retrial, certify, deciding_sizes
from benchmark.analysis.crossover import GainCell
from benchmark.records.recipe import ALTERNATIVES

SEEDS = tuple(range(5))
NOISE = (-0.002, -0.001, 0.0, 0.001, 0.002)


def cell(n, gain):
    return GainCell(n, SEEDS, tuple(gain + noise for noise in NOISE))


CELLS = [cell(n, gain) for n, gain in {1: 0.3, 2: 0.2, 5: 0.1, 10: 0.05, 20: 0, 50: 0}.items()]
VERDICT = crossover.verdict(CELLS)
ARMS = ("scratch", "finetune")


def retrials(gain_of=None, improvement=0.0):
    """Every alternative of both arms; those of ``gain_of`` (arm, alternative) change the gains."""
    gain_of = gain_of or {}
    originals = {c.images_per_class: c for c in CELLS}
    found = []
    for arm in ARMS:
        for name in ALTERNATIVES:
            cells = {n: originals[n] for n in deciding_sizes(VERDICT)}
            if (arm, name) in gain_of:
                cells = {n: cell(n, gain_of[arm, name]) for n in cells}
                found.append(Retrial(arm, name, cells, improvement))
            else:
                found.append(Retrial(arm, name, cells, 0.001))
    return found


def test_the_deciding_cells_lie_beside_the_crossover_and_at_the_end():
    assert VERDICT.kind == "stops"
    assert deciding_sizes(VERDICT) == (10, 20, 50)


def test_a_verdict_that_no_alternative_moves_holds():
    assert certify(VERDICT, CELLS, retrials(), ARMS).status == "holds"


def test_a_better_scratch_that_moves_the_verdict_voids_it_and_is_named():
    moved = retrials({("scratch", "steps-x2"): -0.1}, improvement=0.1)
    certificate = certify(VERDICT, CELLS, moved, ARMS)
    assert certificate.status == "void"
    assert certificate.better == ("scratch steps-x2",)


def test_a_worse_setting_moves_nothing():
    worse = retrials({("scratch", "rate-x3"): 0.4}, improvement=-0.4)
    assert certify(VERDICT, CELLS, worse, ARMS).status == "holds"


@pytest.mark.parametrize("left_out", range(2 * len(ALTERNATIVES)))
def test_a_missing_alternative_makes_the_certificate_incomplete(left_out):
    some = [r for i, r in enumerate(retrials()) if i != left_out]
    assert certify(VERDICT, CELLS, some, ARMS).status == "incomplete"


LASTING = [cell(n, 0.3) for n in (1, 10, 100)]


def lasting_certificate(left, unfinished):
    """Of a gain of 30 points at N = 100, of which twice the steps of scratch leave ``left``."""
    found = [Retrial(arm, name, {100: LASTING[2]}, 0.0) for arm in ARMS for name in ALTERNATIVES]
    found[0] = Retrial("scratch", "steps-x2", {100: cell(100, left)}, 0.1, unfinished=unfinished)
    return certify(crossover.verdict(LASTING), LASTING, found, ARMS)


def test_help_that_shrinks_while_scratch_still_learns_is_unsettled():
    certificate = lasting_certificate(0.2, frozenset({100}))
    assert certificate.status == "unsettled"
    assert certificate.better == ("scratch steps-x2",)


@pytest.mark.parametrize(("left", "unfinished"), [(0.2, {1}), (0.295, {100}), (0.4, {100})])
def test_help_that_more_steps_hardly_lower_holds(left, unfinished):
    assert lasting_certificate(left, frozenset(unfinished)).status == "holds"


def test_a_probe_needs_no_alternatives_of_its_own():
    scratch_only = [r for r in retrials() if r.arm == "scratch"]
    assert certify(VERDICT, CELLS, scratch_only, ("scratch",)).status == "holds"
