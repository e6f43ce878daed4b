import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from calling import called, hear_signals
from toy import CHECKOUT, curve, record

from benchmark.advice import advise as advising
from benchmark.cli import main as cli
from benchmark.cli import options
from benchmark.defaults import BUNDLED, FIRST_MINUTES, LOCAL, RECORDED
from benchmark.errors import UserError
from benchmark.harness import adaptive, plan
from benchmark.harness import bench as benching
from benchmark.records import store
from benchmark.tasks import load as tasks


def heavy_modules(*arguments):
    """Which modules that take seconds to import a command has loaded when it ends."""
    code = (
        "import sys; from benchmark.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print('loaded:', *({'torch', 'timm', 'datasets', 'sklearn'} & set(sys.modules)))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.rpartition("loaded:")[2].split()


@pytest.fixture
def records(tmp_path):
    folder = tmp_path / "records"
    for one in [*curve("scratch", {1: 0.4, 10: 0.6}), *curve("probe", {1: 0.8, 10: 0.9})]:
        store.save(folder, one)
    return folder


# What is light


@pytest.mark.parametrize("arguments", [["--help"], ["bench", "--help"], ["--version"]])
def test_help_answers_without_heavy_imports(arguments):
    assert heavy_modules(*arguments) == []


@pytest.mark.slow
def test_the_leaderboard_is_built_without_torch(records, tmp_path):
    assert heavy_modules("leaderboard", "--records", records, "--out", tmp_path / "out") == []
    assert (tmp_path / "out" / "README.md").is_file()


@pytest.mark.slow
def test_the_site_is_built_without_torch(records, tmp_path):
    file = tmp_path / "new" / "site.html"
    assert heavy_modules("site", "--records", records, "--out", file) == []
    assert "toy" in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("in_the_way", ["no records", "a folder"])
def test_a_site_that_cannot_be_made_is_one_message(records, tmp_path, capsys, in_the_way):
    folder = tmp_path / "typo" if in_the_way == "no records" else records
    out = tmp_path / "site.html"
    if in_the_way == "a folder":
        out.mkdir()
    assert called("site", "--records", folder, "--out", out) == 2
    assert ("typo" if in_the_way == "no records" else "is a directory") in capsys.readouterr().err
    assert not out.is_file()


def test_help_names_every_command(capsys):
    assert called("--help") == 0
    shown = capsys.readouterr().out
    for name in ("bench", "leaderboard", "site", "validate", "tune", "distill"):
        assert name in shown


def test_every_command_shows_how_it_is_called():
    for name, command in cli.cli.commands.items():
        assert command.epilog.startswith(f"Example:  small-data-benchmark {name} ")


def test_a_shell_completes_commands_and_options(monkeypatch, capsys):
    monkeypatch.setenv("_SMALL_DATA_BENCHMARK_COMPLETE", "bash_complete")
    for words, expected in (("adv", "plain,advise"), ("advise --min", "plain,--minutes")):
        monkeypatch.setenv("COMP_WORDS", f"small-data-benchmark {words}")
        monkeypatch.setenv("COMP_CWORD", str(len(words.split())))
        assert called() == 0
        assert capsys.readouterr().out.strip() == expected


# Errors


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["bnch"], "No such command 'bnch'"),
        (["bench", "--n", "0"], "whole numbers from 1 on"),
        (["bench", "--n", "1 two"], "whole numbers from 1 on"),
        (["bench", "--n", "-3"], "whole numbers from 1 on"),
        (["bench", "--n", ""], "name at least one"),
        (["bench", "--task", " , "], "name at least one"),
        (["bench", "--seeds", "0"], "--seeds"),
        (["bench", "--seeds", "many"], "--seeds"),
        (["bench", "--image-size", "4"], "--image-size"),
        (["bench", "--margin", "2"], "--margin"),
        (["bench", "--jobs", "0"], "--jobs"),
        (["bench", "--shard", "0/3"], "1/3 is the first of three parts"),
        (["bench", "--shard", "4/3"], "1/3 is the first of three parts"),
        (["bench", "--shard", "one"], "1/3 is the first of three parts"),
        (["bench", "--executor", "dask"], "'dask' is not one of"),
        (["bench", "--colour", "red"], "No such option"),
        (["distill", "--teacher", "x"], "Missing option '--images'"),
        (["distill", "--teacher", "x", "--out", "y", "--images", "nowhere"], "does not exist"),
    ],
)
def test_a_wrong_option_is_one_message_and_exit_code_2(capsys, arguments, expected):
    assert called(*arguments) == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--task", "digts"], "unknown task 'digts'; did you mean 'digits'?"),
        (["--arms", "finetun"], "unknown arm 'finetun'; did you mean 'finetune'?"),
        (["--backbone", "resnt18"], "unknown backbone 'resnt18'; did you mean 'resnet18'?"),
        (["--backbone", "local-dir:nowhere"], "nowhere: there is no backbone in this folder"),
    ],
)
def test_an_error_for_people_is_one_message_and_exit_code_2(capsys, arguments, expected):
    assert called("bench", *arguments) == 2
    message = capsys.readouterr().err
    assert message.startswith("error: ")
    assert expected in message
    assert "to mend: " in message
    assert "Traceback" not in message


