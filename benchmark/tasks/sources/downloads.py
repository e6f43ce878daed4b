"""Files and answers from other machines, within limits of size and time."""

from __future__ import annotations

import contextlib
import time
import urllib.request
from collections.abc import Iterator
from logging import ERROR
from pathlib import Path
from typing import Any

LARGEST = 4 << 30
"""Bytes; a larger file is not downloaded to its end."""
LONGEST = 3600.0
"""Seconds that a whole download may take."""
SILENCE = 20.0
"""Seconds without a byte after which a server is given up."""

_HUB_SILENCE = 8.0
_HUB_FAILURES = 3


def fetch(url: str, target: Path) -> None:
    """Writes what lies behind ``url`` to ``target``, with a progress bar on a terminal.

    Raises OSError for a server that cannot be reached, fails, is silent for `SILENCE`, takes longer
    than `LONGEST`, breaks off, leads to an unsafe address, or sends more than `LARGEST` bytes.
    """
    from tqdm import tqdm

    end = time.monotonic() + LONGEST
    with urllib.request.urlopen(url, timeout=SILENCE) as answer, target.open("wb") as file:  # noqa: S310
        if url.startswith("https:") and not answer.geturl().startswith("https:"):
            raise ConnectionRefusedError(f"it leads to an unsafe address: {answer.geturl()}")
        length = int(answer.headers.get("Content-Length", 0)) or None
        bar = tqdm(desc=f"downloading {url}", total=length, unit="B", unit_scale=True, disable=None)
        with bar:
            while chunk := answer.read(1 << 16):
                file.write(chunk)
                bar.update(len(chunk))
                _check_limits(max(file.tell(), length or 0), end)
        if length is not None and file.tell() < length:
            raise ConnectionAbortedError(f"it breaks off after {file.tell():,} of {length:,} bytes")


def _check_limits(size: int, end: float) -> None:
    if size > LARGEST:
        raise FileTooLargeError(f"it has more than {LARGEST:,} bytes")
    if time.monotonic() > end:
        raise TimeoutError(f"it takes longer than {LONGEST:g} seconds")


class FileTooLargeError(ValueError):
    """A file that is not downloaded to its end."""


@contextlib.contextmanager
def impatient_hub() -> Iterator[None]:
    """While this lasts, a hub that falls silent ends in a TimeoutError within a minute.

    The hub's own library waits a minute for each answer, and asks six times.
    """
    import huggingface_hub
    from huggingface_hub import constants
    from huggingface_hub.utils import logging

    failed = 0

    def trace(event: str, _: Any) -> None:
        nonlocal failed
        if event.endswith(".failed"):
            failed += 1
        elif event.endswith("receive_response_body.complete"):
            failed = 0

    def limit(request: Any) -> None:
        if failed >= _HUB_FAILURES:
            raise TimeoutError("it does not answer any more")
        request.extensions["timeout"] = dict.fromkeys(
            ("connect", "read", "write", "pool"), _HUB_SILENCE
        )
        request.extensions["trace"] = trace

    client = huggingface_hub.get_session()
    hooks, xet, talk = client.event_hooks, constants.HF_HUB_DISABLE_XET, logging.get_verbosity()
    logging.set_verbosity(ERROR)
    constants.HF_HUB_DISABLE_XET = True  # it downloads past this client, with a patience of its own
    client.event_hooks = hooks | {"request": [*hooks["request"], limit]}
    try:
        yield
    except Exception as error:
        if failed:
            raise TimeoutError("it does not answer any more") from error
        raise
    finally:
        client.event_hooks = hooks
        constants.HF_HUB_DISABLE_XET = xet
        logging.set_verbosity(talk)
