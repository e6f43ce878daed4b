"""The commands behind the make targets. Imports late, so that ``--help`` answers at once."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Sequence

import click

from benchmark import __version__
from benchmark.cli import (
    advise,
    checking,
    explaining,
    listing,
    new_task,
    preparing,
    results,
    run,
)
from benchmark.errors import UserError

_PROGRAM = "small-data-benchmark"
"""However it was called: completion in a shell goes by this name."""


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """From how many images per class on does a pretrained backbone stop helping?"""


for _command in (
    advise.advise,
    new_task.task,
    run.bench,
    run.audit,
    explaining.explain,
    results.leaderboard,
    results.site,
    results.verdict,
    listing.backbones,
    checking.validate,
    checking.check_contribution,
    checking.calibrate,
    checking.perf,
    preparing.tune,
    preparing.saturation,
    preparing.distill,
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Runs a command; an error for people is one message and exit code 2."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _end_as_by_ctrl_c()
    try:
        cli(given, prog_name=_PROGRAM, standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        _stopped()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except UserError as error:
        if "--debug" in given:
            raise
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except OSError as error:
        if "--debug" in given:
            raise
        place = f"{error.filename}: " if error.filename else ""
        click.echo(f"error: {place}{error.strerror or error}", err=True)
        sys.exit(2)
    except Exception as error:
        if not _was_interrupted(error):
            raise
        _stopped()


def _end_as_by_ctrl_c() -> None:
    """Where a batch system or a closed terminal asks this process to end, unless told to ignore it.

    Not in a thread, where Python does not allow it.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _was_interrupted(error: BaseException | None) -> bool:
    """Ctrl-C in the middle of taking a lock, say, ends as an error about the lock."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


def _stopped() -> None:
    message = "stopped; finished trials are stored: the same command goes on where it stopped"
    click.echo(f"\n{message}", err=True)
    sys.exit(130)