def test_the_traceback_is_shown_to_those_who_ask_for_it():
    with pytest.raises(UserError, match="unknown task"):
        cli.main(["--debug", "bench", "--task", "digts"])


def test_a_damaged_record_is_named(records, tmp_path, capsys):
    path = next(store.record_files(records))
    path.write_text("{")
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    shown = capsys.readouterr()
    assert f"left out: {path}: not a record" in shown.err
    assert "README.md" in shown.out


def test_a_task_with_mistakes_is_named_and_the_pages_are_written(
    records, tmp_path, monkeypatch, capsys
):
    own = tmp_path / "tasks"
    own.mkdir()
    (own / "half.yaml").write_text("title: [")
    monkeypatch.setenv("BENCHMARK_TASKS", str(own))
    for what, out in (("leaderboard", tmp_path / "out"), ("site", tmp_path / "site.html")):
        assert called(what, "--records", records, "--out", out) == 1
        shown = capsys.readouterr()
        assert "half.yaml" in shown.err
        assert shown.out


def test_records_of_which_none_counts_leave_the_results_alone(records, tmp_path, capsys):
    for path in store.record_files(records):
        path.write_text("{")
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    assert "12 of this kind" not in capsys.readouterr().err
    assert not list((tmp_path / "out").rglob("*.*"))


def test_of_many_faults_the_first_are_shown_and_the_others_counted(records, tmp_path, capsys):
    for seed in range(30):
        (records / "toy" / "net" / "probe" / f"n0099-s{seed}.json").write_text("{")
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    said = capsys.readouterr().err
    assert said.count("left out: ") == 20
    assert "and 10 more of this kind" in said


def test_a_task_name_from_a_stranger_writes_nothing_outside_the_results(records, tmp_path, capsys):
    path = next(store.record_files(records))
    path.write_text(path.read_text().replace('"task":"toy"', '"task":"../../x"'))
    before = {one for one in tmp_path.rglob("*") if one.is_file()}
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    assert f"left out: {path}: not a record: '../../x' is no name" in capsys.readouterr().err
    new = {one for one in tmp_path.rglob("*") if one.is_file()} - before
    assert all(one.is_relative_to(tmp_path / "out") for one in new)


@pytest.fixture
def no_figures(monkeypatch):
    def broken(board):
        raise ValueError("cannot parse $x$")

    monkeypatch.setattr("benchmark.pages.figures.accuracy_figure", broken)


@pytest.mark.usefixtures("no_figures")
def test_a_figure_that_cannot_be_drawn_is_named_and_all_else_is_written(records, tmp_path, capsys):
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    shown = capsys.readouterr()
    assert "toy--net.svg: cannot make this file" in shown.err
    assert "curves.csv" in shown.out
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []


def test_a_folder_in_a_pages_place_is_named_and_all_else_is_written(records, tmp_path, capsys):
    (tmp_path / "out" / "claims.md" / "mine").mkdir(parents=True)
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    shown = capsys.readouterr()
    assert "claims.md: cannot make this file: Is a directory" in shown.err
    assert "toy--net.svg" in shown.out


def test_a_folder_of_records_that_is_not_there_leaves_the_results_alone(records, tmp_path, capsys):
    out = tmp_path / "out"
    called("leaderboard", "--records", records, "--out", out)
    before = (out / "README.md").read_text()
    assert called("leaderboard", "--records", tmp_path / "typo", "--out", out) == 2
    assert "typo" in capsys.readouterr().err
    assert (out / "README.md").read_text() == before


