import os
import shutil
import zipfile

import pytest

from benchmark.tasks.sources import unpacking
from benchmark.tasks.sources.unpacking import UnpackingError, unpack


def packed(folder, *names, content=b"x" * 10_000):
    with zipfile.ZipFile(folder / "a.zip", "w", zipfile.ZIP_DEFLATED) as file:
        for name in names:
            file.writestr(name, content)
    return folder / "a.zip"


def refusal(folder, *names):
    with pytest.raises(UnpackingError) as caught:
        unpack(packed(folder, *names), folder / "out")
    assert not (folder / "out").exists()
    return str(caught.value)


def test_files_are_unpacked(tmp_path):
    unpack(packed(tmp_path, "a/1.png", "b.txt"), tmp_path / "out")
    assert (tmp_path / "out/a/1.png").stat().st_size == 10_000


@pytest.mark.parametrize("name", ["../evil", "/etc/evil", "a/../../evil"])
def test_no_file_leaves_the_folder(tmp_path, name):
    (tmp_path / "in").mkdir()
    unpack(packed(tmp_path, name), tmp_path / "in" / "out")
    assert not [p for p in tmp_path.rglob("evil") if tmp_path / "in/out" not in p.parents]


def test_bounds_hold_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "LARGEST", 15_000)
    assert refusal(tmp_path, "a", "b") == "unpacks to 20,000 bytes, more than 15,000"
    monkeypatch.setattr(unpacking, "MOST_FILES", 1)
    assert refusal(tmp_path, "a", "b") == "holds 2 files, more than 1"


def test_too_long_a_name_is_said(tmp_path):
    assert "too long a name: x" in refusal(tmp_path, "x" * 300)


def test_a_file_that_is_also_a_folder_is_said(tmp_path):
    with pytest.raises(UnpackingError, match="not a whole zip file"):
        unpack(packed(tmp_path, "a", "a/b"), tmp_path / "out")


def test_a_disk_without_space_is_left_alone(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)._replace(free=100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(OSError, match=os.strerror(28)):
        unpack(packed(tmp_path, "a"), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_zip_file_is_said(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>")
    with pytest.raises(UnpackingError, match="not a whole zip file"):
        unpack(tmp_path / "a.zip", tmp_path / "out")
