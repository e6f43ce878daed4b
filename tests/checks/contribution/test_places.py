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
