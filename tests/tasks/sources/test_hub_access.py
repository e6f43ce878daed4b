import http.server
import threading
import time

import pytest
from huggingface_hub.utils import get_session, http_backoff

from benchmark.tasks.sources import hub_access


@pytest.fixture
def silent(monkeypatch):
    """The address of a server that takes questions and never answers."""
    over = threading.Event()

    class Silent(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            over.wait(20)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Silent) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        monkeypatch.setattr(hub_access, "_SILENCE", 0.1)
        monkeypatch.setattr(time, "sleep", lambda seconds: None)
        yield f"http://127.0.0.1:{running.server_port}/"
        over.set()
        running.shutdown()


def test_a_hub_that_falls_silent_is_asked_three_times(silent):
    start = time.monotonic()
    with (
        pytest.raises(TimeoutError, match="it does not answer any more"),
        hub_access.impatient(),
    ):
        http_backoff("GET", silent, max_retries=1000)
    assert time.monotonic() - start < 5


def test_a_request_without_a_limit_gets_one(silent):
    with pytest.raises(TimeoutError), hub_access.impatient():
        get_session().get(silent, timeout=None)


def test_patience_ends_with_the_block(silent):
    hooks = get_session().event_hooks
    with hub_access.impatient():
        assert get_session().event_hooks != hooks
    assert get_session().event_hooks == hooks


def test_other_errors_are_left_as_they_are():
    with pytest.raises(KeyError), hub_access.impatient():
        raise KeyError("x")
