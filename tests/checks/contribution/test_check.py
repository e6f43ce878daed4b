from __future__ import annotations

import dataclasses
import json
import os
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import toy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from benchmark import arms
from benchmark.checks.contribution import check as contribution
from benchmark.cli import main as cli
from benchmark.defaults import BUNDLED, RECORDED
from benchmark.errors import UserError
from benchmark.harness import judged
from benchmark.records import store
from benchmark.records.fingerprint import PROTOCOL, Ingredients, fingerprint
from benchmark.records.recipe import as_stored
from benchmark.records.record import DataFacts, Record, Training, Trial
from benchmark.tasks import data, subsets
from benchmark.training import backbones

BACKBONE = BUNDLED
OTHER_HASH = "0" * 64
ONE = Path("toy", BACKBONE, "finetune", "n0001-s0.json")


def sound(task, arm="finetune", n=1, seed=0, alternative=None, protocol=PROTOCOL) -> Record:
    """A record as a trial would have written it, with guessed predictions."""
    dataset = data.load(task, toy.SIZE)
    labels, classes = dataset.test.labels, len(toy.CLASSES)
    random = np.random.default_rng([n, seed, len(arm), len(alternative or "")])
    predictions = random.integers(0, classes, len(labels))
    used = arms.arm(arm).recipe_at(n, classes)
    recipe = as_stored(used.varied(alternative) if alternative else used)
    weights = backbones.find(BACKBONE).weights_hash if arms.arm(arm).pretrained else None
    design, same = backbones.find(BACKBONE).design, dataset.test_in_train
    made_of = Ingredients(toy.SIZE, dataset.hash, weights, design)
    training = Training(5, (1.0, 0.5), True, 2.0) if arm != "probe" else Training(0, (), None, 2.0)
    return toy.record(
        arm,
        n,
        seed,
        "".join("01"[int(right)] for right in predictions == labels),
        backbone=BACKBONE,
        predictions=tuple(predictions.tolist()),
        recipe=recipe,
        data=DataFacts("toy", dataset.hash, toy.SIZE, classes, 24, len(labels), same),
        weights_hash=weights,
        subset_hash=subsets.subset_hash(subsets.subset(dataset.train.labels, n, seed)),
        backbone_label=backbones.find(BACKBONE).label,
        fingerprint=fingerprint(recipe, made_of, protocol),
        protocol=protocol,
        training=dataclasses.replace(training, seconds=float(random.random())),
    )


@pytest.fixture(scope="module")
def whole(task, tmp_path_factory):
    """Records of two N, two seeds and three arms, with one audit of each trained arm."""
    root = tmp_path_factory.mktemp("whole")
    for n in (1, 2):
        for seed in (0, 1):
            for arm in ("scratch", "finetune", "probe"):
                store.save(root / "records", sound(task, arm, n, seed))
    for arm in ("scratch", "finetune"):
        audited = judged.folder(root / "records", "steps-x2")
        store.save(audited, sound(task, arm, 2, 0, "steps-x2"))
    return root / "records"


@pytest.fixture
def records(whole, tmp_path):
    """A copy of them, to be spoilt."""
    shutil.copytree(whole.parent, tmp_path / "results")
    return tmp_path / "results" / "records"


@pytest.fixture
def check(task, records):
    """What is wrong with the records: file -> what, several joined."""

    def checked():
        found: dict[Path, str] = {}
        for problem in contribution.check(records, task.folder).problems:
            file = Path(os.path.relpath(problem.file, records))
            found[file] = f"{found.get(file, '')}{problem.what}\n"
        return found

    return checked


def edit(file: Path, key: str, value) -> None:
    """Sets the value under ``key``, dotted; written as the suite writes."""
    content = json.loads(file.read_text(encoding="utf-8"))
    *path, last = key.split(".")
    inner = content
    for step in path:
        inner = inner[step]
    inner[last] = value
    write(file, content)


