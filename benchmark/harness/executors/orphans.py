"""No process outlives the one that it works for, even where that is killed without a word.

Imported by name, before all else, by the process that workers are forked from. That process would
notice only once it has imported the rest, which takes seconds; and its workers keep it alive.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PARENT = "BENCHMARK_PARENT"
"""Environment variable with the number of the process that workers work for."""

_SECONDS = 0.5
_PR_SET_PDEATHSIG = 1


def end_with(parent: int) -> None:
    """Ends this process soon after its parent, and what it forks from now on at once with it."""

    def look(*_: object) -> None:
        if os.getppid() != parent:
            os._exit(1)

    own = os.getpid()
    # A timer: with a thread forking would not be safe. Forks do not inherit it.
    signal.signal(signal.SIGALRM, look)
    signal.setitimer(signal.ITIMER_REAL, _SECONDS, _SECONDS)
    os.register_at_fork(after_in_child=lambda: _end_at_once_with(own))
    look()


def _end_at_once_with(parent: int) -> None:
    """By the kernel on Linux, in the middle of an import too; elsewhere workers look themselves."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it was faster
            os._exit(1)


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None

if parent := os.environ.get(PARENT):
    end_with(int(parent))
