import errno
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy import CHECKOUT, failed, record

from benchmark.errors import UserError
from benchmark.records import store
from benchmark.records.record import FORMAT, DataFacts, Record, Training, Trial

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
    Record,
    trial=st.builds(Trial, names, names, names, st.integers(1, 9999), st.integers(0, 99)),
    accuracy=st.none() | shares,
    predictions=st.lists(st.integers(0, 999), max_size=9).map(tuple),
    recipe=st.dictionaries(words, plain, max_size=4),
    data=st.builds(
        DataFacts, words, words, *[numbers] * 4, test_in_train=st.lists(numbers).map(tuple)
    ),
    reason=st.none() | words,
    training=st.builds(
        Training,
        numbers,
        st.lists(shares, max_size=5).map(tuple),
        st.none() | st.booleans(),
        shares,
    ),
    versions=st.dictionaries(words, words, max_size=3),
    format=st.just(FORMAT),
)


@given(records)
@settings(max_examples=50, deadline=None)
def test_what_is_saved_is_what_is_loaded(made):
    with tempfile.TemporaryDirectory() as folder:
        assert store.load_file(store.save(Path(folder), made)) == made


def test_a_failed_trial_is_stored_as_well(tmp_path):
    store.save(tmp_path, failed())
    assert list(store.load(tmp_path)) == [failed()]


def test_a_record_lies_where_its_trial_says(tmp_path):
    path = store.save(tmp_path, record("probe", 20, 3))
    assert path == tmp_path / "toy" / "net" / "probe" / "n0020-s3.json"
    assert store.path_of(tmp_path, record("probe", 20, 3).trial) == path


def test_saving_leaves_no_temporary_file(tmp_path):
    path = store.save(tmp_path, record())
    assert list(path.parent.iterdir()) == [path]


def test_other_settings_set_the_old_record_aside(tmp_path):
    old, new = record(fingerprint="a" * 64), record(fingerprint="b" * 64)
    path = store.save(tmp_path, old)
    store.save(tmp_path, new)
    assert store.load_file(path) == new
    assert store.load_file(path.parent / "superseded" / f"n0001-s0-{'a' * 12}.json") == old


def test_every_older_record_is_kept(tmp_path):
    for letter in "abc":
        path = store.save(tmp_path, record(fingerprint=letter * 64))
    assert len(list((path.parent / "superseded").iterdir())) == 2


def test_the_same_settings_set_nothing_aside(tmp_path):
    path = store.save(tmp_path, record())
    store.save(tmp_path, record())
    assert not (path.parent / "superseded").exists()


def test_an_unreadable_record_is_kept_when_its_trial_is_run_again(tmp_path):
    path = store.path_of(tmp_path, record().trial)
    path.parent.mkdir(parents=True)
    path.write_text("{half")
    store.save(tmp_path, record())
    assert store.load_file(path) == record()
    assert (path.parent / "superseded" / "n0001-s0-unreadable.json").read_text() == "{half"


def test_superseded_records_are_not_loaded(tmp_path):
    store.save(tmp_path, record(fingerprint="a"))
    store.save(tmp_path, record(fingerprint="b"))
    assert [one.fingerprint for one in store.load(tmp_path)] == ["b"]


def test_a_record_with_other_settings_does_not_count_as_stored(tmp_path):
    store.save(tmp_path, record(fingerprint="a"))
    assert store.is_stored(tmp_path, record().trial, "a")
    assert not store.is_stored(tmp_path, record().trial, "b")
    assert not store.is_stored(tmp_path, record(n=2).trial, "a")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7", b"\xff\xfe", b"{}", b'{"trial": 7}'])
def test_garbage_is_refused_with_the_name_of_its_file(tmp_path, content):
    path = store.save(tmp_path, record())
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"n0001-s0\.json: not a record") as caught:
        list(store.load(tmp_path))
    assert "delete the file" in str(caught.value)
    assert not store.is_stored(tmp_path, record().trial, record().fingerprint)


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
    ("format", "unknown"), [(1, ("pretrained", "protocol")), (2, ("protocol",))]
)
@pytest.mark.parametrize("arm", ["scratch", "finetune"])
def test_records_of_earlier_formats_are_those_of_the_first_protocol(tmp_path, arm, format, unknown):
    path = store.save(tmp_path, record(arm, protocol=1))
    content = {k: v for k, v in json.loads(path.read_text()).items() if k not in unknown}
    path.write_text(json.dumps(content | {"format": format}))
    assert store.load_file(path) == record(arm, protocol=1)


def test_files_come_in_the_order_of_their_names_not_of_their_making(tmp_path):
    for n, seed in ((20, 1), (1, 0), (20, 0), (5, 0)):
        store.save(tmp_path, record(n=n, seed=seed))
    found = [path.name for path in store.record_files(tmp_path)]
    assert found == ["n0001-s0.json", "n0005-s0.json", "n0020-s0.json", "n0020-s1.json"]


def test_a_folder_without_records_has_none(tmp_path):
    assert list(store.load(tmp_path / "nowhere")) == []


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


def test_a_writer_killed_at_any_moment_leaves_a_whole_record_or_none(tmp_path):
    environment = os.environ | {"PYTHONPATH": f"{CHECKOUT / 'tests/support'}{os.pathsep}{CHECKOUT}"}
    path = store.path_of(tmp_path, record().trial)
    for delay in (0.0, 0.013, 0.031):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, env=environment) as writer:
            while not path.exists() and writer.poll() is None:
                time.sleep(0.001)
            time.sleep(delay)
            writer.send_signal(signal.SIGKILL)
        assert store.load_file(path).correct == "10" * 50_000
        path.unlink()
