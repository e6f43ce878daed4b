import dataclasses
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import CHECKOUT, failed, old_name, record

from benchmark.errors import UserError
from benchmark.records import store
from benchmark.records.record import FORMAT, Training

words = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.from_regex(r"[a-z0-9][a-z0-9_.-]{0,12}", fullmatch=True)
shares = st.floats(0, 1)
numbers = st.integers(0, 2**40)
plain = st.recursive(
    st.none() | st.booleans() | numbers | shares | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
records = st.builds(
    record,
    n=st.integers(1, 9999),
    seed=st.integers(0, 99),
    correct=st.text("01", min_size=1, max_size=9),
    task=names,
    backbone=names,
    recipe=st.dictionaries(words, plain, max_size=4),
    training=st.builds(
        Training,
        numbers,
        st.lists(shares, max_size=5).map(tuple),
        st.none() | st.booleans(),
        shares,
    ),
    versions=st.dictionaries(words, words, max_size=3),
    device=words,
    backbone_label=words,
)


@given(records)
@settings(max_examples=50, deadline=None)
def test_what_is_saved_is_what_is_loaded(made):
    with tempfile.TemporaryDirectory() as folder:
        assert store.load_file(store.save(Path(folder), made)) == made


def test_a_failed_trial_is_stored_as_well(tmp_path):
    store.save(tmp_path, failed())
    assert list(store.load(tmp_path)) == [failed()]


def test_a_record_lies_where_its_trial_and_its_fingerprint_say(tmp_path):
    path = store.save(tmp_path, record("probe", 20, 3, fingerprint="0123456789abcdef" * 4))
    assert path == tmp_path / "toy" / "net" / "probe" / "n0020-s3-0123456789ab.json"


def test_saving_leaves_no_temporary_file(tmp_path):
    path = store.save(tmp_path, record())
    assert list(path.parent.iterdir()) == [path]


def test_records_of_one_trial_that_were_made_otherwise_lie_side_by_side(tmp_path):
    made = [record(fingerprint=letter * 64) for letter in "abc"]
    assert len({store.save(tmp_path, one) for one in made}) == 3
    assert list(store.load(tmp_path)) == made


def test_the_same_trial_and_settings_have_one_file(tmp_path):
    path = store.save(tmp_path, record())
    store.save(tmp_path, record())
    assert list(path.parent.iterdir()) == [path]


def test_an_unreadable_record_is_kept_when_its_trial_is_run_again(tmp_path):
    path = place(tmp_path, record())
    path.parent.mkdir(parents=True)
    path.write_text("{half")
    store.save(tmp_path, record())
    assert store.load_file(path) == record()
    assert path.with_name(f"{path.name}.1").read_text() == "{half"


# What earlier versions stored


def as_before(root, made, folder=""):
    """Stores a record where earlier versions did: under its trial's name, or set aside."""
    path = store.save(root, made)
    old = path.parent / folder / path.name if folder else old_name(path)
    old.parent.mkdir(exist_ok=True)
    return path.rename(old)


@pytest.mark.parametrize(("folder", "name"), [("", "n0001-s0.json"), ("superseded", "n0001-s0-")])
def test_records_of_earlier_versions_are_read_where_they_lie(tmp_path, folder, name):
    path = as_before(tmp_path, record(), folder)
    assert path.name.startswith(name)
    assert told_of(tmp_path) == ([record()], [])
    assert at(tmp_path, record()) == [record()]


def test_an_old_name_may_hold_other_settings(tmp_path):
    new, old = record(fingerprint="b" * 64), record(fingerprint="a" * 64)
    as_before(tmp_path, new)
    as_before(tmp_path, old, "superseded")
    assert at(tmp_path, old) == [new, old]
    assert at(tmp_path, new) == [new]


def test_a_record_that_lies_in_several_places_counts_once_and_that_in_its_own_first(tmp_path):
    for seconds, folder in ((1.0, "superseded"), (2.0, "")):
        training = dataclasses.replace(record().training, seconds=seconds)
        as_before(tmp_path, record(training=training), folder)
    store.save(tmp_path, record())
    assert list(store.load(tmp_path)) == [record()]
    assert at(tmp_path, record())[0] == record()


def test_what_earlier_versions_moved_out_of_the_way_is_left_in_peace(tmp_path):
    aside = store.save(tmp_path, record()).parent / "superseded"
    (aside / "n0001-s0-folder.json").mkdir(parents=True)
    (aside / "n0001-s0-folder.json" / "n0001-s7.json").write_text("{}")
    (aside / "n0001-s0-unreadable.json").write_text("{half")
    (aside / f"n0001-s0-{'a' * 12}-2.json").write_text("{half")
    assert told_of(tmp_path) == ([record()], [])


# What is no record


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"{}", b'{"trial": 7}'])
def test_garbage_is_refused_with_the_name_of_its_file(tmp_path, content):
    path = store.save(tmp_path, record())
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"n0001-s0-\w+\.json: not a record") as caught:
        list(store.load(tmp_path))
    assert "delete the file" in str(caught.value)