def test_a_folder_that_cannot_be_written_is_one_message(records, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert called("leaderboard", "--records", records, "--out", tmp_path / "file" / "out") == 2
    assert re.match(r"error: .*file.*: Not a directory", capsys.readouterr().err)


def test_an_interruption_says_how_to_go_on(capsys, monkeypatch):
    def interrupted(selection):
        raise KeyboardInterrupt

    monkeypatch.setattr(plan, "prepare", interrupted)
    assert called("bench") == 130
    assert "the same command goes on where it stopped" in capsys.readouterr().err


def test_an_interruption_that_arrives_as_another_error_is_one(capsys, monkeypatch):
    def interrupted(selection):
        try:
            raise KeyboardInterrupt
        finally:
            raise RuntimeError("cannot release un-acquired lock")

    monkeypatch.setattr(plan, "prepare", interrupted)
    assert called("bench") == 130
    assert "the same command goes on where it stopped" in capsys.readouterr().err


# Options


def test_names_and_numbers_may_be_separated_by_blanks_or_commas(monkeypatch, tmp_path):
    seen = []
    monkeypatch.setattr(plan, "prepare", lambda selection: (seen.append(selection), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        cli.main(["bench", "--arms", "probe, scratch probe", "--n", "20,5 20", "--seeds", "3"])
    assert seen[0].arms == ("probe", "scratch")
    assert seen[0].images_per_class == (5, 20)
    assert (seen[0].seeds, seen[0].image_size) == (3, None)
    assert seen[0].backbones == (BUNDLED,)


def test_each_size_may_have_seeds_of_its_own(monkeypatch):
    seen = []
    monkeypatch.setattr(plan, "prepare", lambda selection: (seen.append(selection), 1 / 0))
    with pytest.raises(ZeroDivisionError):
        cli.main(["bench", "--seeds", "20:7 1:3,5:3"])
    assert seen[0].images_per_class == (1, 5, 20)
    assert seen[0].seeds == {1: 3, 5: 3, 20: 7}


@pytest.mark.parametrize("seeds", ["", "0", "3 4", "1:0", "1:2:3", "x:1", "1:3 4"])
def test_seeds_that_are_none_are_refused(seeds, capsys):
    assert called("bench", "--seeds", seeds) == 2
    assert "a number is expected, or N:SEEDS for each N" in capsys.readouterr().err


def test_a_size_with_two_numbers_of_seeds_is_refused(capsys):
    assert called("bench", "--seeds", "1:3 5:3 1:5") == 2
    assert "the same N comes twice" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--seeds", "3", "--adapt"), "seeds cannot both be given and be chosen"),
        (("--seeds", "1:3", "--n", "1"), "the images per class are named twice"),
        (("--minutes", "5", "--seeds", "3"), "minutes limit trials that are chosen"),
        (("--format", "csv", "--dry-run"), "a plan alone, has no table"),
    ],
)
def test_options_that_contradict_each_other_are_refused(given, said, capsys):
    assert called("bench", *given) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("default", "given", "adapts"),
    [
        (False, (), False),
        (False, ("--adapt",), True),
        (True, (), True),
        (True, ("--seeds", "3"), False),
        (True, ("--arms", "probe"), False),
        (True, ("--arms", "scratch probe"), True),
        (True, ("--arms", "all"), True),
    ],
)
def test_one_constant_says_whether_trials_are_chosen_by_default(
    monkeypatch, default, given, adapts
):
    monkeypatch.setattr(options, "ADAPT", default)
    monkeypatch.setattr(plan, "prepare", lambda selection: plan.Plan((), ()))
    done = []
    monkeypatch.setattr(adaptive, "bench", lambda *given, **named: done.append(True) or 1 / 0)
    monkeypatch.setattr(benching, "bench", lambda *given, **named: done.append(False) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["bench", "--jobs", "1", *given])
    assert done == [adapts]


