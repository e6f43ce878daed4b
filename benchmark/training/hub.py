"""Whether the model hub can be reached, and what to do where it cannot."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator

from huggingface_hub import constants, errors

from benchmark.defaults import BUNDLED
from benchmark.errors import UserError
from benchmark.tasks.sources import hub_access

MEND = (
    f"check the name and the network, or use a local-dir: folder, or {BUNDLED}, which is bundled; "
    "--debug shows more"
)

_OUT_OF_REACH = "the model hub cannot be reached, and nothing was kept from an earlier run"
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (errors.LocalEntryNotFoundError, _OUT_OF_REACH),
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


class OutOfReachError(UserError):
    """The hub cannot be reached, or nothing of it on this machine; the name itself may be right."""


def reason(error: Exception) -> str:
    """Why a network that is not in a folder cannot be had, in words."""
    found = (words for kind, words in _REASONS if isinstance(error, kind))
    return next(found, "timm cannot make it, or has no weights for it")


def refusal(cannot: str, error: Exception) -> UserError:
    """The same for people, behind what ``cannot`` be done."""
    answered = getattr(error, "response", None) is not None
    silent = isinstance(error, errors.LocalEntryNotFoundError | OSError) and not answered
    kind = OutOfReachError if silent else UserError
    return kind(cannot + reason(error), mend=MEND)


@functools.cache
def answers() -> bool:
    """Whether the model hub can be reached."""
    try:
        hub_access.ask()
    except OSError:
        return False
    return True


@contextlib.contextmanager
def offline(*, really: bool = True) -> Iterator[None]:
    """Inside, the hub's client looks on this machine only.

    Its switch is a constant that it reads at every call; afterwards it is as it was.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or really
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before


@contextlib.contextmanager
def offline_where_silent() -> Iterator[None]:
    """Inside, the hub's client looks on this machine only if the hub does not answer.

    A hub that falls silent later ends in a TimeoutError within a minute.
    """
    silent = constants.HF_HUB_OFFLINE or not answers()
    with offline(really=silent), hub_access.impatient():
        yield


@contextlib.contextmanager
def access(identifier: str) -> Iterator[None]:
    """As `offline_where_silent`, for ``ORG/NAME`` or ``ORG/NAME@REVISION``.

    Raises `UserError` where what is kept of it has other content than its hash says, whatever else
    was raised: that explains it.
    """
    repository, _, revision = identifier.partition("@")
    with offline_where_silent():
        try:
            yield
        finally:
            hub_access.check_kept(repository, "model", revision or None)
