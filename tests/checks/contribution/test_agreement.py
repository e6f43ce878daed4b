"""Float rounding moves some predictions both ways; inventions and edits look otherwise."""

import dataclasses

import numpy as np
import pytest
import toy
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark.checks.contribution.agreement import agreement

CLASSES, IMAGES = 5, 400
LABELS = np.arange(IMAGES) % CLASSES


def predictions(right, seed):
    """Of a training that has a share of the images right."""
    random = np.random.default_rng(seed)
    guessed = random.integers(0, CLASSES, IMAGES)
    return np.where(random.random(IMAGES) < right, LABELS, guessed)


def told(predicted):
    return dataclasses.replace(toy.record(), predictions=tuple(map(int, predicted)))


def moved(predicted, share, seed):
    """As on another machine: some images are predicted anew, as well or badly as the others."""
    random = np.random.default_rng(seed)
    chosen = random.random(IMAGES) < share
    return np.where(chosen, random.permutation(predicted.reshape(-1, CLASSES)).ravel(), predicted)


def compared(one, other):
    return agreement(told(one), told(other), LABELS.tolist())


def test_the_same_predictions_agree():
    found = compared(predictions(0.6, 1), predictions(0.6, 1))
    assert found.holds
    assert str(found) == "re-trained: all 400 predictions are the same"


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 0.9), st.floats(0.01, 0.4), st.integers(0, 99))
def test_what_rounding_moves_is_within_the_tolerance(right, share, seed):
    one = predictions(right, seed)
    assert compared(one, moved(one, share, seed)).holds


@settings(max_examples=30, deadline=None)
@given(st.floats(0.2, 0.8), st.integers(0, 99))
def test_made_up_predictions_of_the_right_accuracy_do_not_agree(right, seed):
    found = compared(predictions(right, seed), predictions(right, seed + 100))
    assert not found.holds
    assert str(found).endswith("it does NOT agree")


@pytest.mark.parametrize("share", [0.05, 0.1, 0.3])
def test_real_predictions_that_were_bettered_do_not_agree(share):
    real = predictions(0.5, 3)
    wrong = np.flatnonzero(real != LABELS)
    bettered = real.copy()
    bettered[wrong[: int(share * IMAGES)]] = LABELS[wrong[: int(share * IMAGES)]]
    for one, other in ((bettered, real), (real, bettered)):
        found = compared(one, other)
        assert found.differing <= found.most_differing
        assert found.sway > found.most_sway
        assert not found.holds


def test_a_failed_training_agrees_with_a_failed_one_alone():
    failed = toy.failed()
    assert agreement(failed, failed, LABELS.tolist()).holds
    for one, other in ((failed, told(LABELS)), (told(LABELS), failed)):
        assert not agreement(one, other, LABELS.tolist()).holds


def test_a_machine_of_the_same_name_that_gives_others_is_named():
    one = predictions(0.6, 5)
    assert "have the same names" in str(compared(one, moved(one, 0.1, 5)))


def test_made_up_predictions_would_differ_as_often_as_is_expected():
    one, other = predictions(0.4, 6), predictions(0.7, 7)
    random, differing = np.random.default_rng(0), []
    for _ in range(200):
        shuffled = one.copy()
        for label in range(CLASSES):
            here = label == LABELS
            shuffled[here] = random.permutation(one[here])
        differing.append((shuffled != other).sum())
    assert compared(one, other).by_chance == pytest.approx(np.mean(differing), rel=0.02)