@pytest.mark.parametrize(
    ("given", "minutes"),
    [
        ((), FIRST_MINUTES),
        (("--adapt",), None),
        (("--minutes", "7"), 7),
        (("--adapt", "--minutes", "7"), 7),
    ],
)
def test_a_run_that_nobody_told_how_much_to_do_ends_soon(monkeypatch, given, minutes):
    monkeypatch.setattr(plan, "prepare", lambda selection: plan.Plan((), ()))
    aims = []
    monkeypatch.setattr(adaptive, "bench", lambda s, r, aim, *a, **k: aims.append(aim) or 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cli.main(["bench", "--jobs", "1", *given])
    assert [aim.minutes for aim in aims] == [minutes]


def test_the_users_own_run_stays_away_from_the_recorded_ones():
    assert LOCAL != RECORDED
    assert not LOCAL.is_relative_to(RECORDED)
    assert not RECORDED.is_relative_to(LOCAL)


# Whole runs


@pytest.fixture
def selection(task, backbone, tmp_path):
    """Arguments of a run on the toy task with the toy backbone: 12 trials."""
    return [
        *("bench", "--task", "toy", "--backbone", backbone, "--n", "1 2", "--seeds", "2"),
        *("--records", str(tmp_path / "records")),
    ]


@pytest.fixture
def bench(selection, task, monkeypatch, capsys):
    """Runs the selection in this process, in one process, and returns what it printed."""
    monkeypatch.setattr(tasks, "load_tasks", lambda names=None: [task])
    # Tested in tests/advice, and slow to import.
    monkeypatch.setattr(advising, "written", lambda advised, records, told: records.parent)

    def run(*more):
        assert called(*selection, "--jobs", 1, *more) == 0
        return capsys.readouterr().out

    return run


def test_a_dry_run_of_chosen_trials_says_what_is_next_and_the_most(bench, selection):
    seeds = selection.index("--seeds")
    del selection[seeds : seeds + 2]
    said = bench("--dry-run")
    assert "next: 24 trials to run" in said
    assert "at most 10 minutes of training for each task" in said
    assert "minutes of training for" not in bench("--dry-run", "--adapt")


def stamps(folder):
    return {path: path.stat().st_mtime_ns for path in store.record_files(folder / "records")}


@pytest.mark.slow
def test_a_run_prints_the_table_and_says_where_things_are(bench, tmp_path):
    printed = bench()
    assert "12 trials planned, 0 stored already" in printed
    for expected in (
        "toy with a toy",
        "gain of finetune",
        "gain of probe",
        "figure: ",
        "records: ",
        "advice for toy with a toy",
    ):
        assert expected in printed
    assert printed.splitlines()[-1].startswith("advice, table, figures and page: ")
    assert (tmp_path / "figures" / "toy--net--n1+2--2-seeds.svg").is_file()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fewer", "name"),
    [
        (("--n", "1"), "toy--net--n1--2-seeds.svg"),
        (("--arms", "scratch probe"), "toy--net--probe+scratch--n1+2--2-seeds.svg"),
        (("--seeds", "1"), "toy--net--n1+2--1-seeds.svg"),
        (("--image-size", "24"), "toy--net--24px--n1+2--2-seeds.svg"),
    ],
)
def test_a_run_of_less_leaves_the_figure_that_shows_more(bench, tmp_path, fewer, name):
    bench()
    called("leaderboard", "--records", tmp_path / "records", "--out", tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert len(before) == 2, "of the run and of the page"
    assert f"figures/{name}" in bench(*fewer)
    after = {path: path.read_bytes() for path in (tmp_path / "figures").iterdir()}
    assert {path.name for path in after.keys() - before.keys()} == {name}
    assert before.items() <= after.items()


@pytest.mark.slow
@pytest.mark.usefixtures("no_figures", "bench")
def test_the_table_is_printed_before_figures_are_drawn(selection, capsys):
    assert called(*selection, "--jobs", 1) == 1
    shown = capsys.readouterr()
    assert "gain of finetune" in shown.out
    assert "cannot make this file" in shown.err


@pytest.mark.usefixtures("bench")
@pytest.mark.parametrize("in_the_way", ["records/toy", "records/toy/net/probe", "figures"])
def test_what_cannot_be_written_is_said_before_any_training(
    selection, tmp_path, capsys, in_the_way
):
    (tmp_path / in_the_way).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / in_the_way).write_text("")
    assert called(*selection, "--jobs", 1) == 2
    said = capsys.readouterr().err
    assert "cannot write here" in said
    assert "seed 0: " not in said


@pytest.mark.slow
def test_a_second_run_trains_nothing_and_prints_the_same(bench, tmp_path):
    first, before = bench(), stamps(tmp_path)
    second = bench()
    assert "12 trials planned, 12 stored already" in second
    assert "trials run in" not in second
    assert first.partition("\n\n")[2] == second.partition("\n\n")[2] != ""
    assert stamps(tmp_path) == before


@pytest.mark.slow
def test_a_run_in_csv_prints_what_the_verdict_command_reads(bench, tmp_path, capsys):
    file = tmp_path / "pairs.csv"
    file.write_text(bench("--format", "csv"), encoding="utf-8")
    assert called("verdict", file) == 0
    printed = capsys.readouterr().out
    assert [line for line in printed.splitlines() if line.startswith("rows with ")] == [
        "rows with 'task' toy, 'backbone' net, 'arm' finetune",
        "rows with 'task' toy, 'backbone' net, 'arm' probe",
    ]


def test_a_size_that_is_left_out_is_noted(bench):
    printed = bench("--n", "1 99")
    assert "note: toy: N=99 is left out: class 'left' has 8 training images" in printed
    assert "6 trials planned" in printed


@pytest.mark.usefixtures("bench")
def test_a_selection_that_leaves_nothing_is_an_error(selection, capsys):
    assert called(*selection, "--n", 99) == 2
    assert "N=99 is left out" in capsys.readouterr().err


