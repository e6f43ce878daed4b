"""A model and data hub on this machine: the addresses of the real one, and its ways to fail."""

from __future__ import annotations

import contextlib
import hashlib
import http.server
import json
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

NOWHERE = "http://127.0.0.1:9"
"""Nothing listens there."""
_LARGE = (".safetensors", ".bin", ".pth", ".parquet")
"""The hub names these by their SHA-256, others by something else."""
_FILE = re.compile(r"/(datasets/)?([^/]+/[^/]+)/resolve/([^/]+)/(.+)")
_API = re.compile(
    r"/api/(datasets|models)/([^/]+/[^/]+)(?:/(revision|tree|paths-info)/([^/]+)(?:/(.+))?)?"
)


@dataclass
class LoopbackHub:
    """What it holds, what it was asked, and how it misbehaves."""

    folders: dict[tuple[str, str], Path] = field(default_factory=dict)
    """(``ORG/NAME``, revision) -> its files; data sets as ``datasets/ORG/NAME``."""
    address: str = ""
    asked: list[str] = field(default_factory=list)
    """Method and path of each request."""
    sends_at_most: int | None = None
    """Bytes of a file after which it closes the connection."""
    breaks_left: int = 10**6
    """How often it does so."""
    silent: bool = False
    """Takes requests and never answers."""
    spoilt: bytes = b""
    """Stands in place of the last bytes of each large file."""

    def holds(self, name: str, folder: Path, revision: str = "main") -> LoopbackHub:
        """Offers the files of ``folder`` under a name."""
        self.folders[name, revision] = folder
        return self

    def commit(self, name: str, revision: str) -> str | None:
        """The hash behind a revision, which is also one."""
        for known, label in self.folders:
            digest = hashlib.sha1(f"{known}@{label}".encode()).hexdigest()
            if known == name and revision in (label, digest):
                return digest
        return None

    def folder(self, name: str, revision: str) -> Path | None:
        """The files of a revision, by its name or hash."""
        for known, label in self.folders:
            if known == name and self.commit(name, revision) == self.commit(name, label):
                return self.folders[known, label]
        return None

    def downloads(self, ending: str) -> int:
        """How many files with this ending were asked for."""
        return sum(one.startswith("GET") and one.endswith(ending) for one in self.asked)


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: LoopbackHub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer()

    def log_message(self, *arguments: object) -> None:
        pass

    def _answer(self) -> None:
        path = unquote(self.path.partition("?")[0])
        self.hub.asked.append(f"{self.command} {path}")
        if self.hub.silent:
            time.sleep(60)
        if file := _FILE.fullmatch(path):
            self._file(f"{file[1] or ''}{file[2]}", file[3], file[4])
        elif api := _API.fullmatch(path):
            kind = "datasets/" if api[1] == "datasets" else ""
            self._facts(f"{kind}{api[2]}", api[4] or "main", api[3], api[5] or "")
        else:
            self._send(200 if path == "/" else 404, b"")

    def _file(self, name: str, revision: str, path: str) -> None:
        folder = self.hub.folder(name, revision)
        if folder is None:
            return self._unknown(name)
        file = folder / path
        if not file.is_file():
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        content = file.read_bytes()
        facts = {
            "ETag": f'"{_etag(path, content)}"',
            "X-Repo-Commit": self.hub.commit(name, revision) or "",
            "Accept-Ranges": "bytes",
        }
        if self.hub.spoilt and path.endswith(_LARGE):
            content = content[: -len(self.hub.spoilt)] + self.hub.spoilt
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self._send(200, content, facts)
        first = int(wanted[1])
        facts["Content-Range"] = f"bytes {first}-{len(content) - 1}/{len(content)}"
        return self._send(206, content[first:], facts)

    def _unknown(self, name: str) -> None:
        known = any(one == name for one, _ in self.hub.folders)
        self._send(404, b"", {"X-Error-Code": "RevisionNotFound" if known else "RepoNotFound"})

    def _facts(self, name: str, revision: str, what: str | None, below: str) -> None:
        folder = self.hub.folder(name, revision)
        if folder is None:
            return self._unknown(name)
        if what == "tree" and not (folder / below).is_dir():
            return self._send(404, b"", {"X-Error-Code": "EntryNotFound"})
        if what == "tree":
            top = folder / below
            inside = top.rglob("*") if "recursive=true" in self.path.lower() else top.glob("*")
            return self._json([_entry(path, folder) for path in sorted(inside)])
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        siblings = [{"rfilename": str(file.relative_to(folder))} for file in files]
        short = name.removeprefix("datasets/")
        facts = {"id": short, "sha": self.hub.commit(name, revision), "siblings": siblings}
        return self._json(facts | {"private": False, "tags": [], "downloads": 0, "likes": 0})

    def _json(self, content: object) -> None:
        self._send(200, json.dumps(content).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "HEAD":
            return
        most = self.hub.sends_at_most
        if most is not None and len(content) > most and self.hub.breaks_left > 0:
            self.hub.breaks_left -= 1
            content = content[:most]
            self.close_connection = True
        self.wfile.write(content)


def _etag(path: str, content: bytes) -> str:
    kind = hashlib.sha256 if path.endswith(_LARGE) else hashlib.sha1
    return kind(content).hexdigest()


def _entry(file: Path, folder: Path) -> dict[str, object]:
    path = str(file.relative_to(folder))
    if file.is_dir():
        return {"type": "directory", "path": path, "size": 0, "oid": "0" * 40}
    content = file.read_bytes()
    digest = hashlib.sha1(content).hexdigest()
    entry = {"type": "file", "path": path, "size": len(content), "oid": digest}
    if path.endswith(_LARGE):
        whole = hashlib.sha256(content).hexdigest()
        return entry | {"lfs": {"oid": whole, "size": len(content), "pointerSize": 130}}
    return entry


@contextlib.contextmanager
def loopback_hub() -> Iterator[LoopbackHub]:
    """A running hub, empty at first."""
    hub = LoopbackHub()
    handler = type("Handler", (_Handler,), {"hub": hub})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        hub.address = f"http://127.0.0.1:{server.server_address[1]}"
        yield hub
        server.shutdown()
