import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pytest

from benchmark.errors import UserError
from benchmark.harness.executors import default_workers, run_here, run_in_processes

pytestmark = pytest.mark.slow

# Spawned workers import this module anew, so it stays light: no torch, and so no toy.
CHECKOUT = Path(__file__).resolve().parents[3]


def doubled(number):
    return 2 * number


def refuse(number):
    raise UserError(f"{number} is refused", where="here", mend="another one")


def die(number):
    os._exit(3)


def threads(_):
    return os.environ["OMP_NUM_THREADS"], os.getpid()


def started_with(_):
    """The variables that were there before its first instruction."""
    return Path("/proc/self/environ").read_text("utf-8").split("\0")


def held_back(_):
    return signal.pthread_sigmask(signal.SIG_BLOCK, [])


def variable(name):
    return os.environ.get(name)


def slow(number):
    if number:
        time.sleep(60)
    return os.getpid()


def test_there_is_a_process_for_each_core():
    assert 1 <= default_workers() <= os.cpu_count()


def test_jobs_run_here_in_order():
    assert list(run_here(doubled, [3, 1, 2])) == [6, 2, 4]


def test_jobs_run_here_one_by_one():
    results = run_here(doubled, iter([1, "no number", None]))
    assert next(results) == 2


def test_every_result_arrives_from_processes():
    assert sorted(run_in_processes(doubled, range(20), 2)) == [2 * i for i in range(20)]


def test_processes_have_one_thread_each_and_are_others_than_this():
    for count, process in run_in_processes(threads, range(2), 1):
        assert count == "1"
        assert process != os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc reads it")
def test_processes_start_with_memory_in_large_pages():
    ((found,),) = (
        [v for v in p if "hugetlb=1" in v] for p in run_in_processes(started_with, [0], 1)
    )
    assert found.startswith("GLIBC_TUNABLES=")


def test_ctrl_c_never_reaches_a_process():
    (blocked,) = run_in_processes(held_back, [None], 1)
    assert {signal.SIGINT, signal.SIGTERM, signal.SIGHUP} <= blocked
    assert signal.SIGINT not in held_back(None)


def test_processes_see_the_environment_of_now(monkeypatch):
    assert list(run_in_processes(variable, ["COLOUR"], 1)) == [None]
    monkeypatch.setenv("COLOUR", "green")
    assert list(run_in_processes(variable, ["COLOUR"], 1)) == ["green"]
    monkeypatch.delenv("COLOUR")
    assert list(run_in_processes(variable, ["COLOUR"], 1)) == [None]


WARMED = """
import sys
from benchmark.harness.executors.processes import run_in_processes, warm_up
def is_imported(name):
    return name in sys.modules
if __name__ == "__main__":
    warm_up(*sys.argv[1:])
    print(*run_in_processes(is_imported, ["benchmark.harness.plan"], 1))
"""


@pytest.mark.parametrize(
    ("modules", "imported"), [(["benchmark.harness.plan"], "True"), ([], "False")]
)
def test_processes_start_with_what_was_imported_for_them(tmp_path, modules, imported):
    (tmp_path / "warmed.py").write_text(WARMED)
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    command = [sys.executable, str(tmp_path / "warmed.py"), *modules]
    assert subprocess.check_output(command, env=environment, text=True).strip() == imported


def test_the_error_of_a_job_arrives_as_it_was():
    with pytest.raises(UserError) as caught:
        list(run_in_processes(refuse, [7], 1))
    assert (caught.value.what, caught.value.where) == ("7 is refused", "here")
    assert caught.value.mend == "another one"


def test_a_process_that_dies_twice_is_an_error_for_people():
    with pytest.raises(UserError, match="did so again with nothing beside it") as caught:
        list(run_in_processes(die, [1, 2], 1))
    assert "more memory" in str(caught.value)


def die_of_seven(number):
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def starve_on_seven(number):
    if number == 7:
        raise MemoryError("more than there is")
    return number


@pytest.mark.parametrize("function", [die_of_seven, starve_on_seven])
def test_a_job_that_cannot_be_run_takes_no_other_with_it(function):
    results = run_in_processes(function, range(20), 2, lost=lambda job, error: -job)
    assert sorted(results) == sorted([*range(7), *range(8, 20), -7])


def test_a_process_that_is_killed_while_it_is_started_is_started_again(monkeypatch):
    started = ForkServerProcess._Popen
    kills = iter([True])

    def killed_once(process):
        if next(kills, False):
            raise BrokenPipeError("nobody reads what the new process is to do")
        return started(process)

    monkeypatch.setattr(ForkServerProcess, "_Popen", staticmethod(killed_once))
    assert sorted(run_in_processes(doubled, range(4), 2)) == [0, 2, 4, 6]