@pytest.mark.slow
def test_parts_of_a_plan_are_run_one_by_one_and_the_whole_prints_the_table(bench):
    planned = 0
    for number in (1, 2, 3):
        printed = bench("--shard", f"{number}/3")
        planned += int(re.search(r"(\d+) trials planned, 0 stored already", printed)[1])
        assert "the same command without SHARD prints the table" in printed
        assert "gain of" not in printed
    assert planned == 12
    printed = bench()
    assert "12 trials planned, 12 stored already" in printed
    assert "gain of finetune" in printed


@pytest.mark.usefixtures("bench")
def test_trials_that_are_chosen_have_no_parts(selection, capsys):
    adaptive = selection[: selection.index("--seeds")] + selection[selection.index("--seeds") + 2 :]
    assert called(*adaptive, "--adapt", "--shard", "1/2") == 2
    assert "each choice rests on all records" in capsys.readouterr().err


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_asked_to_end_does_so_as_by_ctrl_c(monkeypatch, capsys, how):
    monkeypatch.setattr(cli.cli, "invoke", lambda context: os.kill(os.getpid(), how))
    before = signal.signal(how, signal.SIG_DFL)
    try:
        assert called("leaderboard") == 130
    finally:
        signal.signal(how, before)
    assert "the same command goes on where it stopped" in capsys.readouterr().err


def test_a_command_that_was_told_to_ignore_a_closed_terminal_goes_on(monkeypatch):
    monkeypatch.setattr(cli.cli, "invoke", lambda context: os.kill(os.getpid(), signal.SIGHUP))
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert called("leaderboard") == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_a_second_run_completes(selection, bench, task, tmp_path):
    longer = ["--seeds", "6"]  # 36 trials, so that there is time to stop
    with subprocess.Popen(
        [sys.executable, "-m", "benchmark", *selection, *longer, "--jobs", "2"],
        cwd=CHECKOUT,
        env=os.environ | {"BENCHMARK_TASKS": str(task.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=hear_signals,
    ) as run:
        while not stamps(tmp_path) and run.poll() is None:
            time.sleep(0.005)
        os.killpg(run.pid, signal.SIGINT)  # as a terminal does: to every process
        _, errors = run.communicate(timeout=90)
    assert run.returncode == 130, errors
    assert "the same command goes on where it stopped" in errors
    assert "Traceback" not in errors
    kept = stamps(tmp_path)
    assert 1 <= len(kept) < 36
    assert f"36 trials planned, {len(kept)} stored already" in bench(*longer)
    assert len(stamps(tmp_path)) == 36
    assert kept.items() <= stamps(tmp_path).items()


def test_from_a_snapshot_on_the_page_says_which_verdicts_read_otherwise(records, tmp_path, capsys):
    out = tmp_path / "out"
    built = ("leaderboard", "--records", records, "--out", out)
    assert called(*built, "--snapshot") == 0
    assert "Since the snapshot" not in (out / "README.md").read_text()
    (kept,) = (out / "snapshots").glob("*.csv")
    assert str(kept) in capsys.readouterr().out
    assert kept.read_bytes() == (out / "leaderboard.csv").read_bytes()
    assert called(*built) == 0
    assert f"Since the snapshot of {kept.stem}" in (out / "README.md").read_text()


def test_a_table_that_is_only_printed_leaves_no_snapshot(records, tmp_path, capsys):
    given = ("--records", records, "--out", tmp_path / "out", "--format", "md", "--snapshot")
    assert called("leaderboard", *given) == 2
    assert "no snapshot is kept" in capsys.readouterr().err


def test_a_snapshot_that_cannot_be_read_is_named_and_all_else_is_written(records, tmp_path, capsys):
    broken = tmp_path / "out" / "snapshots" / "2026-01-31.csv"
    broken.mkdir(parents=True)
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 1
    shown = capsys.readouterr()
    assert "2026-01-31.csv: this snapshot cannot be read: " in shown.err
    assert "README.md" in shown.out


def test_the_leaderboard_prints_what_it_has_written(records, tmp_path, capsys):
    store.save(records, record("finetune", correct="10" * 100))
    assert called("leaderboard", "--records", records, "--out", tmp_path / "out") == 0
    shown = capsys.readouterr().out.split()
    assert [Path(path).name for path in shown] == [
        "README.md",
        "claims.md",
        "recipes.md",
        "leaderboard.csv",
        "curves.csv",
        "toy--net.svg",
        "README.md",  # why it helps
    ]
    assert all(Path(path).is_file() for path in shown)
