"""Whether the model hub can be reached, and what to do where it cannot."""

from __future__ import annotations

import contextlib
import functools
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator

from huggingface_hub import constants

_SECONDS = 10.0


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

    Its switch is a constant that it reads at every call; afterwards it is as it was.
    """
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = before or not answers()
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
