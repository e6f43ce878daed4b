"""Files from other machines, within limits of size and time."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

LARGEST = 4 << 30
"""Bytes; a larger file is not downloaded to its end."""
LONGEST = 3600.0
"""Seconds that a whole download may take."""
SILENCE = 20.0
"""Seconds without a byte after which a server is given up."""


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
