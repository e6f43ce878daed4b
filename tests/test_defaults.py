"""The folders of a checkout and of an installed package, each made on the spot."""

import importlib.util
import shutil
from pathlib import Path

import pytest

from benchmark import defaults


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch, tmp_path):
    for name in ("BENCHMARK_TASKS", "BENCHMARK_DATA", "BENCHMARK_CACHE", "BENCHMARK_BACKBONES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user-cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def loaded(package):
    """``defaults`` as a module of the copied ``package``."""
    file = Path(shutil.copy(defaults.__file__, package))
    spec = importlib.util.spec_from_file_location("copied_defaults", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "checkout/benchmark").mkdir(parents=True)
    return loaded(tmp_path / "checkout/benchmark")


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """As a wheel lies in site-packages; called from an empty folder, ``tmp_path / "here"``."""
    (tmp_path / "site-packages/benchmark/shipped_tasks").mkdir(parents=True)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return loaded(tmp_path / "site-packages/benchmark")


def test_a_checkout_holds_all_wherever_it_is_called_from(checkout, tmp_path, monkeypatch):
    root = tmp_path / "checkout"
    monkeypatch.chdir(tmp_path)
    results = root / "results"
    folders = (checkout.RESULTS, checkout.RECORDED, checkout.LOCAL)
    assert folders == (results, results / "records", results / "local/records")
    assert checkout.OWN_TUNING == checkout.SHIPPED_TUNING == root / "benchmark/tuned"
    assert checkout.task_folders() == (root / "tasks",)
    assert checkout.cache_folder() == root / ".cache"
    assert (checkout.COMMAND, checkout.option("image-size")) == ("make", "IMAGE_SIZE")


def test_an_installed_package_writes_below_the_current_folder(installed, tmp_path):
    own = tmp_path / "here/results/local"
    assert installed.RESULTS.absolute() == own
    assert installed.RECORDED.absolute() == installed.LOCAL.absolute() == own / "records"
    assert installed.OWN_TUNING.absolute() == own / "tuned"


def test_an_installed_package_is_called_by_its_own_name_and_options(installed):
    assert installed.COMMAND == "small-data-benchmark"
    assert installed.option("image-size") == "--image-size"


def test_an_installed_package_caches_in_the_users_own_folder(installed, tmp_path):
    cache = installed.cache_folder()
    assert cache.name == "small-data-benchmark"
    assert cache.relative_to(tmp_path).parts[0] in ("user-cache", "home")


def test_own_tasks_come_before_those_that_an_installed_package_brings(installed, tmp_path):
    shipped = tmp_path / "site-packages/benchmark/shipped_tasks"
    assert installed.task_folders() == (tmp_path / "here/tasks", shipped)


def test_a_package_beside_somebodys_own_project_file_is_installed_all_the_same(tmp_path):
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "benchmark/shipped_tasks").mkdir(parents=True)
    assert loaded(tmp_path / "benchmark").COMMAND == "small-data-benchmark"


@pytest.mark.parametrize("kind", ["checkout", "installed"])
def test_environment_variables_come_first(kind, request, tmp_path, monkeypatch):
    module = request.getfixturevalue(kind)
    assert module.mirrors() is None
    for name in ("TASKS", "DATA", "CACHE"):
        monkeypatch.setenv(f"BENCHMARK_{name}", str(tmp_path / name))
    assert module.task_folders() == (tmp_path / "TASKS",)
    assert module.mirrors() == tmp_path / "DATA"
    assert module.cache_folder() == tmp_path / "CACHE"


@pytest.mark.parametrize(("given", "folders"), [("", ()), ("a", ("a",)), ("a::b/c", ("a", "b/c"))])
def test_folders_of_backbones_are_named_as_those_of_commands(monkeypatch, given, folders):
    monkeypatch.setenv("BENCHMARK_BACKBONES", given)
    assert defaults.backbone_folders() == tuple(map(Path, folders))
