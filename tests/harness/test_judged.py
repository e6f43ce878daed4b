import re
from dataclasses import replace

import pytest
from toy import curve, failed, record

from benchmark.harness.judged import folder, judged
from benchmark.harness.watch import Watch
from benchmark.records import store

SCRATCH = curve("scratch", {1: 0.4, 10: 0.6})
PROBE = curve("probe", {1: 0.8, 10: 0.9})


class LeftOut(Watch):
    def __init__(self):
        self.said = []

    def left_out(self, fault):
        self.said.append(str(fault))


def boards(records, folder):
    watch = LeftOut()
    return judged(records, folder / "records", watch=watch), watch.said


def seeds(board, arm):
    return [point.seeds for point in board.arms[arm].points]


def test_sound_records_all_count(tmp_path):
    (board,), said = boards([*SCRATCH, *PROBE], tmp_path)
    assert said == []
    assert seeds(board, "scratch") == seeds(board, "probe") == [3, 3]


def test_a_record_under_the_name_of_another_seed_counts_once(tmp_path):
    copies = [replace(PROBE[0], trial=replace(PROBE[0].trial, seed=seed)) for seed in (7, 8)]
    (board,), said = boards([*SCRATCH, *PROBE, *copies], tmp_path)
    assert seeds(board, "probe") == [3, 3]
    assert len(said) == 2
    assert "toy/net/probe, N=1, seed 7: a copy of the record of seed 0" in said[0]


def test_failures_are_no_copies_of_each_other(tmp_path):
    facts = PROBE[0].data
    older = failed(data=facts, fingerprint="a" * 64, finished="2025-01-01T00:00:00+00:00")
    found = [older, *(failed(seed=s, data=facts) for s in (0, 1)), *PROBE]
    (board,), said = boards(found, tmp_path)
    assert said == []
    assert board.arms["scratch"].points[0].failed == 2


@pytest.mark.parametrize("changed", [{"test_images": 3}, {"classes": 4}, {"test_in_train": (1,)}])
def test_a_record_of_the_same_data_with_another_shape_is_left_out(tmp_path, changed):
    odd = record("probe", 10, 9, correct="110" if "test_images" in changed else "1" * 200)
    odd = replace(odd, data=replace(odd.data, **changed))
    (board,), said = boards([*SCRATCH, *PROBE, odd], tmp_path)
    assert seeds(board, "probe") == [3, 3]
    assert "toy/net/probe, N=10, seed 9: other numbers of classes or images" in said[0]


def test_a_bad_audit_is_left_out_and_named(tmp_path):
    place = folder(tmp_path / "records", "steps-x2")
    store.save(place, SCRATCH[0]).write_text("{")
    (board,), said = boards([*SCRATCH, *PROBE], tmp_path)
    assert board.comparisons["probe"].certificate is None
    assert re.search(r"audits/steps-x2/toy/net/scratch/n0001-s0-\w+\.json: not a rec", said[0])
