import pytest
from made_findings import findings as made

from benchmark.cli.main import main
from benchmark.records.explained import findings


@pytest.fixture
def stored(tmp_path):
    for one in made(seeds=2, sizes=(2,)):
        findings.save(tmp_path / "findings", one)
    return tmp_path


def test_an_unknown_task_is_one_sentence(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["explain", "--task", "digitz"])
    assert ended.value.code == 2
    assert "did you mean 'digits'" in capsys.readouterr().err


def test_a_dry_run_says_what_there_is_to_do_and_trains_nothing(
    stored, task, backbone, monkeypatch, capsys
):
    from benchmark.explain import explain
    from benchmark.harness import estimate

    monkeypatch.setenv("BENCHMARK_TASKS", str(task.folder))
    monkeypatch.setattr(estimate, "estimate", lambda jobs, *_: f"{len(jobs)} to train")
    monkeypatch.setattr(explain, "run", None)
    words = ["--task", task.name, "--backbone", backbone, "--n", "2 99", "--seeds", "1"]
    main(["explain", *words, "--jobs", "1", "--out", str(stored), "--dry-run"])
    said = capsys.readouterr().out
    assert "N=99 is left out" in said
    assert "5 answers planned, 0 stored already; 11 trainings to do" in said
    assert "11 to train" in said