def write(file: Path, content) -> None:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    file.write_text(f"{text}\n", encoding="utf-8")


def test_sound_records_and_audits_have_no_problems(whole, task):
    report = contribution.check(whole, task.folder)
    assert report.problems == report.notes == ()
    assert str(report) == "14 records of 1 tasks are sound; all was checked"


def test_the_committed_records_are_sound():
    assert contribution.check(RECORDED).problems == ()


def test_editing_with_the_same_value_changes_nothing(check, records):
    edit(records / ONE, "trial.seed", 0)
    assert check() == {}


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("format", 0, "format 0 is unknown"),
        ("format", 4, "newer version"),
        ("protocol", 1, "fingerprint: not that of its recipe"),
        ("protocol", 1, "no partner to compare with"),
        ("protocol", 3, "protocol 3 is unknown"),
        ("trial.seed", 1, "its trial is another"),
        ("trial.task", "../toy", "its trial is another"),
        ("trial.task", "./toy", "its trial is another"),
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
        ("recipe.weight_decay", 0.5, "recipe: not the same as in"),
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
        ("data.image_size", 32, "data.image_size: not the same as in"),
        ("data.train_images", 2, "fewer than N of each class"),
        ("data.classes", 0, "data.classes: 0 is below 1"),
        ("data.test_in_train", [3, 1], "not increasing indices"),
        ("backbone_label", "Mine", "backbone_label: not 'test_resnet, distilled"),
        ("finished", "2026-01-01T00:00:00", "no UTC time"),
        ("finished", "yesterday", "no UTC time"),
    ],
)
def test_a_wrong_value_is_named(check, records, key, value, expected):
    edit(records / ONE, key, value)
    found = check()
    assert list(found) == [ONE]
    assert expected in found[ONE]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b"\xff", b"NaN", b"[" * 9999, b'{"trial":1e999}', b"{}"]
)
def test_garbage_is_no_record(check, records, content):
    (records / ONE).write_bytes(content)
    assert "not a record" in check()[ONE]


def test_spacing_and_order_of_a_record_do_not_matter(check, records):
    content = json.loads((records / ONE).read_text())
    (records / ONE).write_text(json.dumps(content, indent=2, sort_keys=True))
    assert check() == {}


@pytest.mark.parametrize(
    ("format", "unknown"), [(1, ("pretrained", "protocol")), (2, ("protocol",))]
)
def test_records_of_earlier_formats_are_sound_under_the_protocol_of_then(
    check, records, task, format, unknown
):
    for arm in ("scratch", "finetune", "probe"):
        file = store.save(records, sound(task, arm, protocol=1))
        shutil.rmtree(file.parent / "superseded")
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
    store.save(records, made)
    assert check() == {}


@pytest.mark.parametrize(
    "place",
    [
        "README.md",
        "toy/notes.txt",
        "n0001-s0.json",
        ONE.with_name(".n0001-s0.json.123.tmp"),
        ONE.with_name(".DS_Store"),
    ],
)
def test_a_stray_file_is_named(check, records, place):
    (records / place).write_text("")
    assert check() == {Path(place): "a stray file that is no record: leave it out\n"}


@pytest.mark.parametrize("place", ["n0001-s0.json", ONE.with_name("n0009-s9.json")])
def test_a_folder_named_like_a_record_is_named(check, records, place):
    (records / place).mkdir()
    assert "a stray folder" in check()[Path(place)]


def test_records_that_were_set_aside_are_no_contribution(check, records, task):
    store.save(records, dataclasses.replace(sound(task), fingerprint="old"))
    store.save(records, sound(task))
    assert "a stray folder" in check()[ONE.parent / "superseded"]


def test_a_link_is_named_and_not_followed(check, records):
    (records / "round").symlink_to(records)
    assert check() == {Path("round"): "a link where only records belong\n"}


