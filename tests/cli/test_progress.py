import io

import pytest
from toy import failed, record

from benchmark.cli.progress import Progress
from benchmark.errors import UserError


def test_a_trial_of_another_run_gets_a_line_that_says_so(capsys):
    Progress().found(record())
    said = capsys.readouterr().err
    assert said == "toy net scratch N=1 seed 0: 0.500 (2.0 s), by another run\n"


def test_a_trial_that_failed_says_why(capsys):
    Progress().finished(failed("probe", 20, 3))
    assert "probe N=20 seed 3: FAILED: loss was NaN" in capsys.readouterr().err


def test_waiting_is_said_once(capsys):
    progress = Progress()
    progress.waits(3)
    progress.waits(2)
    assert capsys.readouterr().err.count("waiting for") == 1


def test_what_failed_by_itself_is_named_and_ends_the_command_with_1(capsys):
    progress = Progress()
    progress.failed(record().trial, UserError("no such image", mend="put it back"))
    with pytest.raises(SystemExit) as end:
        progress.close()
    assert end.value.code == 1
    assert "scratch N=1 seed 0: no such image\n  to mend: put it back" in capsys.readouterr().err


def test_what_is_run_again_is_no_failure(capsys):
    progress = Progress()
    progress.set_aside(UserError("not a record"))
    progress.close()
    assert "set aside, and its trial is run again: not a record" in capsys.readouterr().err


def test_names_from_strangers_move_no_cursor(capsys):
    Progress().problem(UserError("bad\x1b[2J name \udcff", where="a\rb"))
    assert capsys.readouterr().err == "a\\rb: bad\\x1b[2J name \\udcff\n"


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_table_of_accuracies_fills_in_on_a_terminal(monkeypatch):
    monkeypatch.setattr("sys.stderr", screen := Terminal())
    progress = Progress()
    progress.starts("", 2, 2)
    progress.finished(record("probe", 1, 0, "1100"))
    progress.finished(record("probe", 1, 1, "1111"))
    progress.finished(record("probe", 20, 0, "1110"))
    progress.ended(3, 1.0)
    assert "probe      N=1 75.0  N=20 75.0" in screen.getvalue()
