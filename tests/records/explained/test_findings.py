import dataclasses
import json

import pytest
from made_findings import finding

from benchmark.errors import UserError
from benchmark.records.explained import findings
from benchmark.records.explained.finding import QUESTIONS


def never(fault):
    raise AssertionError(fault)


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_stored_is_read_again(tmp_path, question):
    made = finding(question)
    path = findings.save(tmp_path, made)
    assert path.name == f"n0002-s0-{made.fingerprint[:12]}.json"
    assert findings.load(tmp_path, never) == [made]
    assert findings.current(tmp_path, made.cell, question, made.fingerprint, never) == made


def test_another_fingerprint_has_another_place(tmp_path):
    made = finding()
    findings.save(tmp_path, made)
    assert findings.current(tmp_path, made.cell, made.question, "0" * 64, never) is None


def spoilt(path, **changed):
    path.write_text(json.dumps(json.loads(path.read_text()) | changed))


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"format": 99}, "format 99"),
        ({"question": "reuse"}, "another question"),
        ({"answer": None}, "a reason why there is none"),
        ({"fingerprint": "f" * 64}, "another's place"),
        ({"seconds": "long"}, "not in the form"),
        ({"cell": {"task": "..", "backbone": "net", "images_per_class": 2, "seed": 0}}, "names"),
        ({"fingerprint": "short"}, "n0002-s0-"),
    ],
)
def test_what_does_not_hold_together_is_left_out_with_a_sentence(tmp_path, changed, why):
    spoilt(findings.save(tmp_path, finding()), **changed)
    told = []
    assert findings.load(tmp_path, told.append) == []
    assert why in str(told[0])


def test_a_damaged_file_costs_only_itself(tmp_path):
    findings.save(tmp_path, finding()).write_bytes(b"{")
    other = finding(seed=1)
    findings.save(tmp_path, other)
    told = []
    assert findings.load(tmp_path, told.append) == [other]
    assert len(told) == 1


def test_names_lead_nowhere_else(tmp_path):
    cell = dataclasses.replace(finding().cell, task="../outside")
    with pytest.raises(UserError):
        findings.path_of(tmp_path, cell, "scale", finding().fingerprint)


def test_seeds_that_were_made_otherwise_are_not_mixed_in(tmp_path):
    older = finding(recipes={"scratch": {"views": 8}}, finished="2025-01-01T00:00:00+00:00")
    newer = finding(seed=1)
    for one in (older, newer):
        findings.save(tmp_path, one)
    assert findings.load(tmp_path, never) == [newer]


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "toy").write_text("in the way")
    with pytest.raises(UserError, match="cannot store"):
        findings.save(tmp_path, finding())
