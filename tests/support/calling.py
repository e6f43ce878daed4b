"""Commands as a person calls them, in this process."""

from benchmark.cli import main as cli


def called(*arguments):
    """Exit code of the command."""
    try:
        cli.main([str(argument) for argument in arguments])
    except SystemExit as end:
        return end.code
    return 0
