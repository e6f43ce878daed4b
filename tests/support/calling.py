"""Commands as a person calls them."""

import signal

from benchmark.cli import main as cli


def called(*arguments):
    """Exit code of the command."""
    try:
        cli.main([str(argument) for argument in arguments])
    except SystemExit as end:
        return end.code
    return 0


def hear_signals():
    """In a new process: what runs in the background, or under nohup, is deaf to these, and so are
    its children."""
    for one in (signal.SIGINT, signal.SIGHUP):
        signal.signal(one, signal.SIG_DFL)
