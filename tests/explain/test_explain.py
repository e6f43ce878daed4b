import dataclasses

import pytest
import torch

from benchmark.errors import UserError
from benchmark.explain import explain, kept, watched
from benchmark.explain.listener import Listener
from benchmark.explain.variant import Variant
from benchmark.harness.plan import Selection
from benchmark.records.explained import findings
from benchmark.records.explained.finding import EFFECT, QUESTIONS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def selection(task, backbone):
    return Selection((task,), (backbone,), (), (2,), 1)


class Heard(Listener):
    def __init__(self):
        self.trainings, self.answers, self.faults = [], [], []

    def trained(self, variant, course):
        self.trainings.append(variant.name)

    def answered(self, finding):
        self.answers.append(finding)

    def failed(self, where, fault):
        self.faults.append((where, fault))


def never(fault):
    raise AssertionError(fault)


def run(root, selection):
    heard = Heard()
    explain.run(root, explain.missing(root, explain.prepare(selection), never), 1, heard)
    return heard


@pytest.fixture(scope="module")
def whole(tmp_path_factory, selection):
    root = tmp_path_factory.mktemp("findings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "BENCHMARK_CACHE", str(tmp_path_factory.mktemp("kept"))
        )  # nothing is there yet
        yield root, run(root, selection)


def test_every_question_is_answered_from_trainings_that_they_share(whole):
    _, heard = whole
    assert [one.question for one in heard.answers] == list(QUESTIONS)
    assert all(one.answer is not None for one in heard.answers)
    assert len(heard.trainings) == len(set(heard.trainings)) == 11


def test_what_is_stored_is_not_measured_again(whole, selection):
    root, heard = whole
    assert findings.load(root, never) == sorted(heard.answers, key=lambda f: (f.cell, f.question))
    again = run(root, selection)
    assert not again.trainings
    assert not again.answers


def test_a_lost_answer_is_given_again_from_the_cache_alone(whole, selection, monkeypatch):
    root, heard = whole
    findings.path_of(root, *_place(heard.answers[0])).unlink()
    monkeypatch.setattr(kept, "train", None)
    again = run(root, selection)
    assert not again.faults
    assert _measured(again.answers[0]) == _measured(heard.answers[0])


def _place(finding):
    return finding.cell, finding.question, finding.fingerprint


def _measured(finding):
    return finding.answer, finding.recipes, finding.fingerprint


def test_no_machine_s_folder_is_in_what_is_stored(whole, backbone):
    root, _ = whole
    folder = backbone.removeprefix("local-dir:")
    assert all(folder not in path.read_text() for path in root.rglob("*.json"))


def test_looking_on_changes_nothing(selection, monkeypatch):
    finetune, random = effect(selection)
    assert all(one.views for one in (finetune, random))
    seen = [watched.train(one).course for one in (finetune, random)]
    assert seen[0].accuracy == pytest.approx(_plain(finetune.job))
    monkeypatch.setattr(Variant, "views", ())
    unseen = [watched.train(one).course for one in (finetune, random)]
    assert [one.looks[-1] for one in unseen] == [one.looks[-1] for one in seen]


def test_the_random_start_differs_from_fine_tuning_in_nothing_but_its_weights(selection):
    finetune, random = (watched.train(one) for one in effect(selection))
    assert random.course.looks[-1].views == finetune.course.looks[-1].views
    assert {name: one.shape for name, one in random.start.items()} == {
        name: one.shape for name, one in finetune.start.items()
    }
    kernels = [name for name, one in finetune.start.items() if one.ndim == 4]
    assert not any(torch.equal(random.start[name], finetune.start[name]) for name in kernels)


def effect(selection):
    """The trainings that this question compares."""
    planned = explain.prepare(selection)
    return next(one for one in planned.asked if one.key == EFFECT).variants


def _plain(job):
    from benchmark.harness import job as jobs

    return jobs.run(dataclasses.replace(job, trunk=None)).accuracy


def test_a_training_that_diverges_leaves_a_reason_and_the_others_go_on(
    whole, tmp_path, selection, monkeypatch
):
    def diverging(variant):
        if variant.name == "matched_init":
            return watched.Watched(watched.Course(None, (), False, None, 1.0, "no number"), {}, {})
        return from_cache(variant)

    from_cache = kept.watched
    monkeypatch.setattr(kept, "watched", diverging)
    heard = run(tmp_path, selection)
    reasons = {one.question: one.reason for one in heard.answers if one.reason}
    assert reasons == {"scale": "the training matched_init diverged: no number"}
    assert len(heard.answers) == len(QUESTIONS)


def test_n_above_the_data_is_one_sentence(selection):
    with pytest.raises(UserError, match="N=99 is left out: class 'left' has 8 training images"):
        explain.prepare(dataclasses.replace(selection, images_per_class=(99,)))
    some = explain.prepare(dataclasses.replace(selection, images_per_class=(2, 99)))
    assert any("N=99 is left out" in note for note in some.notes)


def test_a_question_without_one_of_its_arms_is_left_out_with_a_sentence(selection, monkeypatch):
    from benchmark import arms

    lacking = dataclasses.replace(arms.arm("matched_init"), refusal=lambda net: "of its kind")
    monkeypatch.setitem(arms.all_arms(), "matched_init", lacking)
    planned = explain.prepare(selection)
    assert [one.key for one in planned.asked] == [q for q in QUESTIONS if q != "scale"]
    assert "toy, net: scale is not asked without the arm matched_init" in planned.notes


def test_damaged_files_in_the_cache_are_trained_again(tmp_path, selection, fresh_cache):
    planned = explain.prepare(selection)
    variant = planned.asked[1].variants[0]
    first = kept.watched(variant)
    kept._file(variant).write_bytes(b"nothing")
    assert kept.watched(variant).course.looks == first.course.looks
