import os
from pathlib import Path

import pytest

from benchmark.errors import UserError
from benchmark.tasks.reading import walk
from benchmark.tasks.unused import Unused


def touch(root, *files):
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).write_text(file)


def listed(root, *starts, confined=True):
    return walk.walk(root, starts or ["."], confined=confined)


def test_files_are_sorted_as_text_and_those_of_hidden_folders_are_there(tmp_path):
    touch(tmp_path, "a b/1", "a/2", ".hidden/3", "__background__/4")
    assert listed(tmp_path).files == [".hidden/3", "__background__/4", "a b/1", "a/2"]


def test_folders_that_overlap_are_walked_once(tmp_path):
    touch(tmp_path, "a/b/1", "ab/2")
    assert listed(tmp_path, "a/b", "a", "a/b/1", "ab").files == ["a/b/1", "ab/2"]


def test_what_programs_leave_behind_is_set_aside(tmp_path):
    touch(tmp_path, "a/.DS_Store", "a/._1.png", "a/1.png", "__MACOSX/a/1.png")
    tree = listed(tmp_path)
    assert tree.files == ["a/1.png"]
    assert {one.path for one in tree.unused} == {"a/.DS_Store", "a/._1.png", "__MACOSX"}


def test_hidden_files_are_set_aside(tmp_path):
    touch(tmp_path, "a/.draft.png", "a/1.png")
    tree = listed(tmp_path)
    assert (tree.files, tree.unused) == (["a/1.png"], [Unused("a/.draft.png", "a hidden file")])


@pytest.fixture
def locked(monkeypatch):
    """Makes folders of this name unreadable, for whoever runs the tests."""

    def scandir(path, real=os.scandir):
        if Path(path).name == "locked":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(walk.os, "scandir", scandir)


@pytest.mark.usefixtures("locked")
def test_a_folder_that_cannot_be_read_is_a_fault_of_its_own(tmp_path):
    touch(tmp_path, "a/1", "locked/2", "lost+found/3")
    tree = listed(tmp_path)
    assert tree.files == ["a/1"]
    assert tree.faults == [("locked", "is a folder that cannot be read: Permission denied")]
    with pytest.raises(UserError, match="this folder cannot be read"):
        listed(tmp_path, "locked")


def test_links_within_the_root_are_followed(tmp_path):
    touch(tmp_path, "a/1")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    assert listed(tmp_path).files == ["a/1", "b/1"]


@pytest.mark.parametrize("target", ["a", ".", "a/loop"])
def test_a_link_loop_is_named_and_the_rest_is_read(tmp_path, target):
    touch(tmp_path, "a/1")
    (tmp_path / "a/loop").symlink_to(tmp_path / target)
    tree = listed(tmp_path)
    assert tree.files == ["a/1"]
    assert tree.unused == [Unused("a/loop", "a link that leads back to itself")]


def test_two_folders_that_link_to_each_other_end(tmp_path):
    touch(tmp_path, "a/1", "b/2")
    (tmp_path / "a/x").symlink_to(tmp_path / "b")
    (tmp_path / "b/y").symlink_to(tmp_path / "a")
    assert listed(tmp_path).files == ["a/1", "a/x/2", "b/2", "b/y/1"]


@pytest.mark.parametrize("confined", [True, False])
def test_a_link_out_of_the_root_is_a_fault_where_it_is_confined(tmp_path, confined):
    touch(tmp_path, "elsewhere/1", "root/2")
    (tmp_path / "root/out").symlink_to(tmp_path / "elsewhere")
    tree = listed(tmp_path / "root", confined=confined)
    assert tree.files == (["2"] if confined else ["2", "out/1"])
    assert tree.faults == ([("out", "leads out of the task's folder")] if confined else [])


def test_what_is_neither_file_nor_folder_is_set_aside(tmp_path):
    os.mkfifo(tmp_path / "pipe.png")
    assert listed(tmp_path).unused == [Unused("pipe.png", "neither a file nor a folder")]


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    touch(tmp_path, "a/1", "a/2", "a/3")
    monkeypatch.setattr(walk, "MOST", 2)
    with pytest.raises(UserError, match="more than 2 files"):
        listed(tmp_path)


@pytest.mark.parametrize("path", ["x" * 5000, "a\0b", "../../etc/passwd"])
def test_a_path_that_is_none_is_said(tmp_path, path):
    assert walk.inside(tmp_path / path, tmp_path, "x")