def test_a_record_cut_off_anywhere_is_refused(tmp_path):
    path = store.save(tmp_path, record())
    whole = path.read_bytes()
    for length in range(0, len(whole) - 2, 37):
        path.write_bytes(whole[:length])
        with pytest.raises(UserError, match="not a record"):
            store.load_file(path)


def test_a_wrong_value_is_named(tmp_path):
    path = store.save(tmp_path, record())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"accuracy": "high"}))
    with pytest.raises(UserError, match="not a record: accuracy"):
        store.load_file(path)


def test_a_missing_record_is_an_error_for_people(tmp_path):
    with pytest.raises(UserError, match=r"none\.json: cannot read"):
        store.load_file(tmp_path / "none.json")


def test_a_newer_format_is_refused(tmp_path):
    path = store.save(tmp_path, record(format=FORMAT + 1))
    with pytest.raises(UserError, match="newer version"):
        store.load_file(path)


@pytest.mark.parametrize(
    ("format", "unknown"),
    [
        (1, ("pretrained", "protocol", "pretrained_on")),
        (2, ("protocol", "pretrained_on")),
        (3, ("pretrained_on",)),
    ],
)
@pytest.mark.parametrize("arm", ["scratch", "finetune"])
def test_records_of_earlier_formats_are_those_of_the_first_protocol(tmp_path, arm, format, unknown):
    path = store.save(tmp_path, record(arm, protocol=1))
    content = {k: v for k, v in json.loads(path.read_text()).items() if k not in unknown}
    path.write_text(json.dumps(content | {"format": format}))
    assert store.load_file(path) == record(arm, protocol=1)


def test_what_an_older_record_was_pretrained_on_is_read_from_its_backbones_name(tmp_path):
    path = store.save(tmp_path, record(backbone="resnet18.a1_in1k"))
    content = json.loads(path.read_text()) | {"format": 3}
    del content["pretrained_on"]
    path.write_text(json.dumps(content))
    assert store.load_file(path).pretrained_on == "ImageNet-1k"


@pytest.mark.parametrize("trial", [None, [], {}, {"backbone": 3}])
def test_an_older_record_without_a_trial_is_no_record(tmp_path, trial):
    path = store.save(tmp_path, record())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 3, "trial": trial}))
    with pytest.raises(UserError, match="not a record: trial"):
        store.load_file(path)


def test_files_come_in_the_order_of_their_names_not_of_their_making(tmp_path):
    for n, seed in ((20, 1), (1, 0), (20, 0), (5, 0)):
        store.save(tmp_path, record(n=n, seed=seed))
    found = [path.name for path in store.record_files(tmp_path)]
    expected = ["n0001-s0", "n0005-s0", "n0020-s0", "n0020-s1"]
    assert [name.rpartition("-")[0] for name in found] == expected


def test_a_folder_without_records_has_none(tmp_path):
    assert list(store.load(tmp_path / "nowhere")) == []


def place(root, one):
    """Where a record belongs."""
    return store.path_of(root, one.trial, one.fingerprint)


def at(root, one):
    """What is stored in the places of a record, all of it in order."""
    return list(store.load_trial(root, one.trial, one.fingerprint, pytest.fail))


def told_of(folder):
    """What is loaded, and what is said of the files that are left out."""
    faults = []
    loaded = list(store.load(folder, faults.append))
    return loaded, [str(fault) for fault in faults]