def test_an_audit_of_an_unknown_kind_is_named(check, records):
    (records.parent / "audits" / "steps-x3").mkdir()
    assert "the audits are steps-x2, " in check()[Path("../audits/steps-x3")]


def test_a_missing_partner_of_scratch_is_named(check, records):
    missing = f"toy/{BACKBONE}/scratch/n0001-s0.json"
    (records / missing).unlink()
    found = check()
    assert set(found) == {ONE, ONE.parent.parent / "probe" / ONE.name}
    assert found[ONE] == f"no partner to compare with: {missing} is missing\n"


def test_a_record_under_two_seeds_is_a_copy(check, records):
    copy = ONE.with_name("n0001-s1.json")
    shutil.copy(records / ONE, records / copy)
    edit(records / copy, "trial.seed", 1)
    other = sorted((records / ONE.parent.parent / "probe").iterdir())[1]
    edit(records / copy, "subset_hash", json.loads(other.read_text())["subset_hash"])
    assert check() == {copy: f"the same outcome, to the second, as {ONE.as_posix()}\n"}


def test_an_audit_needs_the_record_that_it_audits(check, records):
    again = ONE.with_name("n0002-s0.json")
    (records / again).unlink()
    audited = Path("../audits/steps-x2") / again
    assert check() == {audited: f"the audited record {again.as_posix()} is missing\n"}


def test_an_audit_under_the_wrong_name_is_noticed(check, records):
    (records.parent / "audits" / "steps-x2").rename(records.parent / "audits" / "rate-x3")
    found = check()
    assert len(found) == 2
    assert all("recipe: not the audited one with rate-x3" in what for what in found.values())


def test_n_beyond_the_data_is_a_problem(check, records, task):
    large = dataclasses.replace(
        sound(task, "scratch"), trial=Trial("toy", BACKBONE, "scratch", 9, 0)
    )
    file = store.save(records, large).relative_to(records)
    assert "class 0 has 8 images, fewer than N=9" in check()[file]


def test_an_unknown_task_is_a_problem_once(records, tmp_path):
    report = contribution.check(records, tmp_path)
    assert [problem.what for problem in report.problems] == ["unknown task 'toy'"]


def test_an_unknown_arm_is_a_problem(check, records, task):
    made = sound(task)
    moved = dataclasses.replace(made, trial=dataclasses.replace(made.trial, arm="finetun"))
    file = store.save(records, moved).relative_to(records)
    assert "unknown arm 'finetun'; did you mean 'finetune'?" in check()[file]


def test_what_cannot_be_checked_here_is_said(tmp_path):
    remote = {"load_dataset": {"path": "organisation/name", "revision": "0123abc"}}
    task = toy.write_task(tmp_path / "tasks", data=remote)
    store.save(tmp_path / "records", lone(backbone="local-net"))
    report = contribution.check(tmp_path / "records", task.folder)
    assert report.problems == ()
    assert "1 tasks checked without their data: toy (they would have to be down" in str(report)
    assert "1 backbones checked without their networks: local-net (neither bund" in str(report)
    assert str(report).endswith("1 records of 1 tasks are sound; but see the notes")


def lone(**changed) -> Record:
    """A record of a task and a backbone that are nowhere else."""
    hashes = {"fingerprint": OTHER_HASH, "subset_hash": OTHER_HASH, "recipe": {"steps": 5}}
    facts = dataclasses.replace(toy.FACTS, hash=OTHER_HASH, test_images=4)
    return toy.record(data=facts, **hashes, **changed)


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


@settings(max_examples=50, deadline=None)
@given(st.data())
def test_no_content_of_a_file_breaks_the_check(edited, data):
    key = data.draw(st.sampled_from(list(leaves(edited.content))))
    value = data.draw(TREES)
    change = data.draw(
        st.sampled_from([lambda file: edit(file, key, value), lambda file: write(file, value)])
    )
    str(edited(change)).encode()
