"""``python -m benchmark``."""

import gc

from benchmark.cli.main import main

if __name__ == "__main__":
    try:
        main()
    finally:
        # Without it the interpreter tidies up torch's million objects, for a second or more.
        gc.freeze()
