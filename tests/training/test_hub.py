import contextlib

import pytest
from huggingface_hub import constants
from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

from benchmark.training import hub


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (LocalEntryNotFoundError("Cannot find the requested files"), "cannot be reached"),
        (HFValidationError("Repo id must"), "no name of a model"),
        (KeyError("architecture"), "not in timm's format"),
        (TimeoutError("timed out"), "could not be reached"),
        (RuntimeError("No pretrained weights exist"), "timm cannot make it"),
    ],
)
def test_no_library_is_quoted(error, expected):
    said = hub.reason(error)
    assert expected in said
    assert str(error) not in said


def test_a_hub_is_given_up_where_it_falls_silent(monkeypatch):
    used = []

    @contextlib.contextmanager
    def watched():
        used.append(constants.HF_HUB_OFFLINE)
        yield

    monkeypatch.setattr(hub, "answers", lambda: False)
    monkeypatch.setattr(hub.hub_access, "impatient", watched)
    before = constants.HF_HUB_OFFLINE
    with hub.offline_where_silent():
        assert used == [True]
    assert before == constants.HF_HUB_OFFLINE
