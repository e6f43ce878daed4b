"""The wheel, as somebody who has no checkout installs and calls it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest
import toy
from toy import CHECKOUT

from benchmark.records import store

pytestmark = pytest.mark.slow

SOURCES = ("benchmark", "tasks", "pyproject.toml", "setup.py", "README.md", "LICENSE")
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
OFFLINE = ("--no-index", "--no-deps")


def run(*command, check=True, **options):
    given = [str(part) for part in command]
    done = subprocess.run(given, capture_output=True, text=True, timeout=120, **options)
    assert done.returncode == 0 or not check, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from a copy: what an earlier build left in the checkout would ride along."""
    source, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        if (CHECKOUT / name).is_dir():
            no_caches = shutil.ignore_patterns("__pycache__")
            shutil.copytree(CHECKOUT / name, source / name, ignore=no_caches)
        else:
            shutil.copy(CHECKOUT / name, source / name)
    run(*PIP, "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", built, source)
    (file,) = built.iterdir()
    return file


@pytest.fixture(scope="module")
def environment(wheel, tmp_path_factory):
    """A virtual environment with the wheel; what it depends on is taken from the tests' own."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    run(*PIP, "--python", folder / "bin/python", "install", *OFFLINE, "--no-compile", wheel)
    own = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    places = {sysconfig.get_path(kind) for kind in ("purelib", "platlib")}
    (own / "dependencies.pth").write_text("\n".join(places))
    return folder


@pytest.fixture
def call(environment, tmp_path):
    """Calls the command from an empty folder, ``call.here``."""
    here = tmp_path / "empty"
    here.mkdir()
    unset = ("BENCHMARK_", "PYTHONPATH", "XDG_")
    kept = {key: value for key, value in os.environ.items() if not key.startswith(unset)}
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def command(*arguments, check=True):
        name = environment / "bin/small-data-benchmark"
        return run(name, *arguments, check=check, cwd=here, env=kept | home)

    command.here, command.cache = here, tmp_path / "cache"
    return command


def files(folder):
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {str(path) for path in found if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_package_and_its_data_and_nothing_else(wheel):
    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = {f"benchmark/{name}" for name in files(CHECKOUT / "benchmark")}
    tasks = {path.name for path in (CHECKOUT / "tasks").glob("*.yaml")} | {"schema.json"}
    assert held == package | {f"benchmark/shipped_tasks/{name}" for name in tasks}


def test_an_installed_bench_uses_tuned_rates_and_writes_below_the_current_folder(call, environment):
    toy.write_task(call.here / "tasks", "mine")
    before, own = files(environment), files(call.here)
    options = ("--task", "mine", "--n", 1, "--seeds", 1, "--arms", "scratch", "--jobs", 1)
    printed = call("bench", *options).stdout
    assert "1 trials run" in printed
    (record,) = (call.here / "results/local/records").rglob("*.json")
    assert json.loads(record.read_text())["recipe"]["tuning_labels"] > 0
    assert all(name.startswith("results/local/") for name in files(call.here) - own)
    assert files(call.cache / "small-data-benchmark")
    assert files(environment) == before


def test_an_installed_command_brings_the_tasks_of_the_suite(call):
    assert "1 tasks, data of 1 checked, no faults" in call("validate", "--task", "digits").stdout


def test_an_installed_command_names_itself_where_there_is_nothing_yet(call):
    failed = call("leaderboard", check=False)
    assert failed.returncode == 2
    assert "run small-data-benchmark bench" in failed.stderr
    assert not files(call.here)


def test_an_installed_leaderboard_names_the_installed_command(call):
    for one in [*toy.curve("scratch", {1: 0.4}), *toy.curve("finetune", {1: 0.6})]:
        store.save(call.here / "results/local/records", one)
    call("leaderboard")
    pages = "".join(page.read_text() for page in (call.here / "results/local").glob("*.md"))
    assert "small-data-benchmark bench --task=toy" in pages
    assert "make " not in pages
