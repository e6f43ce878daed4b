from dataclasses import replace

import pytest
from toy import failed, record

from benchmark.harness import plan
from benchmark.harness.early_ends import Past
from benchmark.harness.plan import Selection
from benchmark.records import store
from benchmark.records.record import Training

CLASSES, VIEWS = 3, 1000
RECIPE = {"views": VIEWS, "batch_size": 10}


@pytest.fixture(scope="module")
def job(task, backbone):
    (one,) = plan.prepare(Selection((task,), (backbone,), ("scratch",), (4,), 1)).jobs
    return replace(one, recipe=replace(one.recipe, views=VIEWS))


def ended(steps, n=4, **changed):
    """A record of a training of so many steps of ten, of a budget of 100."""
    given = {"recipe": RECIPE, "training": Training(steps, (1.0,), True, 1.0)}
    return record(**{"n": n, **given, **changed})


def share(job, folder, *records):
    for one in records:
        store.save(folder, one)
    return Past.read([folder]).share(job, CLASSES)


def test_without_a_past_the_whole_budget_is_used(job, tmp_path):
    assert share(job, tmp_path) == 1
    assert Past.read([tmp_path / "nowhere"]).share(job, CLASSES) == 1


def test_trainings_of_the_same_cell_tell_the_share(job, tmp_path):
    assert share(job, tmp_path, ended(40, seed=0), ended(60, seed=1)) == pytest.approx(0.5)


def test_a_training_that_used_its_budget_foretells_that_a_larger_one_is_used(job, tmp_path):
    larger = replace(job, recipe=replace(job.recipe, views=4 * VIEWS))
    assert share(larger, tmp_path, ended(100)) == 1


def test_an_early_end_comes_after_as_many_views_whatever_the_budget(job, tmp_path):
    larger = replace(job, recipe=replace(job.recipe, views=4 * VIEWS))
    assert share(larger, tmp_path, ended(40)) == pytest.approx(0.1)
    smaller = replace(job, recipe=replace(job.recipe, views=300))
    assert share(smaller, tmp_path) == 1


def test_the_nearest_trainings_count(job, tmp_path):
    alike = ended(10, task="other", n=6)
    assert share(job, tmp_path, alike) == pytest.approx(0.1)
    same_n = ended(20, backbone="other")
    assert share(job, tmp_path, same_n) == pytest.approx(0.2)
    assert share(job, tmp_path, ended(30)) == pytest.approx(0.3)


def test_without_a_floor_the_whole_budget_is_used(job, tmp_path):
    assert share(job.varied("full-budget"), tmp_path, ended(40)) == 1


@pytest.mark.parametrize(
    "other",
    [
        ended(10, protocol=1),
        ended(10, arm="finetune"),
        ended(10, task="other", n=9),
        ended(10, task="other", n=1),
        failed(n=4, recipe=RECIPE, training=Training(0, (), None, 1.0)),
    ],
)
def test_other_protocols_arms_and_sizes_say_nothing(job, tmp_path, other):
    assert share(job, tmp_path, other) == 1


def test_records_that_cannot_be_read_say_nothing(job, tmp_path):
    file = store.save(tmp_path, ended(10))
    file.write_text("{")
    assert share(job, tmp_path) == 1


def test_a_probe_has_no_budget_to_use(task, backbone, tmp_path):
    (probe,) = plan.prepare(Selection((task,), (backbone,), ("probe",), (4,), 1)).jobs
    assert share(probe, tmp_path, ended(10, arm="probe")) == 1
