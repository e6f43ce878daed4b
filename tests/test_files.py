import pytest

from benchmark import files


def test_a_file_is_what_was_written_and_its_folder_is_made(tmp_path):
    file = tmp_path / "new" / "page.md"
    files.write(file, "N\u2217 \u2265 4")
    assert file.read_bytes() == "N\u2217 \u2265 4".encode()
    files.write(file, b"\x00\xff")
    assert file.read_bytes() == b"\x00\xff"
    assert list(file.parent.iterdir()) == [file]


def test_a_reader_sees_the_old_file_until_the_new_one_is_whole(tmp_path):
    file = tmp_path / "page.md"
    files.write(file, "old")
    with files.replacing(file) as temporary:
        temporary.write_text("ne")
        assert file.read_text() == "old"
        temporary.write_text("new")
    assert file.read_text() == "new"


@pytest.mark.parametrize("before", [None, "old"])
def test_a_failure_leaves_what_was_there_and_no_temporary_file(tmp_path, before):
    file = tmp_path / "page.md"
    if before is not None:
        files.write(file, before)

    def fail():
        with files.replacing(file) as temporary:
            temporary.write_text("half")
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space left"):
        fail()
    assert [path.read_text() for path in tmp_path.iterdir()] == ([before] if before else [])


def test_a_folder_in_the_way_stays_and_nothing_is_left_beside_it(tmp_path):
    (tmp_path / "page.md" / "inside").mkdir(parents=True)
    with pytest.raises(OSError, match=r"page\.md"):
        files.write(tmp_path / "page.md", "text")
    assert [path.name for path in tmp_path.rglob("*")] == ["page.md", "inside"]


def test_equal_values_have_equal_digests_in_whatever_order_their_keys_come():
    one = {"rate": 0.1, "steps": {"a": 1, "b": [1, 2]}}
    other = {"steps": {"b": [1, 2], "a": 1}, "rate": 0.1}
    assert files.digest(one) == files.digest(other)
    assert len(files.digest(one)) == 64


@pytest.mark.parametrize("other", [{"a": [2, 1]}, {"a": [1, 2, 3]}, {"b": [1, 2]}, {"a": ["1", 2]}])
def test_other_values_have_other_digests(other):
    assert files.digest({"a": [1, 2]}) != files.digest(other)
