import dataclasses
from functools import partial

import pytest

from benchmark.errors import UserError
from benchmark.records import evidence
from benchmark.records.evidence import (
    Cell,
    chosen_rates,
    mean_accuracies,
    rates_at_the_edge,
    read_evidence,
    write_evidence,
)


def cell(arm="scratch", rate=1e-3, **changed):
    made = Cell("net", "", arm, "toy", rate, 4, "0a1b", 10, 2, 1000)
    return dataclasses.replace(made, **changed)


def test_the_rate_with_the_best_mean_is_chosen():
    evidence = {
        cell(rate=1e-3, seed=1000): 0.9,
        cell(rate=1e-3, seed=1001): 0.1,
        cell(rate=1e-2, seed=1000): 0.6,
        cell(rate=1e-2, seed=1001): 0.6,
        cell("finetune", 1e-3): 0.8,
        cell("finetune", 1e-2): 0.7,
    }
    assert chosen_rates(evidence) == {"scratch": 1e-2, "finetune": 1e-3}
    assert mean_accuracies(evidence)["scratch", 1e-3] == pytest.approx(0.5)


def test_of_equally_good_rates_the_smallest_is_chosen():
    evidence = {cell(rate=rate): 0.5 for rate in (1e-2, 1e-4, 1e-3)}
    assert chosen_rates(evidence) == {"scratch": 1e-4}


@pytest.mark.parametrize(
    ("best", "at_edge"), [(1e-4, {"scratch": 1e-4}), (1e-3, {}), (1e-2, {"scratch": 1e-2})]
)
def test_a_chosen_rate_with_none_beyond_it_is_at_the_edge(best, at_edge):
    evidence = {cell(rate=rate): float(rate == best) for rate in (1e-4, 1e-3, 1e-2)}
    assert rates_at_the_edge(evidence) == at_edge


def test_evidence_is_what_was_written(tmp_path):
    evidence = {cell(): 0.125, cell("finetune", 3e-4, seed=1001): 1.0}
    write_evidence(evidence, tmp_path / "evidence.csv")
    assert read_evidence(tmp_path / "evidence.csv") == evidence
    assert read_evidence(tmp_path / "none.csv") == {}


@pytest.mark.parametrize(
    "content", ["backbone,arm\nnet,scratch\n", "net\n1\n", "accuracy,arm\n0.5\n"]
)
def test_a_file_of_something_else_is_one_message(tmp_path, content):
    (tmp_path / "evidence.csv").write_text(content)
    with pytest.raises(UserError, match="not a file of measurements"):
        read_evidence(tmp_path / "evidence.csv")


def test_a_cell_that_is_cut_off_is_one_message(tmp_path):
    file = tmp_path / "evidence.csv"
    write_evidence({cell(): 0.5}, file)
    file.write_text(file.read_text().rstrip()[:-15])
    with pytest.raises(UserError, match="not a file of measurements"):
        read_evidence(file)


def test_a_backbone_that_was_measured_anew_counts_with_those_measurements_alone(
    tmp_path, monkeypatch
):
    own, shipped = tmp_path / "own.csv", tmp_path / evidence.EVIDENCE_FILE.name
    write_evidence({cell(rate=1e-3): 0.5, cell(backbone="other"): 0.25}, shipped)
    write_evidence({cell(rate=1e-2): 0.75}, own)
    monkeypatch.setattr(evidence, "SHIPPED_TUNING", tmp_path)
    monkeypatch.setattr(evidence, "read_evidence", partial(_read, own))
    assert evidence.all_evidence() == {cell(rate=1e-2): 0.75, cell(backbone="other"): 0.25}


def _read(default, file=None):
    return read_evidence(file or default)
