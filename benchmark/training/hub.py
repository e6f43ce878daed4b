"""Whether the model hub can be reached, and what to do where it cannot."""

from __future__ import annotations

import contextlib
import functools
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator

from huggingface_hub import constants, errors

from benchmark.tasks.sources.downloads import impatient_hub

_SECONDS = 10.0

MEND = "check the name and the network, or use a local-dir: folder; --debug shows more"

_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (
        errors.LocalEntryNotFoundError,
        "the model hub cannot be reached, and nothing was kept from an earlier run",
    ),
    (errors.GatedRepoError, "the hub gives it only to those who accept its terms and log in"),
    (errors.RepositoryNotFoundError, "the hub has no such model, or shows it to its owners only"),
    (errors.RevisionNotFoundError, "the hub has no such revision of it"),
    (errors.EntryNotFoundError, "it has no config.json or no weights of timm's format"),
    (errors.HFValidationError, "this is no name of a model on the hub"),
    (errors.HfHubHTTPError, "the hub refused to send it"),
    (KeyError, "its config.json is not in timm's format"),
    (OSError, "the hub could not be reached, or what it sent could not be kept"),
)
"""From the special to the general: the first that an error is an instance of counts."""


def reason(error: Exception) -> str:
    """Why a network that is not in a folder cannot be had, in words."""
    found = (words for kind, words in _REASONS if isinstance(error, kind))
    return next(found, "timm cannot make it, or has no weights for it")


@functools.cache
def answers() -> bool:
    """Whether the model hub can be reached; its client would try again for up to a minute."""
    request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310
    try:
        urllib.request.urlopen(request, timeout=_SECONDS).close()  # noqa: S310
    except urllib.error.HTTPError:
        return True
    except (OSError, http.client.HTTPException):
        return False
    return True


@contextlib.contextmanager
def offline_where_silent() -> Iterator[None]:
    """Inside, the hub's client looks on this machine only if the hub does not answer.

    A hub that falls silent later ends in a TimeoutError within a minute. The client's switch is a
    constant that it reads at every call; afterwards it is as it was.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not answers()
    try:
        with impatient_hub():
            yield
    finally:
        constants.HF_HUB_OFFLINE = before
