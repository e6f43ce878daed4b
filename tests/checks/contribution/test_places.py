from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from made_contribution import ONE, sound

from benchmark.records import store


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b"\xff", b"NaN", b"[" * 9999, b'{"trial":1e999}', b"{}"]
)
def test_garbage_is_no_record(check, records, content):
    (records / ONE).write_bytes(content)
    assert "not a record" in check()[ONE]


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


def test_records_that_were_set_aside_are_no_contribution(check, records):
    (records / ONE.parent / "superseded").mkdir()
    assert "a stray folder" in check()[ONE.parent / "superseded"]


def test_what_was_moved_out_of_a_records_way_is_no_contribution(check, records, task):
    store.save(records, sound(task)).write_text("{")
    kept = store.save(records, sound(task))
    (records / ONE).unlink()
    kept = kept.relative_to(records)
    assert check() == {
        kept.with_name(f"{kept.name}.1"): "a stray file that is no record: leave it out\n"
    }


def test_a_record_may_lie_in_its_own_place_or_that_of_earlier_versions(check, records, task):
    (records / ONE).unlink()
    store.save(records, sound(task))
    assert check() == {}


def test_a_record_in_both_places_is_one_too_many(check, records, task):
    made = sound(task)
    training = dataclasses.replace(made.training, seconds=9.0)
    path = store.save(records, dataclasses.replace(made, training=training))
    place = path.relative_to(records)
    assert check() == {ONE: f"the same trial as {place.as_posix()}: leave one out\n"}


def test_a_record_in_the_place_of_another_fingerprint_is_refused(check, records, task):
    path = store.save(records, sound(task))
    (records / ONE).unlink()
    other = path.with_name("n0001-s0-0123456789ab.json")
    path.rename(other)
    (what,) = check().values()
    assert what.endswith(f"that one's place is {path.relative_to(records).as_posix()}\n")


def test_a_link_is_named_and_not_followed(check, records):
    (records / "round").symlink_to(records)
    assert check() == {Path("round"): "a link where only records belong\n"}


def test_an_audit_of_an_unknown_kind_is_named(check, records):
    (records.parent / "audits" / "steps-x3").mkdir()
    assert "the audits are steps-x2, " in check()[Path("../audits/steps-x3")]
