"""The commands that choose settings and show budgets, without any training."""

from __future__ import annotations

import pytest
from measured import cell, changes, settings

from benchmark.cli import main as cli
from benchmark.harness import saturation, tune
from benchmark.harness.tune import Choice
from benchmark.records.tuned import Tuned


def test_tune_names_each_choice_and_where_a_rate_beyond_may_do_better(monkeypatch, capsys):
    evidence = {cell(rate=1e-3): 0.5, cell(rate=1e-2): 0.6}
    tuned = Tuned({"scratch": {2: settings(1e-2)}}, 40)
    monkeypatch.setattr(tune, "choose", lambda name, workers, arms: Choice("net", evidence, tuned))
    cli.main(["tune", "--backbone", "test_resnet"])
    chosen, other = 'learning_rate": 0.01', 'learning_rate": 0.001'
    lines = capsys.readouterr().out.splitlines()
    assert next(line for line in lines if chosen in line).endswith("60.0%  <- chosen")
    assert next(line for line in lines if other in line).endswith("50.0%")
    assert "scratch N=2: a rate beyond 0.01, the last tried, may do better" in lines[-1]


@pytest.mark.parametrize(
    ("options", "arms"),
    [
        ([], None),
        (["--arms", "all"], ("all",)),
        (["--arms", "probe, scratch"], ("probe", "scratch")),
    ],
)
def test_tune_chooses_for_the_arms_that_are_asked_for(monkeypatch, options, arms):
    asked = []

    def choose(name, workers, names):
        asked.append(names)
        return Choice("net", {}, Tuned({}, 40))

    monkeypatch.setattr(tune, "choose", choose)
    cli.main(["tune", *options])
    assert asked == [arms]


@pytest.mark.parametrize(
    ("options", "names", "seeds"),
    [([], ["digits"], 2), (["--task", "digits", "--seeds", "3"], ["digits"], 3)],
)
def test_saturation_measures_the_development_tasks_unless_told(
    monkeypatch, capsys, options, names, seeds
):
    asked = []

    def measured(backbone, tasks, workers, seeds):
        asked.append((backbone, [task.name for task in tasks], seeds))
        return changes(0.0, 0.01)

    monkeypatch.setattr(saturation, "measure", measured)
    monkeypatch.delenv("BENCHMARK_DATA", raising=False)
    cli.main(["saturation", "--backbone", "test_resnet", *options])
    assert asked == [("test_resnet", names, seeds)]
    assert "| net      | scratch | 2 |" in capsys.readouterr().out


def test_saturation_wants_two_seeds_at_least(capsys):
    with pytest.raises(SystemExit):
        cli.main(["saturation", "--seeds", "1"])
    assert "is not in the range x>=2" in capsys.readouterr().err
