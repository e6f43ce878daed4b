import math
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
from measured import cell, settings

from benchmark.errors import UserError
from benchmark.records import evidence
from benchmark.records.evidence import (
    as_text,
    change_evidence,
    chosen_settings,
    mean_accuracies,
    paired_loss,
    rates_at_the_edge,
    read_evidence,
)


def test_the_settings_with_the_best_mean_are_chosen():
    evidence = {
        cell(rate=1e-3, seed=1000): 0.9,
        cell(rate=1e-3, seed=1001): 0.1,
        cell(rate=1e-2, seed=1000): 0.6,
        cell(rate=1e-2, seed=1001): 0.6,
        cell("finetune", 1e-3): 0.8,
        cell("finetune", 1e-2): 0.7,
    }
    assert chosen_settings(evidence) == {
        "scratch": {2: settings(1e-2)},
        "finetune": {2: settings(1e-3)},
    }
    assert mean_accuracies(evidence)["scratch", 2, as_text(settings(1e-3))] == pytest.approx(0.5)


def test_each_size_has_a_choice_of_its_own():
    evidence = {
        cell(n=2): 0.5,
        cell(n=2, tried=settings(optimiser="adamw")): 0.6,
        cell(n=20): 0.8,
        cell(n=20, tried=settings(optimiser="adamw")): 0.7,
    }
    chosen = {2: settings(optimiser="adamw"), 20: settings()}
    assert chosen_settings(evidence) == {"scratch": chosen}


def seeds(accuracies, **where):
    return {cell(seed=1000 + i, **where): one for i, one in enumerate(accuracies)}


@pytest.mark.parametrize(
    ("with_it", "taken"),
    [((0.52, 0.62, 0.72), True), ((0.40, 0.62, 0.81), False), ((0.5, 0.6), False), ((0.6,), False)],
)
def test_a_change_is_taken_where_it_is_better_by_more_than_its_standard_error(with_it, taken):
    evidence = seeds((0.5, 0.6, 0.7)) | seeds(with_it, tried=settings(turn=0.0))
    evidence |= seeds((0.4, 0.4, 0.4), tried=settings(1e-2))
    assert chosen_settings(evidence) == {"scratch": {2: settings(**{"turn": 0.0} if taken else {})}}


def test_a_change_may_be_best_at_another_rate():
    evidence = seeds((0.5, 0.6)) | seeds((0.7, 0.8), tried=settings(1e-2, turn=0.0))
    assert chosen_settings(evidence) == {"scratch": {2: settings(1e-2, turn=0.0)}}


@pytest.mark.parametrize(
    ("here", "taken"),
    [((0.46, 0.60), True), ((0.51, 0.61), True), ((0.40, 0.51), False), ((0.6,), False)],
)
def test_what_is_chosen_at_more_images_is_kept_unless_it_surely_loses(here, taken):
    evidence = seeds((0.5, 0.6)) | seeds(here, tried=settings(1e-2))
    evidence |= seeds((0.6, 0.7), n=20) | seeds((0.8, 0.9), n=20, tried=settings(1e-2))
    assert chosen_settings(evidence)["scratch"] == {
        2: settings(1e-2 if taken else 1e-3),
        20: settings(1e-2),
    }


def test_what_was_measured_less_often_than_others_is_not_chosen():
    """An easier subset makes settings look better."""
    evidence = seeds((0.5, 0.6)) | seeds((0.4, 0.5), tried=settings(1e-2))
    evidence |= seeds((0.9,), tried=settings(1e-1))
    assert chosen_settings(evidence) == {"scratch": {2: settings()}}


def lost_with(tried, rate, best):
    return paired_loss(tried, ("scratch", 2), as_text(settings(rate)), as_text(settings(best)))


def test_what_settings_lose_is_paired_over_subsets():
    tried = seeds((0.9, 0.8)) | seeds((0.5, 0.41), tried=settings(1e-2))
    assert lost_with(tried, 1e-2, 1e-3) == (pytest.approx(0.395), pytest.approx(0.005))