@pytest.mark.parametrize(
    "another",
    [
        *(record(seed=1), record(n=2), record("probe"), record(task="other")),
        *(record(backbone="other"), record(fingerprint="a" * 64)),
    ],
)
def test_a_record_in_the_place_of_another_is_named_and_the_rest_goes_on(tmp_path, another):
    path = store.save(tmp_path, record())
    other = place(tmp_path, another)
    other.parent.mkdir(parents=True, exist_ok=True)
    other.write_bytes(path.read_bytes())
    loaded, (said,) = told_of(tmp_path)
    assert loaded == [record()]
    assert said.startswith(f"{other}: this is the record of another trial, or made with something")
    faults = []
    assert list(store.load_trial(tmp_path, another.trial, another.fingerprint, faults.append)) == []
    assert [str(fault) for fault in faults] == [said]


def test_a_record_outside_the_folder_of_its_arm_is_named(tmp_path):
    store.save(tmp_path, record())
    (loaded, (said,)) = told_of(tmp_path / "toy")
    assert loaded == []
    assert re.search(r"toy/net/scratch/n0001-s0-\w{12}\.json would be its place", said)


BAD_NAMES = ["../../x", "..", "", "a/b", "/etc", "a\\b", "C:x", "a\nb", "a\0", "<b>", "$x$", "=1+1"]
BAD_NAMES += ["superseded", "x" * 200, ".hidden", "`id`", "a ", "\u202eb"]


@pytest.mark.parametrize("name", BAD_NAMES)
@pytest.mark.parametrize("what", ["task", "backbone", "arm"])
def test_a_name_from_a_stranger_never_leads_out_of_the_folder(tmp_path, what, name):
    path = store.save(tmp_path, record())
    content = json.loads(path.read_text())
    content["trial"][what] = name
    path.write_text(json.dumps(content))
    loaded, (said,) = told_of(tmp_path)
    assert (loaded, "is no name for a folder" in said) == ([], True)
    bad = dataclasses.replace(record().trial, **{what: name})
    with pytest.raises(UserError, match="no name for a folder"):
        store.save(tmp_path, record(trial=bad))


@pytest.mark.parametrize("said", ["", "../../x", "A" * 64, "a" * 63, "a" * 65, "a" * 64 + "\n"])
def test_a_fingerprint_from_a_stranger_is_no_part_of_a_name(tmp_path, said):
    path = store.save(tmp_path, record())
    path.write_text(json.dumps(json.loads(path.read_text()) | {"fingerprint": said}))
    loaded, (why,) = told_of(tmp_path)
    assert (loaded, "no SHA-256" in why) == ([], True)
    with pytest.raises(UserError, match="no SHA-256"):
        store.save(tmp_path, record(fingerprint=said))


@pytest.mark.parametrize("name", ["timm--resnet18.a1_in1k", "my net (v2)", "Модель", "_", "a+b=c"])
def test_a_usual_name_is_taken(tmp_path, name):
    assert store.load_file(store.save(tmp_path, record(backbone=name))).trial.backbone == name


@pytest.mark.parametrize(
    ("field", "value", "expected"),
    [
        ("accuracy", 0.75, "accuracy: 0.75 is not"),
        ("accuracy", None, "accuracy: None is not"),
        ("correct", "110", "correct: 3 of 4"),
        ("correct", "11xy", "other characters"),
        ("predictions", [0], "predictions: 1 of 4"),
        ("reason", "it failed", "reason: given"),
        ("status", "failed", "reason: missing"),
        ("recipe", {"steps": "many"}, r"recipe\.steps"),
        ("recipe", {"learning_rate": [1]}, r"recipe\.learning_rate"),
        ("trial.images_per_class", 0, "N is at least 1"),
        ("trial.seed", -1, "a seed at least 0"),
        ("data.test_images", 0, "of 0 test images"),
        ("data.classes", -2, "at least 1"),
        ("data.test_in_train", [4], "not indices"),
        ("training.seconds", -1.0, "at least 0"),
        ("training.losses", [-1.0], "at least 0"),
    ],
)
def test_a_record_that_contradicts_itself_is_not_believed(tmp_path, field, value, expected):
    path = store.save(tmp_path, record())
    content = json.loads(path.read_text())
    *inside, name = field.split(".")
    part = content[inside[0]] if inside else content
    part[name] = value
    path.write_text(json.dumps(content))
    with pytest.raises(UserError, match=f"not a record: .*{expected}"):
        list(store.load(tmp_path))


