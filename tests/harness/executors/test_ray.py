"""A real cluster of three nodes on this machine, one for the whole file."""

import importlib
import os
import signal
import time

import pytest
import reliability
from machines import three_nodes

from benchmark.errors import UserError
from benchmark.harness import executors

ray = pytest.importorskip("ray", reason="the extra ray is not installed")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(not reliability.WHOLE, reason="only in make test-faults"),
]


@pytest.fixture(scope="module")
def machines():
    with three_nodes() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def run(machines):
    with executors.named("ray") as run:
        yield run


def doubled(number):
    return 2 * number


def where(seconds):
    time.sleep(seconds)
    return ray.get_runtime_context().get_node_id()


def refuse(number):
    raise UserError(f"{number} is refused", where="here", mend="another one")


def die_of_seven(number):
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def starve_on_seven(number):
    if number == 7:
        raise MemoryError("more than there is")
    return number


def threads(_):
    import torch

    return os.environ["OMP_NUM_THREADS"], torch.get_num_threads()


def test_every_result_arrives_and_few_jobs_are_out_at_any_time(run):
    begun = []
    results = run(doubled, range(200), 1, begin=lambda job: begun.append(job) is None)
    first = next(results)
    assert len(begun) <= 2 * 3 + 1
    assert sorted([first, *results]) == [2 * number for number in range(200)]


def test_several_nodes_work_and_that_is_told(run):
    lines = []
    assert len(set(run(where, [0.5] * 12, 1, told=lines.append))) > 1
    assert lines[0] == "3 nodes with 3 CPUs"


def test_each_process_has_one_thread(run):
    assert list(run(threads, [None], 1)) == [("1", 1)]


def test_the_error_of_a_job_arrives_as_it_was(run):
    with pytest.raises(UserError) as caught:
        list(run(refuse, [7], 1))
    assert (caught.value.what, caught.value.mend) == ("7 is refused", "another one")


class Unknown:
    """Of a package that the machines lack."""

    def __reduce__(self):
        return importlib.import_module, ("not_installed_there",)


def test_a_machine_that_lacks_a_package_is_one_sentence(run):
    with pytest.raises(UserError, match="cannot begin a trial: No module named") as caught:
        list(run(doubled, [Unknown()], 1))
    assert "same lock file" in caught.value.mend


@pytest.mark.parametrize("function", [die_of_seven, starve_on_seven])
def test_a_job_that_cannot_be_run_takes_no_other_with_it(run, function):
    results = run(function, range(20), 1, lost=lambda job, error: -job)
    assert sorted(results) == sorted([*range(7), *range(8, 20), -7])


class Carrying:
    """Needs something large that only this machine has."""

    def __init__(self):
        self.loads = []

    def __reduce__(self):
        return Carrying, ()

    def needs(self, job):
        return {("large", job % 2): lambda: self.loads.append(job % 2) or [job % 2] * 1000}

    def device(self, job):
        return "cpu"

    def away(self, job, brought):
        ((_, thing),) = brought.items()
        return job, thing[0]


def test_what_jobs_need_is_loaded_once_and_travels_to_them(run):
    function = Carrying()
    assert sorted(run(function, range(40), 1)) == [(job, job % 2) for job in range(40)]
    assert sorted(function.loads) == [0, 1]


def test_a_node_that_dies_costs_nothing_but_time(run, machines):
    node = machines.add_node(num_cpus=2)
    lines = []
    results = run(where, [0.3] * 40, 1, lost=lambda job, error: "lost", told=lines.append)
    seen = [next(results) for _ in range(8)]
    machines.remove_node(node, allow_graceful=False)  # SIGKILL
    seen += results
    assert len(seen) == 40
    assert "lost" not in seen
    assert any("is gone" in line or "died" in line for line in lines)


def test_what_still_runs_when_the_time_is_over_is_ended(run):
    until = time.time() + 2
    assert list(run(where, [600] * 4, 1, until=until)) == []
    assert time.time() - until < 30
