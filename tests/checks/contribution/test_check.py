from __future__ import annotations

import dataclasses
import json
import os
from functools import partial

import numpy as np
import pytest
import toy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from made_contribution import BACKBONE, ONE, OTHER_HASH, course, edit, put, sound, write

from benchmark import arms
from benchmark.checks.contribution import check as contribution
from benchmark.cli import main as cli
from benchmark.errors import UserError
from benchmark.harness import judged
from benchmark.harness.plan import recipe_for
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import as_stored
from benchmark.records.record import FORMAT, Record, Training, Trial
from benchmark.training import backbones


def test_sound_records_and_audits_have_no_problems(whole, task):
    report = contribution.check(whole, task.folder)
    assert report.problems == report.notes == ()
    assert str(report) == (
        "14 records of 1 tasks are consistent; 0 of 14 re-trained: "
        "made-up predictions are found by RETRAIN=k alone"
    )


def test_records_of_two_image_sizes_and_their_audits_are_sound_side_by_side(check, records, task):
    for arm in ("scratch", "finetune", "probe"):
        store.save(records, sound(task, arm, 2, 0, image_size=32))
    audits = judged.folder(records, "steps-x2")
    for arm in ("scratch", "finetune"):
        store.save(audits, sound(task, arm, 2, 0, "steps-x2", image_size=32))
    assert check() == {}


def test_editing_with_the_same_value_changes_nothing(check, records):
    edit(records / ONE, "trial.seed", 0)
    assert check() == {}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("format", 0, "format 0 is unknown"),
        ("format", FORMAT + 1, "newer version"),
        ("protocol", 1, "fingerprint: not that of its recipe"),
        ("protocol", 1, "no partner to compare with"),
        ("protocol", 3, "protocol 3 is unknown"),
        ("trial.seed", 1, "its trial or fingerprint is another's"),
        ("trial.task", "../toy", "no name for a folder"),
        ("trial.task", "./toy", "no name for a folder"),
        ("trial.images_per_class", 10**30, "not a record: trial.images_per_class"),
        ("trial.seed", 0.0, "not as the suite writes it"),
        ("trial.images_per_class", "1", "not as the suite writes it"),
        ("note", "unknown key", "not as the suite writes it"),
        ("accuracy", 0.999, "0.999 is not the mean of correct"),
        ("accuracy", None, "None is not the mean of correct"),
        ("accuracy", "high", "not a record: accuracy"),
        ("reason", "none", "given although the trial did not fail"),
        ("status", "failed", "missing although the trial failed"),
        ("status", "failed", "there are predictions"),
        ("status", "fine", "not a record: status"),
        ("predictions", [0] * 14, "14 of 15 test images"),
        ("predictions", [3] * 15, "not all are classes from 0 to 2"),
        ("predictions", [-1] * 15, "not all are classes from 0 to 2"),
        ("predictions", [2**60] * 15, "not all are classes from 0 to 2"),
        ("predictions", [0] * 15, "not where predictions equal the test labels"),
        ("correct", "1" * 14 + "x", "other characters than 0 and 1"),
        ("training.losses", [1.0, -0.5], "not all are finite and at least 0"),
        ("training.losses", [1.0, None], "not a record: training.losses"),
        ("training.losses", [], "no losses"),
        ("training.steps", 0, "0 is not between 1 and"),
        ("training.steps", 10**6, "1000000 is not between 1 and"),
        ("training.seconds", 0.0, "0 although the trial did not fail"),
        ("training.seconds", -1.0, "-1.0 is not a duration"),
        ("recipe.floor", None, "a value is null"),
        ("recipe.views", "many", "not a whole number"),
        ("recipe.batch_size", 0, "not a whole number"),
        ("recipe.weight_decay", 0.5, "fingerprint: not that of its recipe"),
        ("recipe.weight_decay", 0.5, "not the suite's own: weight_decay is 0.5, not 0.05"),
        ("recipe.augmentation.turn", 10, "augmentation.turn is 10, not 10.0"),
        ("recipe.warmth", 1, "warmth is 1, not a setting of it"),
        ("fingerprint", OTHER_HASH, "fingerprint: not that of its recipe"),
        ("fingerprint", OTHER_HASH, "fingerprint: not the same as in"),
        ("fingerprint", "short", "no SHA-256"),
        ("weights_hash", OTHER_HASH, "not that of the backbone's weights"),
        ("weights_hash", OTHER_HASH, "weights_hash: not the same as in"),
        ("weights_hash", None, "missing for finetune"),
        ("subset_hash", OTHER_HASH, "subset_hash: not that of the task's labels"),
        ("subset_hash", OTHER_HASH, "subset_hash: not the same as in"),
        ("data.hash", OTHER_HASH, "data.hash: not that of the task's data"),
        ("data.hash", OTHER_HASH, "data: not the same as in"),
        ("data.image_size", 32, "data or weights behind the same fingerprint: not the same"),
        ("data.image_size", 32, "no partner to compare with"),
        ("data.train_images", 2, "fewer than N of each class"),
        ("data.classes", 0, "data.classes: 0 is below 1"),
        ("data.test_in_train", [3, 1], "not increasing indices"),
        ("backbone_label", "Mine", "backbone_label: not 'test_resnet, distilled"),
        ("pretrained_on", "ImageNet-1k", "pretrained_on: not the same as in"),
        ("pretrained_on", None, "not a record: pretrained_on"),
        ("finished", "2026-01-01T00:00:00", "no UTC time"),
        ("finished", "yesterday", "no UTC time"),
    ],
)
def test_a_wrong_value_is_named(check, records, key, value, expected):
    edit(records / ONE, key, value)
    found = check()
    assert list(found) == [ONE]
    assert expected in found[ONE]


