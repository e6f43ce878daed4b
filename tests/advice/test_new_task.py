import pytest
from people import images

from benchmark.advice import new_task as advice
from benchmark.advice.new_task import new_task
from benchmark.errors import UserError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of tasks; lists of the validation lie beside it."""
    monkeypatch.setenv("BENCHMARK_TASKS", str(tmp_path / "tasks"))
    monkeypatch.setattr(advice, "LISTS", tmp_path / "lists")
    return tmp_path / "tasks"


def test_a_folder_becomes_a_task_that_passes_the_suites_own_checks(folder, tmp_path):
    made = new_task(str(images(tmp_path / "b", robin=5, wren=5)), "birds")
    assert not made.validation.failed
    (report,) = made.validation.tasks
    assert report.counts.train == made.proposal.dealt.n_train
    assert report.counts.test == made.proposal.dealt.n_test
    assert {made.file, made.split_file} == {folder / "birds.yaml", folder / "birds.csv"}


def test_what_was_found_is_told_before_anything_is_written(folder, tmp_path):
    there = []
    root = images(tmp_path / "b", robin=5, wren=5)
    new_task(str(root), "birds", tell=lambda proposal: there.append(folder.exists()))
    assert there == [False]


@pytest.mark.parametrize(("given", "name"), [("nowhere", "birds"), ("b", "../birds"), ("b", "")])
def test_what_is_refused_writes_nothing(folder, tmp_path, monkeypatch, given, name):
    images(tmp_path / "b", robin=5, wren=5)
    monkeypatch.chdir(tmp_path)
    before = {*tmp_path.iterdir()}
    with pytest.raises(UserError):
        new_task(given, name)
    assert {*tmp_path.iterdir()} == before


def test_an_old_task_is_kept_unless_the_new_one_is_forced(folder, tmp_path):
    first, second = (images(tmp_path / root, robin=n, wren=n) for root, n in (("b", 5), ("c", 8)))
    new_task(str(first), "birds")
    before = (folder / "birds.yaml").read_bytes()
    with pytest.raises(UserError, match="already"):
        new_task(str(second), "birds")
    assert (folder / "birds.yaml").read_bytes() == before
    assert new_task(str(second), "birds", force=True).proposal.dealt.n_test == 4


@pytest.mark.slow
def test_the_cost_is_that_of_all_arms_with_five_seeds(folder, tmp_path):
    new_task(str(images(tmp_path / "b", robin=3, wren=3)), "birds")
    assert advice.cost("birds", 1).trials == 2 * 3 * 5
