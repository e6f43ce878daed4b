"""The command that lists backbones, without any training."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmark.cli import main as cli
from benchmark.errors import UserError
from benchmark.harness import usable
from benchmark.harness.usable import Candidate, Usable

FOUND = [Candidate("net", "bundled"), Candidate("local-dir:bad", "folder")]


@pytest.fixture
def asked(monkeypatch):
    seen = []

    def candidates(folders):
        seen.append(list(folders))
        return FOUND

    def look_at(one, image_size):
        seen.append(image_size)
        if one.name == "net":
            return Usable(one, 1_234_567, "ImageNet-1k", True, 99.6)
        return UserError("it is damaged")

    monkeypatch.setattr(usable, "candidates", candidates)
    monkeypatch.setattr(usable, "look_at", look_at)
    monkeypatch.setenv("BENCHMARK_BACKBONES", "mine")
    return seen


def test_each_that_can_be_used_is_a_row_and_others_say_why_not(asked, capsys):
    cli.main(["backbones"])
    head, row, other = capsys.readouterr().out.splitlines()
    assert head.split("  ")[0] == "BACKBONE"
    assert head.endswith("training images/s at 64 px")
    assert row.split() == ["net", "bundled", "1.23", "M", "ImageNet-1k", "yes", "100"]
    assert other == "local-dir:bad (folder) cannot be used: it is damaged"
    assert asked == [[Path("mine")], 64, 64]


def test_folders_and_size_can_be_chosen(asked):
    cli.main(["backbones", "--folder", "a", "--folder", "b", "--image-size", "32"])
    assert asked == [[Path("a"), Path("b")], 32, 32]
