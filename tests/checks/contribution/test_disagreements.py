from __future__ import annotations

import json
import shutil
from pathlib import Path

from made_contribution import BACKBONE, ONE, edit

from benchmark.records.fingerprint import PROTOCOL


def test_a_missing_partner_of_scratch_is_named(check, records):
    missing = f"toy/{BACKBONE}/scratch/n0001-s0.json"
    (records / missing).unlink()
    found = check()
    assert set(found) == {ONE, ONE.parent.parent / "probe" / ONE.name}
    expected = f"toy/{BACKBONE}/scratch has no N=1, seed 0 at 16 px under protocol {PROTOCOL}"
    assert found[ONE] == f"no partner to compare with: {expected}\n"


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
    (what,) = (found := check()).values()
    assert list(found) == [audited]
    assert what.startswith(f"nothing that it could audit: {again.parent.as_posix()} has no N=2, ")


def test_an_audit_under_the_wrong_name_is_noticed(check, records):
    (records.parent / "audits" / "steps-x2").rename(records.parent / "audits" / "rate-x3")
    found = check()
    assert len(found) == 2
    assert all("recipe: not the audited one with rate-x3" in what for what in found.values())
