from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from made_contribution import put, sound

from benchmark.checks.contribution import check as contribution
from benchmark.harness import judged
from benchmark.training import schedule


@pytest.fixture(scope="module")
def short_windows():
    """A step each, so that a toy's training has several losses."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(schedule, "WINDOW_VIEWS", 64)
        yield


@pytest.fixture(scope="module")
def whole(task, tmp_path_factory, short_windows):
    """Records of two N, two seeds and three arms, with one audit of each trained arm."""
    root = tmp_path_factory.mktemp("whole")
    for n in (1, 2):
        for seed in (0, 1):
            for arm in ("scratch", "finetune", "probe"):
                put(root / "records", sound(task, arm, n, seed))
    for arm in ("scratch", "finetune"):
        audited = judged.folder(root / "records", "steps-x2")
        put(audited, sound(task, arm, 2, 0, "steps-x2"))
    return root / "records"


@pytest.fixture
def records(whole, tmp_path):
    """A copy of them, to be spoilt."""
    shutil.copytree(whole.parent, tmp_path / "results")
    return tmp_path / "results" / "records"


@pytest.fixture
def check(task, records):
    """What is wrong with the records: file -> what, several joined."""

    def checked():
        found: dict[Path, str] = {}
        for problem in contribution.check(records, task.folder).problems:
            file = Path(os.path.relpath(problem.file, records))
            found[file] = f"{found.get(file, '')}{problem.what}\n"
        return found

    return checked