def test_what_is_no_file_is_named_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "n0001-s0.json")
    (tmp_path / "n0002-s0.json").mkdir()
    (tmp_path / "n0003-s0.json").symlink_to(tmp_path / "n0003-s0.json")
    loaded, said = told_of(tmp_path)
    assert (loaded, len(said)) == ([], 3)
    assert all("n000" in one and "record" in one for one in said)


def test_a_file_far_too_large_is_not_read(tmp_path):
    with (tmp_path / "n0001-s0.json").open("wb") as file:
        file.truncate(2**30)
    assert "larger than" in told_of(tmp_path)[1][0]


def test_a_nest_of_brackets_is_refused(tmp_path):
    path = store.save(tmp_path, record())
    deep = "[" * 900 + "]" * 900
    path.write_text(path.read_text().replace('"learning_rate":0.001', f'"learning_rate":{deep}'))
    assert "not a record" in told_of(tmp_path)[1][0]


def test_a_folder_in_the_place_of_a_record_is_moved_aside_with_all_that_it_holds(tmp_path):
    path = place(tmp_path, record())
    (path / "mine").mkdir(parents=True)
    assert store.load_file(store.save(tmp_path, record())) == record()
    assert (path.with_name(f"{path.name}.1") / "mine").is_dir()
    assert told_of(tmp_path) == ([record()], [])


def test_a_link_in_the_place_of_a_record_is_moved_aside_and_not_followed(tmp_path):
    path = place(tmp_path, record())
    path.parent.mkdir(parents=True)
    path.symlink_to(tmp_path / "nowhere")
    store.save(tmp_path, record())
    assert path.with_name(f"{path.name}.1").is_symlink()
    assert list(store.load(tmp_path)) == [record()]


def test_nothing_that_is_moved_aside_replaces_another(tmp_path):
    for content in ("{one", "{two", "{three"):
        path = store.save(tmp_path, record())
        path.write_text(content)
        store.save(tmp_path, record())
    kept = {file.read_text() for file in path.parent.iterdir() if file != path}
    assert kept == {"{one", "{two", "{three"}


def test_the_record_of_another_trial_is_kept_even_with_the_same_settings(tmp_path):
    path = place(tmp_path, record(seed=1))
    store.save(tmp_path, record()).rename(path)
    store.save(tmp_path, record(seed=1))
    assert store.load_file(path) == record(seed=1)
    assert store.load_file(path.with_name(f"{path.name}.1")) == record()


def test_what_a_killed_writer_left_is_cleared_before_the_next_run(tmp_path):
    folder = store.save(tmp_path, record()).parent
    left = folder / f".n0001-s0.json.{dead_process()}.tmp"
    left.write_text("{half")
    store.prepare(tmp_path, [record().trial])
    assert not left.exists()


def dead_process():
    with subprocess.Popen(["true"]) as process:
        return process.pid


def test_folders_are_made_and_tried_before_anything_is_trained(tmp_path):
    store.prepare(tmp_path, [record("probe").trial])
    assert (tmp_path / "toy" / "net" / "probe").is_dir()
    (tmp_path / "other").write_text("in the way")
    with pytest.raises(UserError, match=r"other.*: cannot write here") as caught:
        store.prepare(tmp_path, [record(task="other").trial])
    assert "RECORDS" in caught.value.mend


def test_a_full_disk_keeps_what_was_stored(tmp_path, monkeypatch):
    path = store.save(tmp_path, record())

    def full(descriptor):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UserError, match="No space left on device") as caught:
        store.save(tmp_path, record(accuracy=1.0))
    assert "free disk space" in str(caught.value)
    assert store.load_file(path) == record()
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot store the record"):
        store.save(tmp_path / "file" / "records", record())


WRITER = """
import sys, pathlib, itertools
from toy import CHECKOUT, record
from benchmark.records import store
for i in itertools.count():
    store.save(pathlib.Path(sys.argv[1]), record(correct="10" * 50_000, accuracy=float(i)))
"""


@pytest.mark.slow
def test_a_writer_killed_at_any_moment_leaves_a_whole_record_or_none(tmp_path):
    environment = os.environ | {"PYTHONPATH": f"{CHECKOUT / 'tests/support'}{os.pathsep}{CHECKOUT}"}
    path = place(tmp_path, record())
    for delay in (0.0, 0.013, 0.031):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, env=environment) as writer:
            while not path.exists() and writer.poll() is None:
                time.sleep(0.001)
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        assert store.load_file(path).correct == "10" * 50_000
        path.unlink()
