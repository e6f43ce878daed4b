"""A process of its own whose hub is another: libraries read such settings when imported."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from toy import CHECKOUT


class Child:
    """Answers one question after another, as long as its process runs."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def weights(self, name: str) -> dict[str, Any]:
        """``hash`` and ``note`` of a backbone, or the ``error``, and the ``seconds`` it took."""
        return self._answer({"backbone": name})

    def images(self, task: str, folder: Path, size: int) -> dict[str, Any]:
        """``hash`` and number of training ``images`` of a task, or the ``error``."""
        return self._answer({"task": task, "folder": str(folder), "size": size})

    def _answer(self, question: dict[str, object]) -> dict[str, Any]:
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextlib.contextmanager
def child(hub: str, home: Path, **settings: str) -> Iterator[Child]:
    """One that asks the hub at this address, and keeps what it gets below ``home``."""
    own = {"HF_ENDPOINT": hub, "HF_HOME": str(home), "BENCHMARK_CACHE": str(home / "cache")}
    process = subprocess.Popen(
        [sys.executable, __file__],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)} | own | settings,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Child(process)
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def _weights(name: str) -> dict[str, Any]:
    from benchmark.training.backbones import Backbone

    backbone = Backbone(name)
    return {"hash": backbone.weights_hash, "note": backbone.weights_note}


def _images(name: str, folder: str, size: int) -> dict[str, Any]:
    from benchmark.tasks import data
    from benchmark.tasks.load import load_task

    found = data.load(load_task(name, Path(folder)), size)
    return {"hash": found.hash, "images": len(found.train.labels)}


def _serve() -> None:
    import time

    from benchmark.errors import UserError

    for line in sys.stdin:
        question, started = json.loads(line), time.monotonic()
        try:
            name = question.get("backbone")
            answer = (
                _weights(name)
                if name
                else _images(question["task"], question["folder"], question["size"])
            )
        except UserError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer | {"seconds": time.monotonic() - started}), flush=True)


if __name__ == "__main__":
    _serve()
