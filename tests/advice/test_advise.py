import json
from functools import partial

import numpy as np
import pytest
import toy

from benchmark.advice import advise as advising
from benchmark.advice import words
from benchmark.advice.advise import advise, written
from benchmark.errors import UserError
from benchmark.harness import executors, sweep
from benchmark.harness.early_ends import Past
from benchmark.harness.estimate import Expected, Speed
from benchmark.harness.executors import run_here
from benchmark.pages import tables
from benchmark.tasks.proposal.dealing import Dealt
from benchmark.tasks.reading.split_file import LEFT_OUT, TRAIN, Side

RIGHT = {"scratch": 0.4, "finetune": 0.7, "probe": 0.6}


def train(job):
    """Predictions without any training: better with more images."""
    trial = job.trial
    luck = np.random.default_rng([trial.seed, len(trial.arm), trial.images_per_class])
    labels = np.repeat(np.arange(3), 5)
    right = luck.random(15) < RIGHT[trial.arm] + 0.05 * np.log2(trial.images_per_class)
    said = np.where(right, labels, (labels + 1) % 3)
    made = toy.made_by(job, "".join("01"[int(one)] for one in right))
    return toy.dataclasses.replace(made, predictions=tuple(said.tolist()))


class Quick(dict):
    """Every kind of step takes as long."""

    def __contains__(self, kind):
        return True

    def __getitem__(self, kind):
        return Speed(1e-4, 0.0)


def in_this_process(function, jobs, workers, *, until, **told):
    return run_here(function, jobs, **told)


@pytest.fixture(scope="module", autouse=True)
def _untrained():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sweep, "run", partial(sweep.run, function=train))
        patch.setattr(executors, "run_in_processes", in_this_process)
        patch.setattr(Expected, "measured", lambda *given: Expected(Quick(), Past(())))
        # The page is tested in tests/pages/site, and slow to import.
        patch.setattr(advising.report, "_FOR_THE_PAGE", ("no_such_module",))
        yield


@pytest.fixture(scope="module")
def advised(task, backbone, tmp_path_factory):
    records = tmp_path_factory.mktemp("run") / "records"
    return advise(task, backbone, 5, records=records), records


def test_every_number_of_the_advice_stands_in_the_table(advised):
    advice, board = advised[0].advice, advised[0].board
    point = next(p for p in board.arms[advice.now.arm].points if p.images_per_class == 4)
    shown = tables.accuracy_text(point).split(" †")[0]
    assert shown.replace(" [", "% [", 1) in words.text(advice)
    assert shown in tables.board_text(board)


def test_the_files_are_in_one_folder(advised):
    faults = []
    folder = written(*advised, faults.append)
    assert faults == []
    assert advised[0].looked.names[0].endswith("000.png")
    there = {file.name for file in folder.iterdir()}
    assert {"advice.md", "advice.json", "accuracy.svg", "accuracy.pdf", "accuracy.png"} <= there
    assert "## Now" in (folder / "advice.md").read_text(encoding="utf-8")
    told = json.loads((folder / "advice.json").read_text(encoding="utf-8"))
    assert told["now"]["arm"] == advised[0].advice.now.arm
    assert told["words"]["now"] == words.sections(advised[0].advice)[0][1]


def test_a_file_that_cannot_be_made_is_named_and_all_else_is_there(advised, monkeypatch):
    def broken(board):
        raise RuntimeError("no figure")

    monkeypatch.setattr("benchmark.pages.figures.accuracy_figure", broken)
    folder = advising.report.folder(advised[1], advised[0].board)
    for file in folder.glob("*"):
        file.unlink()
    faults = []
    written(*advised, faults.append)
    assert [fault.where for fault in faults] == [str(folder / "accuracy.svg")]
    assert "accuracy.svg" not in (folder / "advice.md").read_text(encoding="utf-8")


def test_a_second_run_says_the_same(advised, task, backbone):
    again = advise(task, backbone, 5, records=advised[1])
    assert again.advice == advised[0].advice


def test_what_the_split_does_to_the_accuracy_is_among_the_caveats(advised, task, backbone):
    sides = (Side(LEFT_OUT, "a copy"), Side(TRAIN))
    dealt = Dealt(sides, (), {"left": 1}, {"left": 1}, 0.3, ("all of one patient",))
    said = advise(task, backbone, 5, records=advised[1], dealt=dealt).advice.caveats.notes
    assert said[-2:] == ("Not used for anything, 1 images: a copy.", "All of one patient.")


def test_without_time_for_anything_the_answer_is_to_allow_more(task, backbone, tmp_path):
    with pytest.raises(UserError, match="not one training ended within"):
        advise(task, backbone, 0.001, records=tmp_path / "records")


def test_a_larger_size_is_probed_on_the_same_images(advised):
    size = advised[0].advice.size
    assert (size.pixels, size.larger_pixels) == (toy.SIZE, 64)
    assert size.images_per_class == 4
