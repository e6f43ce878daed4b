"""The make targets, as a person calls them, on a toy task."""

from __future__ import annotations

import os
import re
import subprocess

import pytest
from people import images
from toy import CHECKOUT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (CHECKOUT / ".venv/.ready").exists(), reason="make setup makes .venv"),
]


class Make:
    """Calls targets on the toy task, and names a selection of 12 trials."""

    def __init__(self, tasks, backbone, records):
        self.environment = os.environ | {"BENCHMARK_TASKS": str(tasks)}
        self.records = records
        self.selection = {
            "TASK": "toy",
            "BACKBONE": backbone,
            "N": "1 4",
            "SEEDS": 2,
            "JOBS": 1,
            "RECORDS": records,
        }

    def __call__(self, target, check=True, **options):
        given = [f"{name}={value}" for name, value in options.items()]
        return subprocess.run(
            ["make", "--no-print-directory", target, *given],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=300,
        ).stdout


@pytest.fixture
def make(task, backbone, tmp_path):
    return Make(task.folder, backbone, tmp_path / "records")


@pytest.fixture(scope="module")
def made(task, backbone, tmp_path_factory):
    """The same after ``make bench``, for what only reads its records."""
    make = Make(task.folder, backbone, tmp_path_factory.mktemp("made") / "records")
    make("bench", **make.selection)
    return make


def test_make_bench_trains_once_and_prints_the_same_table_again(make):
    first = make("bench", **make.selection)
    second = make("bench", **make.selection)
    assert "12 trials run" in first
    assert "12 trials planned, 12 stored already" in second
    assert second.partition("toy with")[2] == first.partition("toy with")[2] != ""


@pytest.mark.parametrize("target", ["bench", "audit"])
def test_a_dry_run_trains_nothing(make, target):
    assert "12 trials to run" in make(target, DRY_RUN=1, **make.selection)
    assert not make.records.exists()


def test_make_bench_adapts_and_the_audit_takes_what_is_stored(make):
    chosen = make.selection | {"ADAPT": 1}
    del chosen["SEEDS"]
    first = make("bench", **chosen)
    assert re.search(r"toy with net: 5 seeds at N = 1, 3 seeds at N = 4\n", first)
    assert re.search(r"toy with net: stopped after \d+% fewer trials than 10 seeds", first)
    assert "not audited" not in make("audit", **chosen)
    assert "0 trials to run" in make("bench", DRY_RUN=1, **chosen)


def test_make_leaderboard_writes_the_same_bytes_again(made, tmp_path):
    pages = []
    for out in (tmp_path / "one", tmp_path / "two"):
        made("leaderboard", RECORDS=made.records, OUT=out)
        pages.append({p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert pages[0] == pages[1]
    assert {"README.md", "leaderboard.csv", "curves.csv"} <= {str(path) for path in pages[0]}


def test_make_site_shows_the_users_own_run_with_its_images(made, tmp_path):
    file = tmp_path / "site.html"
    assert str(file) in made("site", RECORDS=made.records, OUT=file)
    page = file.read_text(encoding="utf-8")
    assert 'data-board="toy/net"' in page
    assert page.count("data:image/webp") == 3


def test_make_audit_gives_every_verdict_a_certificate(make):
    printed = make("audit", **make.selection)
    assert re.search(r"audit: \d+ trials to run.*\nabout [\d.]+ core minutes", printed)
    assert "steps-x2" in printed.partition("core minutes")[2]
    assert "not audited" not in printed


def test_make_check_contribution_finds_records_consistent_that_were_just_made(made):
    said = made("check-contribution", RECORDS=made.records)
    assert "12 records of 1 tasks are consistent" in said


def test_make_calibrate_writes_its_table(make, tmp_path):
    page = tmp_path / "calibration.md"
    make("calibrate", check=False, SWEEPS=4, OUT=page)  # too few sweeps to stay within the bounds
    assert "`4` simulated sweeps" in page.read_text()


def test_make_validate_reports_the_task(make):
    assert "toy" in make("validate", TASK="toy")


def commands(*given, **environment):
    """What make would run, as it prints it, and what it says about that."""
    called = ["make", "--no-print-directory", "--dry-run", *given]
    told = os.environ | environment
    done = subprocess.run(
        called, cwd=CHECKOUT, env=told, capture_output=True, text=True, check=True, timeout=60
    )
    return done.stdout, done.stderr


def test_what_is_given_to_make_goes_to_the_command():
    said, _ = commands("bench", "TASK=digits toy", "IMAGE_SIZE=16", "DRY_RUN=1", "ADAPT=0")
    assert said.split("benchmark ")[1].split() == [
        *("bench", "--dry-run", "--image-size", '"16"', "--task", '"digits', 'toy"')
    ]


def test_variables_of_the_environment_select_nothing_and_that_is_said():
    said, warned = commands("advise", "IMAGES=photos", NAME="DESKTOP-1", TASK="toy")
    assert said.split("benchmark ")[1].split() == ["advise", '"photos"']
    assert "TASK of the environment is not taken" in warned


def test_what_a_target_does_not_know_is_refused(make):
    called = ["make", "--no-print-directory", "audit", "MINUTES=5"]
    done = subprocess.run(called, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "No such option '--minutes'" in done.stderr


def test_make_help_lists_the_targets(make):
    assert "bench:" in make("help")


def test_make_task_writes_a_task_for_a_folder_and_says_what_it_costs(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_TASKS", str(tmp_path / "tasks"))
    root = images(tmp_path / "birds", robin=4, wren=4)
    given = ["task", f"IMAGES={root}", "NAME=birds", "JOBS=1"]
    said = subprocess.run(
        ["make", "--no-print-directory", *given],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
        timeout=600,
    ).stdout
    assert "next: make bench TASK=birds" in said
    assert "trials to run" in said
    assert (tmp_path / "tasks" / "birds.yaml").is_file()
