"""``python -m benchmark``, and what the installed ``small-data-benchmark`` calls."""

import gc

from benchmark.cli.main import main


def command() -> None:
    """Runs a command, and ends the process quickly."""
    try:
        main()
    finally:
        # Without it the interpreter tidies up torch's million objects, for a second or more.
        gc.freeze()


if __name__ == "__main__":
    command()
