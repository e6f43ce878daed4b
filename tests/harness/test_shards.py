import dataclasses
import shutil
from collections import Counter
from itertools import chain

import pytest
import toy

from benchmark.harness import sweep
from benchmark.harness.plan import Selection, prepare
from benchmark.harness.shards import Shard


@pytest.fixture(scope="module")
def jobs(task, backbone):
    arms = ("scratch", "finetune", "probe")
    return prepare(Selection((task,), (backbone,), arms, (1, 2, 4), seeds=4)).jobs


def parts(jobs, count):
    return [Shard(number, count).of(jobs) for number in range(1, count + 1)]


@pytest.mark.parametrize("count", [1, 2, 5, 36, 50])
def test_every_trial_is_in_exactly_one_part(jobs, count):
    dealt = Counter(job.trial for job in chain(*parts(jobs, count)))
    assert dealt == Counter(job.trial for job in jobs)


@pytest.mark.parametrize("count", [2, 3, 5])
def test_parts_differ_in_cost_by_no_more_than_one_trial(jobs, count):
    costs = [sum(sweep.cost(job)[0] for job in part) for part in parts(jobs, count)]
    assert max(costs) - min(costs) <= max(sweep.cost(job)[0] for job in jobs)


def test_trials_without_steps_are_spread_too(jobs):
    probes = [sum(job.trial.arm == "probe" for job in part) for part in parts(jobs, 4)]
    assert max(probes) - min(probes) <= 1


def test_each_backbone_is_spread_evenly_whatever_its_steps_cost(jobs):
    other = [
        dataclasses.replace(job, trial=dataclasses.replace(job.trial, backbone="other"))
        for job in jobs
    ]
    for part in parts([*jobs, *other], 4):
        own = Counter(job.trial.backbone for job in part)
        assert abs(own["net"] - own["other"]) <= 2


def test_parts_do_not_depend_on_the_order_of_a_plan(jobs):
    assert Shard(2, 3).of(jobs) == Shard(2, 3).of(jobs[::-1])


def test_stores_of_parts_merge_by_copying_files_together(jobs, tmp_path):
    for number, part in enumerate(parts(jobs, 3)):
        for _ in sweep.run(tmp_path / str(number), part, 1, function=toy.made_by):
            pass
        shutil.copytree(tmp_path / str(number), tmp_path / "all", dirs_exist_ok=True)
    assert sweep.missing(tmp_path / "all", jobs) == []
    assert len(sweep.stored(tmp_path / "all", jobs)) == len(jobs)