def test_spacing_and_order_of_a_record_do_not_matter(check, records):
    content = json.loads((records / ONE).read_text())
    (records / ONE).write_text(json.dumps(content, indent=2, sort_keys=True))
    assert check() == {}


@pytest.mark.parametrize(
    ("format", "unknown"),
    [
        (1, ("pretrained", "protocol", "pretrained_on")),
        (2, ("protocol", "pretrained_on")),
        (3, ("pretrained_on",)),
    ],
)
def test_records_of_earlier_formats_are_sound_under_the_protocol_of_then(
    check, records, task, format, unknown
):
    for arm in ("scratch", "finetune", "probe"):
        file = put(records, sound(task, arm, protocol=1))
        content = {k: v for k, v in json.loads(file.read_text()).items() if k not in unknown}
        file.write_text(json.dumps(content | {"format": format}))
    assert check() == {}


def test_an_arm_is_pretraining_or_not_whatever_a_record_says(check, records):
    edit(records / ONE, "pretrained", False)
    assert "pretrained: finetune is pretraining" in check()[ONE]


def test_steps_of_a_probe_are_a_problem(check, records):
    probe = ONE.parent.parent / "probe" / ONE.name
    edit(records / probe, "training.steps", 3)
    assert "steps or losses of a recipe that has none" in check()[probe]


def test_weights_of_scratch_are_a_problem(check, records):
    scratch = ONE.parent.parent / "scratch" / ONE.name
    edit(records / scratch, "weights_hash", backbones.find(BACKBONE).weights_hash)
    assert "scratch starts from no weights" in check()[scratch]


def test_a_failed_trial_is_sound(check, records, task):
    nothing = {"accuracy": None, "predictions": (), "correct": "", "status": "failed"}
    made = dataclasses.replace(
        sound(task), **nothing, reason="loss was NaN", training=Training(0, (), None, 0.0)
    )
    put(records, made)
    assert check() == {}


def test_n_beyond_the_data_is_a_problem(check, records, task):
    large = dataclasses.replace(
        sound(task, "scratch"), trial=Trial("toy", BACKBONE, "scratch", 9, 0)
    )
    file = put(records, large).relative_to(records)
    assert "class 0 has 8 images, fewer than N=9" in check()[file]


def test_an_unknown_task_is_a_problem_once(records, tmp_path):
    report = contribution.check(records, tmp_path)
    assert [problem.what for problem in report.problems] == ["unknown task 'toy'"]


def test_an_unknown_arm_is_a_problem(check, records, task):
    made = sound(task)
    moved = dataclasses.replace(made, trial=dataclasses.replace(made.trial, arm="finetun"))
    file = put(records, moved).relative_to(records)
    assert "unknown arm 'finetun'; did you mean 'finetune'?" in check()[file]