def die_first(folder):
    try:
        (folder / "tried").mkdir()
    except FileExistsError:
        return os.getpid()
    return os.kill(os.getpid(), signal.SIGKILL)


def test_a_job_whose_process_is_killed_once_is_run_again_and_somebody_is_told(tmp_path):
    lines = []
    (process,) = run_in_processes(die_first, [tmp_path], 2, told=lines.append)
    assert process != os.getpid()
    assert "a process died" in lines[0]


def test_a_job_that_is_not_to_be_run_is_left_out():
    asked = []

    def is_odd(number):
        asked.append(number)
        return number % 2

    assert sorted(run_in_processes(doubled, range(6), 2, begin=is_odd)) == [2, 6, 10]
    assert asked == list(range(6))


def test_few_jobs_are_out_at_any_time():
    begun = []
    results = run_in_processes(
        doubled, iter(range(1000)), 2, begin=lambda job: not begun.append(job)
    )
    next(results)
    assert len(begun) <= 4
    results.close()


def test_too_little_memory_here_loses_only_its_job():
    lost = run_here(starve_on_seven, [6, 7, 8], lost=lambda job, error: error.what)
    assert list(lost) == [6, "there is too little memory for it, even with nothing beside it", 8]


def is_gone(process):
    try:
        status = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return True
    return status == "Z"


def wait_until_gone(process, seconds=5.0):
    end = time.monotonic() + seconds
    while not is_gone(process) and time.monotonic() < end:
        time.sleep(0.05)
    return is_gone(process)


def test_leaving_early_ends_the_processes_at_once():
    results = run_in_processes(slow, [0, 1, 1], 1)
    worker = next(results)
    results.close()
    assert wait_until_gone(worker)


PARENT = """
from tests.harness.executors import test_processes
from benchmark.harness.executors.processes import run_in_processes
if __name__ == "__main__":
    for result in run_in_processes(test_processes.slow, [0, 1, 1], 1):
        print(result, flush=True)
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_processes_end_when_their_parent_is_killed(tmp_path, how):
    (tmp_path / "parent.py").write_text(PARENT)
    environment = os.environ | {"PYTHONPATH": f"{CHECKOUT / 'tests/support'}{os.pathsep}{CHECKOUT}"}
    command = [sys.executable, str(tmp_path / "parent.py")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert not is_gone(worker)
        parent.send_signal(how)
        parent.wait()
        assert wait_until_gone(worker)


IMPORTING = """
import sys
from benchmark.harness.executors.processes import run_in_processes, warm_up
if __name__ == "__main__":
    if sys.argv[1] == "preloaded":
        warm_up("endless")
        print("started", flush=True)
        sys.stdin.read()
    import light
    list(run_in_processes(light.function, [1, 2], 2))
"""
ENDLESS = """
import os, time
with open("importing", "a") as file:
    file.write(f"{os.getpid()}\\n")
end = time.monotonic() + 60
while time.monotonic() < end:
    sum(range(10_000))  # busy, as the import of torch is
"""
LIGHT = """
def function(number):
    return number
class Heavy:
    def __call__(self, number): return number
    def __reduce__(self): return __import__, ("endless",)
function = Heavy()
"""


def importing(folder):
    file = folder / "importing"
    return [int(line) for line in file.read_text().split()] if file.exists() else []


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks at processes in /proc")
@pytest.mark.parametrize(("where", "processes"), [("preloaded", 1), ("in workers", 2)])
def test_processes_that_still_import_end_when_their_parent_is_killed(tmp_path, where, processes):
    for name, text in (("parent", IMPORTING), ("endless", ENDLESS), ("light", LIGHT)):
        (tmp_path / f"{name}.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}{os.pathsep}{CHECKOUT}"}
    command = [sys.executable, "parent.py", where]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdin=subprocess.PIPE, start_new_session=True
    ) as parent:
        while len(importing(tmp_path)) < processes and parent.poll() is None:
            time.sleep(0.02)
        found = importing(tmp_path)
        assert len(found) == processes
        assert not any(map(is_gone, found))
        parent.kill()
        parent.wait()
        assert all(map(wait_until_gone, found))
        assert all(map(wait_until_gone, in_session(parent.pid)))


def in_session(leader):
    """Processes that are left of a session."""
    left = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] != "Z":
                left.append(int(stat.parent.name))
    return left


def test_what_still_runs_when_the_time_is_over_is_ended():
    started = time.time()
    found = list(run_in_processes(slow, [1, 1], 2, until=started + 2))
    assert found == []
    assert time.time() - started < 30


def hurried(number):
    raise TimeoutError("its own")


def test_a_jobs_own_timeout_is_no_end_of_the_time():
    with pytest.raises(TimeoutError, match="its own"):
        list(run_in_processes(hurried, [1, 1], 2, until=time.time() + 600))
