"""What is consistent but made up is found by training again."""

import dataclasses
import re
import shutil
from collections import deque
from functools import partial

import pytest
import toy
from made_contribution import BACKBONE

from benchmark.checks.contribution import check as contribution
from benchmark.checks.contribution import retrain
from benchmark.checks.contribution.filed import Place, filed
from benchmark.checks.contribution.retrain import Draw
from benchmark.cli import main as cli
from benchmark.harness import judged, plan, sweep
from benchmark.harness.plan import Selection
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL
from benchmark.tasks import data

pytestmark = pytest.mark.slow


def train(task, records, backbone=BACKBONE):
    jobs = plan.prepare(Selection((task,), (backbone,), ("scratch", "finetune"), (1, 4), 1)).jobs
    deque(sweep.run(records, jobs, workers=1), maxlen=0)
    again = [job.varied("rate-x3") for job in jobs if job.trial.images_per_class == 4]
    deque(sweep.run(judged.folder(records, "rate-x3"), again, workers=1), maxlen=0)


@pytest.fixture(scope="module")
def real(task, tmp_path_factory):
    """Records that were really trained: two arms, two N, and an audit of each arm."""
    records = tmp_path_factory.mktemp("real") / "records"
    train(task, records)
    return records


@pytest.fixture
def trained(real, tmp_path):
    shutil.copytree(real.parent, tmp_path / "results")
    return tmp_path / "results" / "records"


@pytest.fixture
def check(task, trained):
    return partial(contribution.check, trained, task.folder)


def forged(folder, task):
    """Other predictions in every record, and all that follows from them."""
    labels = data.load(task, toy.SIZE).test.labels.tolist()
    for file in store.record_files(folder):
        record = store.load_file(file)
        predicted = tuple((p + 1) % 3 for p in record.predictions)
        correct = "".join("01"[p == label] for p, label in zip(predicted, labels, strict=True))
        accuracy = correct.count("1") / len(correct)
        told = {"predictions": predicted, "correct": correct, "accuracy": accuracy}
        store.save(folder, dataclasses.replace(record, **told))


def test_without_re_training_nobody_says_that_predictions_are_real(check):
    report = check()
    assert not report.failed
    assert str(report) == (
        "6 records of 1 tasks are consistent; 0 of 6 re-trained: "
        "made-up predictions are found by RETRAIN=k alone"
    )


def test_real_records_and_audits_are_reproduced_to_the_bit_where_they_were_made(check):
    report = check(draw=Draw(9))
    assert len(report.retrained) == 6
    assert all(one.found.differing == 0 for one in report.retrained)
    assert not report.failed
    assert re.search(r"n0004-s0-\w+\.json: re-trained: all 15 predictions are the", str(report))
    assert str(report).endswith("6 of 6 re-trained, all agree")


def test_made_up_predictions_are_consistent_but_do_not_survive_it(check, trained, task):
    forged(trained, task)
    assert not check().failed
    report = check(draw=Draw(6))
    assert report.failed
    assert "of 15 predictions differ" in str(report)
    assert str(report).endswith("6 of 6 re-trained, 4 do not agree")


def test_the_command_fails_if_one_record_does_not_agree(trained, task, capsys, monkeypatch):
    forged(judged.folder(trained, "rate-x3"), task)
    monkeypatch.setattr(contribution, "check", partial(contribution.check, tasks=task.folder))
    command = ["check-contribution", "--records", str(trained), "--retrain", "6", "--jobs", "1"]
    with pytest.raises(SystemExit) as ended:
        cli.main(command)
    assert ended.value.code == 1
    assert capsys.readouterr().out.endswith("6 of 6 re-trained, 2 do not agree\n")


def test_nothing_is_trained_while_there_are_problems(check, trained, monkeypatch):
    monkeypatch.delattr(retrain, "_trained")
    (trained / "notes.txt").write_text("")
    report = check(draw=Draw(1))
    assert (len(report.problems), report.retrained) == (1, ())


def test_records_that_cannot_be_re_trained_here_do_not_pass_for_re_trained(
    task, backbone, tmp_path
):
    records = tmp_path / "results" / "records"
    train(task, records, backbone)
    report = contribution.check(records, task.folder, draw=Draw(1))
    assert report.failed
    assert "no record can be re-trained here" in str(report)
    named = contribution.check(records, task.folder, (backbone,), Draw(2))
    assert str(named).endswith("are consistent; 2 of 6 re-trained, all agree")


def test_records_of_an_earlier_protocol_are_not_trained_by_another(check, monkeypatch):
    monkeypatch.setattr(retrain, "PROTOCOL", PROTOCOL + 1)
    assert "no record can be re-trained here" in str(check(draw=Draw(1)))


def order(records, word=""):
    everything = [
        filed(file, Place(records), store.load_file(file)) for file in store.record_files(records)
    ]
    return [one.file.relative_to(records) for one in retrain.in_drawn_order(everything, word)]


def test_the_draw_is_the_same_for_the_same_records_wherever_they_lie(real, trained):
    assert order(real) == order(trained)


def test_any_byte_of_any_record_and_the_word_change_the_draw(whole, records):
    drawn = order(records)
    assert {tuple(order(records, word)) for word in "abcdefgh"} - {tuple(drawn)}
    file = next(store.record_files(records))
    file.write_bytes(file.read_bytes() + b"\n")
    assert order(records) != drawn
    assert sorted(order(records)) == sorted(drawn)