def test_what_cannot_be_checked_here_is_said(tmp_path):
    remote = {"load_dataset": {"path": "organisation/name", "revision": "0123abc"}}
    task = toy.write_task(tmp_path / "tasks", data=remote)
    put(tmp_path / "records", lone(task, "local-net"))
    report = contribution.check(tmp_path / "records", task.folder)
    assert report.problems == ()
    assert "1 tasks checked without their data: toy (they would have to be down" in str(report)
    assert "1 backbones checked without their networks: local-net (neither bund" in str(report)
    assert "1 records of 1 tasks are consistent as far as the notes say; 0 of 1" in str(report)


def lone(task, backbone) -> Record:
    """A record of a task and a backbone that are nowhere else."""
    recipe = recipe_for(arms.arm("scratch"), task, backbones.Backbone(backbone), 1, 3, toy.SIZE)
    hashes = {"fingerprint": OTHER_HASH, "subset_hash": OTHER_HASH, "recipe": as_stored(recipe)}
    facts = dataclasses.replace(toy.FACTS, hash=OTHER_HASH, test_images=4)
    training = course(as_stored(recipe), PROTOCOL, np.random.default_rng(0))
    return toy.record(data=facts, backbone=backbone, training=training, **hashes)


def test_a_line_is_a_line_whatever_names_hold(records, task):
    (records / "two\nlines\x1b[2J").write_text("")
    (records / os.fsdecode(b"\xff")).write_text("")
    shown = str(contribution.check(records, task.folder))
    assert len(shown.splitlines()) == 3
    assert "two\\nlines\\x1b[2J: a stray file" in shown
    shown.encode()


def test_the_command_names_all_problems_and_fails(records, capsys, monkeypatch, task):
    for name in ("n0001-s0.json", "n0002-s1.json"):
        (records / ONE.with_name(name)).write_text("{")
    monkeypatch.chdir(records)
    monkeypatch.setattr(contribution, "check", partial(contribution.check, tasks=task.folder))
    with pytest.raises(SystemExit) as ended:
        cli.main(["check-contribution", "--records", str(records)])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 1
    assert [line.partition(":")[0] for line in lines[:2]] == [
        str(ONE),
        str(ONE.with_name("n0002-s1.json")),
    ]
    assert "2 problems in 2 files" in lines[-1]


def test_a_folder_that_is_not_there_is_an_error_for_people(tmp_path):
    with pytest.raises(UserError, match="no such folder"):
        contribution.check(tmp_path / "typo")


# Any edit

VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9)
TREES = st.recursive(
    VALUES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6
)
UNCHECKED = ("training", "versions", "device", "finished", "data.source", "predictions")
"""Where another value may be as good; a test above names what may not."""


def leaves(content, path=()):
    """Dotted keys of all values, whole objects included."""
    for key, value in content.items():
        yield ".".join((*path, key))
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))


@pytest.fixture(scope="module")
def edited(whole, task):
    """Checks with another content of one file, and restores it."""
    file = whole / ONE
    original = file.read_bytes()

    def checked(change):
        try:
            change(file)
            return contribution.check(whole, task.folder)
        finally:
            file.write_bytes(original)

    checked.content = json.loads(original)
    return checked


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_other_value_goes_unnoticed_where_values_are_bound(edited, data):
    keys = [key for key in leaves(edited.content) if not key.startswith(UNCHECKED)]
    key, value = data.draw(st.sampled_from(keys)), data.draw(TREES)
    old = edited.content
    for step in key.split("."):
        old = old[step]
    assume(json.dumps(value) != json.dumps(old))
    report = edited(lambda file: edit(file, key, value))
    assert [problem.file.name for problem in report.problems] != []


@pytest.mark.slow
@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_content_of_a_file_breaks_the_check(edited, data):
    key = data.draw(st.sampled_from(list(leaves(edited.content))))
    value = data.draw(TREES)
    change = data.draw(
        st.sampled_from([lambda file: edit(file, key, value), lambda file: write(file, value)])
    )
    str(edited(change)).encode()
