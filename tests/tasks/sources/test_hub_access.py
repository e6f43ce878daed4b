import hashlib
import http.server
import threading
import time

import pytest
from huggingface_hub.utils import get_session, http_backoff

from benchmark.errors import UserError
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


def test_a_silent_name_server_is_given_up_as_well(monkeypatch):
    over = threading.Event()

    def unheard(*_, **__):
        over.wait(20)
        raise OSError

    monkeypatch.setattr("urllib.request.urlopen", unheard)
    monkeypatch.setattr(hub_access, "PATIENCE", 0.1)
    with pytest.raises(TimeoutError, match="it does not answer"):
        hub_access.ask()
    over.set()


def test_what_is_no_hub_is_out_of_reach(monkeypatch):
    with http.server.HTTPServer(("127.0.0.1", 0), NoHttp) as running:
        threading.Thread(target=running.handle_request, daemon=True).start()
        address = f"http://127.0.0.1:{running.server_port}"
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        with pytest.raises(ConnectionError, match="answers what is no HTTP"):
            hub_access.ask()


class NoHttp(http.server.BaseHTTPRequestHandler):
    def handle(self):
        self.request.recv(1000)
        self.request.sendall(b"hello\r\n\r\n")


@pytest.fixture
def kept(monkeypatch, tmp_path):
    """Keeps a file of ``some/net`` as the hub's library does; returns where its content lies."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))

    def keep(content, name, commit="c0ffee"):
        folder = tmp_path / "models--some--net"
        blob, link = folder / "blobs" / name, folder / "snapshots" / commit / "model.safetensors"
        for file in (blob, link, folder / "refs" / "main"):
            file.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        link.symlink_to(f"../../blobs/{name}")
        (folder / "refs" / "main").write_text("c0ffee")
        return blob

    return keep


DIGEST = hashlib.sha256(b"weights").hexdigest()


@pytest.mark.parametrize("revision", [None, "main", "c0ffee"])
def test_a_file_with_other_content_than_its_hash_says_is_refused(kept, revision):
    blob = kept(b"wieghts", DIGEST)
    with pytest.raises(UserError, match=r"model\.safetensors of some/net was damaged") as caught:
        hub_access.check_kept("some/net", "model", revision)
    assert caught.value.where == str(blob)


@pytest.mark.parametrize(("content", "name"), [(b"weights", DIGEST), (b"{}", "0" * 40)])
def test_what_its_hash_says_or_has_none_is_taken(kept, content, name):
    kept(content, name)
    hub_access.check_kept("some/net", "model", None)


def test_a_file_of_another_commit_is_nobodys_business(kept):
    kept(b"wieghts", DIGEST, commit="older")
    hub_access.check_kept("some/net", "model", "main")


@pytest.mark.usefixtures("kept")
def test_nothing_kept_is_nothing_damaged():
    hub_access.check_kept("never/asked", "dataset", "0" * 40)
