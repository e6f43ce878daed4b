from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from made_contribution import BACKBONE, ONE, edit, put, sound

from benchmark.checks.contribution import soundness
from benchmark.harness import judged
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


AUDITED = ONE.with_name("n0002-s0.json")
COURSE = [1.0, 0.8, 0.7, 0.6]


@pytest.fixture
def any_course(monkeypatch):
    """Losses need not be those of the recipe's schedule: what two records share is asked here."""
    monkeypatch.setattr(soundness, "replay_faults", lambda recipe, training: ())


def trained(records, folder, losses, steps):
    edit(records / folder / AUDITED, "training.losses", losses)
    edit(records / folder / AUDITED, "training.steps", steps)


def whole_budget(records):
    recipe = json.loads((records / AUDITED).read_text())["recipe"]
    return -(-recipe["views"] // recipe["batch_size"])


@pytest.mark.usefixtures("any_course")
def test_an_audit_that_went_on_from_the_trunk_shares_its_losses_and_is_sound(check, records):
    trained(records, ".", [*COURSE, 0.3, 0.1], whole_budget(records))
    trained(records, "../audits/steps-x2", [*COURSE, 0.55, 0.5, 0.2], 2 * whole_budget(records))
    assert check() == {}


@pytest.mark.usefixtures("any_course")
def test_a_result_that_was_pasted_under_twice_the_views_is_refused(check, records):
    trained(records, ".", COURSE, whole_budget(records))
    trained(records, "../audits/steps-x2", COURSE, whole_budget(records))
    pasted = Path("../audits/steps-x2") / AUDITED
    assert check() == {pasted: "training.losses: those of the audited record\n"}


@pytest.mark.usefixtures("any_course")
def test_after_an_early_end_twice_the_views_have_the_same_losses(check, records):
    for folder in (".", "../audits/steps-x2"):
        trained(records, folder, COURSE, whole_budget(records) - 1)
    assert check() == {}


@pytest.mark.usefixtures("any_course")
def test_an_early_end_that_was_pasted_where_none_may_be_is_refused(check, records, task):
    audited = judged.folder(records, "full-budget")
    put(audited, sound(task, "scratch", 2, 0, "full-budget"))
    put(audited, sound(task, "finetune", 2, 0, "full-budget"))
    for folder in (".", "../audits/full-budget"):
        trained(records, folder, COURSE, whole_budget(records) - 1)
    pasted = Path("../audits/full-budget") / AUDITED
    assert check() == {pasted: "training.losses: those of the audited record\n"}
