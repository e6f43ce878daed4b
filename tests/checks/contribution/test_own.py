"""A recipe has to be the suite's own, however well its record is written."""

import dataclasses
import shutil
from itertools import product

import numpy as np
import pytest
from made_contribution import BACKBONE, ONE, course, edit, put, sound

from benchmark.checks.contribution import check as contribution
from benchmark.checks.contribution import former, own
from benchmark.defaults import RECORDED
from benchmark.harness import judged
from benchmark.records import store, tuned
from benchmark.records.fingerprint import Ingredients, fingerprint
from benchmark.records.record import Trial
from benchmark.records.tuned import Tuned, tuned_backbones
from benchmark.tasks.load import load_task
from benchmark.training import backbones


def retold(record, **settings):
    """With other settings, and all that follows from them told anew."""
    recipe = record.recipe | settings
    network, facts = backbones.find(BACKBONE), record.data
    made_of = Ingredients(facts.image_size, facts.hash, record.weights_hash, network.design)
    print_of = fingerprint(recipe, made_of, record.protocol)
    told = {"recipe": recipe, "fingerprint": print_of}
    if record.training.losses:
        random = np.random.default_rng([record.trial.seed, *print_of.encode()])
        told["training"] = course(recipe, record.protocol, random)
    return dataclasses.replace(record, **told)


def retell(folder, arm, **settings):
    for file in store.record_files(folder):
        record = store.load_file(file)
        if record.trial.arm == arm:
            file.unlink()
            put(folder, retold(record, **settings))


@pytest.mark.parametrize("settings", [{"learning_rate": 1e-9}, {"batch_size": 1}, {"floor": 5.0}])
def test_a_sabotaged_scratch_is_refused_though_all_its_records_agree(check, records, settings):
    retell(records, "scratch", **settings)
    retell(judged.folder(records, "steps-x2"), "scratch", **settings)
    found = check()
    assert len(found) == 5
    (name, value), *_ = settings.items()
    assert all(
        "the suite's own" in what and f"{name} is {value}, not" in what for what in found.values()
    )


def test_a_budget_is_compared_too(check, records):
    retell(records, "scratch", views=1)
    assert "views is 1, not 384" in check()[ONE.parent.parent / "scratch" / ONE.name]


def test_a_rate_that_another_backbone_was_tuned_to_is_refused(check, records, task):
    own_rate = sound(task, "scratch", 1).recipe["learning_rate"]
    retell(records, "scratch", learning_rate=0.037)
    found = check()[ONE.parent.parent / "scratch" / ONE.name]
    assert f"learning_rate is 0.037, not {own_rate}" in found


def test_rates_that_no_measurement_chooses_are_refused(records, task, monkeypatch):
    sabotaged = {BACKBONE: Tuned({"scratch": {2: {"learning_rate": 1e-9}}}, 4808)}
    for user in (own, tuned):
        monkeypatch.setattr(user, "tuned_backbones", lambda: sabotaged)
    for folder in (records, judged.folder(records, "steps-x2")):
        shutil.rmtree(folder)
        for arm, n, seed in product(("scratch", "finetune"), (1, 2), (0, 1)):
            store.save(folder, sound(task, arm, n, seed, None if folder == records else "steps-x2"))
    (problem,) = contribution.check(records, task.folder).problems
    assert "1e-09}}}, the measurements choose {" in problem.what


def test_an_audit_is_the_alternative_of_its_folder(check, records, task):
    folder = judged.folder(records, "rate-div3")
    again = sound(task, "finetune", 2, 0, "rate-x3")
    put(folder, again)
    (what,) = check().values()
    rate = again.recipe["learning_rate"]
    assert f"not the suite's own with rate-div3: learning_rate is {rate}" in what


def test_a_probe_cannot_be_audited(check, records, task):
    put(judged.folder(records, "rate-x3"), sound(task, "probe", 2, 0))
    assert "probe has none that rate-x3 could vary" in "".join(check().values())


@pytest.mark.parametrize("alternative", ["rate-x3", "rate-div3"])
def test_results_pasted_into_an_audit_are_refused(check, records, task, alternative):
    audited = sound(task, "finetune", 2, 0)
    again = sound(task, "finetune", 2, 0, alternative)
    training = dataclasses.replace(audited.training, seconds=3.25)
    pasted = {"predictions": audited.predictions, "correct": audited.correct}
    pasted |= {"accuracy": audited.accuracy, "training": training}
    put(judged.folder(records, alternative), dataclasses.replace(again, **pasted))
    (what,) = check().values()
    assert what == "training.losses: those of the audited record\n"


@pytest.mark.parametrize(("n", "seed"), [(1, 1), (2, 0)])
@pytest.mark.parametrize("told", [False, True])
def test_a_record_at_the_place_of_another_trial_is_refused(check, records, n, seed, told):
    """``told``: its trial is changed, too; then its subset is another's."""
    target = ONE.with_name(f"n000{n}-s{seed}.json")
    (records / target).write_bytes((records / ONE).read_bytes())
    if told:
        edit(records / target, "trial.seed", seed)
        edit(records / target, "trial.images_per_class", n)
    expected = (
        "subset_hash: not that of the task's labels"
        if told
        else "its trial or fingerprint is another's"
    )
    assert expected in check()[target]


def test_records_of_an_earlier_protocol_stay_sound_and_beside_those_of_today(check, records, task):
    for arm in ("scratch", "finetune"):
        store.save(records, sound(task, arm, 4, protocol=1))
    assert check() == {}


def test_a_recipe_of_today_is_none_of_an_earlier_protocol(check, records, task):
    today = sound(task, "scratch", 4)
    store.save(records, dataclasses.replace(today, protocol=1))
    assert "not the suite's own: " in "".join(check().values())


def test_what_protocol_1_used_is_what_its_records_hold():
    tasks, seen = {}, set()
    for file in store.record_files(RECORDED):
        task, backbone, arm = file.relative_to(RECORDED).parts[:3]
        if (task, backbone, arm) in seen:
            continue
        seen.add((task, backbone, arm))
        record = store.load_file(file)
        if record.protocol == 1:
            loaded = tasks.setdefault(task, load_task(task))
            expected = former.RULES[1](Trial(task, backbone, arm, 1, 0), loaded)
            assert expected.settings == record.recipe


def test_rates_that_ship_with_the_suite_are_those_that_its_measurements_choose():
    assert list(own.tuning_problems(set(tuned_backbones()))) == []
