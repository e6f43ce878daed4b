"""The Hugging Face hub: asked with little patience, and what it sent held against its hashes."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from logging import ERROR
from pathlib import Path
from typing import Any, Literal

from benchmark.errors import UserError

PATIENCE = 6.0
"""Seconds within which the hub has to answer at all."""

_SILENCE = 8.0
_FAILURES = 3
_SHA256 = re.compile(r"[0-9a-f]{64}")
"""What the hub calls large files; small ones have names that do not tell their content."""

Kind = Literal["model", "dataset"]


def ask() -> None:
    """Asks whether the hub is there: its own library would try again for up to a minute.

    In a thread, for nothing else bounds the time in which a name is looked up. Raises OSError if no
    answer comes within `PATIENCE`, or the environment says to do without.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise ConnectionError("HF_HUB_OFFLINE is set")
    failed: list[OSError] = [TimeoutError("it does not answer")]
    asked = threading.Thread(target=_ask, args=(constants.ENDPOINT, failed), daemon=True)
    asked.start()
    asked.join(PATIENCE)
    if failed:
        raise failed[-1]


def _ask(address: str, failed: list[OSError]) -> None:
    """Empties ``failed`` where any answer comes, a refusal too, or adds what went wrong."""
    request = urllib.request.Request(address, method="HEAD")  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=PATIENCE).close()  # noqa: S310
    except urllib.error.HTTPError:
        failed.clear()
    except OSError as error:
        failed.append(error)
    except http.client.HTTPException as error:
        failed.append(ConnectionError(f"it answers what is no HTTP: {type(error).__name__}"))
    else:
        failed.clear()


@contextlib.contextmanager
def impatient() -> Iterator[None]:
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
        if failed >= _FAILURES:
            raise TimeoutError("it does not answer any more")
        request.extensions["timeout"] = dict.fromkeys(
            ("connect", "read", "write", "pool"), _SILENCE
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


def check_kept(repository: str, kind: Kind, revision: str | None) -> None:
    """Holds each large file that is kept of a revision against the SHA-256 that names it.

    The hub's own library compares sizes only. Raises `UserError` for a file with other content.
    """
    from huggingface_hub.file_download import repo_folder_name

    folder = kept_in() / repo_folder_name(repo_id=repository, repo_type=kind)
    for link in (folder / "snapshots" / _commit(folder, revision or "main")).rglob("*"):
        blob = folder / "blobs" / link.readlink().name if link.is_symlink() else link
        if _SHA256.fullmatch(blob.name) and _digest(blob) != blob.name:
            raise UserError(
                f"{link.name} of {repository} was damaged on its way from the hub, or since",
                where=blob,
                mend="delete this file; it is then downloaded again",
            )


def _commit(folder: Path, revision: str) -> str:
    """The commit behind a branch or tag; a commit is its own name."""
    named = folder / "refs" / revision
    return named.read_text(encoding="utf-8").strip() if named.is_file() else revision


def _digest(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def kept_in() -> Path:
    """The folder of what the hub's library has downloaded on this machine."""
    from huggingface_hub import constants

    return Path(os.fspath(constants.HF_HUB_CACHE))