def test_what_settings_lose_is_unknown_with_one_shared_subset():
    assert all(map(math.isnan, lost_with(seeds((0.5,)) | seeds((0.5,), rate=1e-2), 1e-2, 1e-3)))


def test_of_equally_good_settings_the_first_are_chosen_whatever_their_order():
    evidence = {cell(rate=rate): 0.5 for rate in (1e-2, 1e-4, 1e-3)}
    backwards = dict(reversed(evidence.items()))
    assert chosen_settings(evidence) == chosen_settings(backwards)


@pytest.mark.parametrize(("best", "at_edge"), [(1e-4, True), (1e-3, False), (1e-2, True)])
def test_a_chosen_rate_with_none_beyond_it_is_at_the_edge(best, at_edge):
    evidence = {cell(rate=rate): float(rate == best) for rate in (1e-4, 1e-3, 1e-2)}
    evidence[cell(rate=1e-3, n=20)] = 0.5
    found = [(arm, n, rate) for arm, n, rate in rates_at_the_edge(evidence) if n == 2]
    assert found == ([("scratch", 2, best)] if at_edge else [])


def test_rates_of_another_optimiser_do_not_lie_beyond():
    others = [settings(rate, "adamw") for rate in (1e-5, 1.0)]
    evidence = {cell(rate=1e-3): 1.0, cell(rate=1e-2): 0.5}
    evidence |= {cell(tried=tried): 0.1 for tried in others}
    assert rates_at_the_edge(evidence) == [("scratch", 2, 1e-3)]


def test_evidence_is_what_was_written(tmp_path):
    evidence = {cell(): 0.125, cell("finetune", 3e-4, seed=1001): 1.0}
    change_evidence(tmp_path / "evidence.csv", lambda _: evidence)
    assert read_evidence(tmp_path / "evidence.csv") == evidence
    assert read_evidence(tmp_path / "none.csv") == {}


def test_settings_are_the_same_text_whatever_their_order():
    assert as_text({"b": 1, "a": 2}) == as_text({"a": 2, "b": 1}) == '{"a": 2, "b": 1}'


@pytest.mark.parametrize(
    "content", ["backbone,arm\nnet,scratch\n", "net\n1\n", "accuracy,arm\n0.5\n"]
)
def test_a_file_of_something_else_is_one_message(tmp_path, content):
    (tmp_path / "evidence.csv").write_text(content)
    with pytest.raises(UserError, match="not a file of measurements"):
        read_evidence(tmp_path / "evidence.csv")


def test_a_cell_that_is_cut_off_is_one_message(tmp_path):
    file = tmp_path / "evidence.csv"
    change_evidence(file, lambda _: {cell(): 0.5})
    file.write_text(file.read_text().rstrip()[:-15])
    with pytest.raises(UserError, match="not a file of measurements"):
        read_evidence(file)


def test_an_arm_that_was_measured_anew_counts_with_those_measurements_alone(tmp_path, monkeypatch):
    own, shipped = tmp_path / "own.csv", tmp_path / evidence.EVIDENCE_FILE.name
    others = {cell(backbone="other"): 0.25, cell("finetune"): 0.125}
    change_evidence(shipped, lambda _: {cell(rate=1e-3): 0.5} | others)
    change_evidence(own, lambda _: {cell(rate=1e-2): 0.75})
    monkeypatch.setattr(evidence, "SHIPPED_TUNING", tmp_path)
    monkeypatch.setattr(evidence, "read_evidence", partial(_read, own))
    assert evidence.all_evidence() == {cell(rate=1e-2): 0.75} | others


def _read(default, file=None):
    return read_evidence(file or default)


def test_what_others_measure_meanwhile_stays(tmp_path):
    file = tmp_path / "evidence.csv"
    cells = [cell(rate=10.0**-i) for i in range(8)]

    def measured(one):
        change_evidence(file, lambda known: known | {one: 0.5})

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(measured, cells))
    assert read_evidence(file).keys() == {*cells}
