import csv

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from people import image, images, proposal
from task_fixtures import encoded, patch

from benchmark.errors import UserError
from benchmark.tasks import data
from benchmark.tasks.load import load_task
from benchmark.tasks.proposal import writing


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The folder of tasks."""
    made = tmp_path / "tasks"
    made.mkdir()
    monkeypatch.setenv("BENCHMARK_TASKS", str(made))
    return made


def written(given, folder, **options):
    """The task that was written, read again."""
    made = proposal(given, folder, **options)
    writing.write(folder / "birds.yaml", made.found, made.dealt, made.suggested)
    return load_task("birds", folder)


def sides(folder):
    with (folder / "birds.csv").open(newline="", encoding="utf-8") as file:
        return {row["image"]: row["split"] for row in csv.DictReader(file)}


def test_what_is_written_is_a_task_with_the_proposed_settings(folder, tmp_path):
    root = images(tmp_path / "b", robin=10, wren=10)
    task = written(root, folder)
    assert (task.title, task.images_per_class, task.image_size, task.flip) == (
        "Birds",
        (1, 2, 5, 7),
        32,
        True,
    )
    loaded = data.load(task, 8)
    assert (len(loaded.train.labels), len(loaded.test.labels)) == (14, 6)
    assert loaded.class_names == ("robin", "wren")


def test_the_list_names_every_image_with_its_side(folder, tmp_path):
    root = images(tmp_path / "b", robin=4, wren=4)
    (root / "wren/broken.png").write_bytes(b"")
    written(root, folder)
    listed = sides(folder)
    assert len(listed) == 9
    assert [*listed.values()].count("test") == 2
    assert listed["./wren/broken.png"] == "left out"


def test_a_list_that_a_spreadsheet_saved_in_another_encoding_is_not_the_one_that_was_written(
    folder, tmp_path
):
    root = images(tmp_path / "b", Käfer=4, wren=4)
    task, made = written(root, folder), proposal(root, folder)
    assert writing.is_written(task, made.found, made.dealt, made.suggested)
    listed = folder / "birds.csv"
    listed.write_bytes(listed.read_text(encoding="utf-8").encode("cp1252"))
    assert not writing.is_written(task, made.found, made.dealt, made.suggested)


def test_rows_whose_image_is_gone_or_not_read_are_left_out_and_the_others_used(folder, tmp_path):
    root = images(tmp_path / "b", pictures=8)
    (root / "pictures/phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    names = [*(f"pictures/{i}.png" for i in range(8)), "pictures/gone.png", "pictures/phone.heic"]
    rows = [f"{name},{'xy'[i % 2]}" for i, name in enumerate(names)]
    (root / "metadata.csv").write_text("\n".join(["file_name,label", *rows]) + "\n")
    task = written(root, folder)
    assert data.load(task, 8).class_names == ("x", "y")
    out = [name for name, side in sides(folder).items() if side == "left out"]
    assert out == ["./pictures/gone.png", "./pictures/phone.heic"]


def test_every_setting_comes_with_its_reason(folder, tmp_path):
    written(images(tmp_path / "b", robin=4, wren=4), folder)
    text = (folder / "birds.yaml").read_text(encoding="utf-8").splitlines()
    for key in ("image_size:", "images_per_class:", "flip:", "data:"):
        (at,) = (i for i, line in enumerate(text) if line.startswith(key))
        assert text[at - 1].startswith("# ")


def test_a_published_split_without_a_flaw_needs_no_list(folder, tmp_path):
    (folder / "birds.csv").write_text("left by an earlier task")
    root = images(tmp_path / "b", train__a=3, train__b=3, test__a=2, test__b=2)
    task = written(root, folder)
    assert task.data.split_file is None
    assert not (folder / "birds.csv").exists()
    assert len(data.load(task, 8).test.labels) == 4


@pytest.mark.parametrize("flaw", ["copy", "broken", "link"])
def test_a_published_split_with_a_flaw_has_a_list_and_loads(folder, tmp_path, flaw):
    root = images(tmp_path / "b", train__a=3, train__b=3, test__a=2, test__b=2)
    if flaw == "copy":
        image(root / "train/a/copy.png", like=root / "test/a/0.png")
    elif flaw == "broken":
        (root / "test/a/broken.png").write_bytes(b"")
    else:
        (root / "test/a/out.png").symlink_to("/etc/passwd")
    loaded = data.load(written(root, folder), 8)
    assert (len(loaded.train.labels), len(loaded.test.labels)) == (6, 4)
    assert loaded.test_in_train == ()


@pytest.mark.parametrize(
    "name", ["a: b #c", 'it\'s "so"', "Vögel ♂", "-x", "{x}", "1:30", "yes", "[a]*?", "%s", "~"]
)
def test_folders_and_classes_may_have_any_name(folder, tmp_path, name):
    root = images(tmp_path / name, wren=3)
    for i in range(3):
        image(root / name / f"{i} {name}.png")
    loaded = data.load(written(root, folder), 8)
    assert {*loaded.class_names} == {name, "wren"}


@pytest.mark.parametrize("name", ["list [1].csv", "a: b.csv", "Liste ü.csv"])
def test_a_table_may_have_any_name(folder, tmp_path, name):
    images(tmp_path, robin=3, wren=3)
    lines = [f"{c}/{i}.png,{c}" for c in ("robin", "wren") for i in range(3)]
    (tmp_path / name).write_text("\n".join(["image,label", *lines]))
    assert len(data.load(written(tmp_path / name, folder), 8).test.labels) == 2


def test_a_name_from_outside_ends_no_comment(folder, tmp_path):
    root = images(tmp_path / "b", wren=30)
    for i in range(3):
        image(root / "robin\nflip: 7 #" / f"{i}.png")
    with pytest.raises(UserError, match="not two classes"):  # such names cannot be listed
        proposal(root, folder)


def test_rows_of_one_file_under_one_class_stay_together(folder, tmp_path):
    images(tmp_path, robin=3, wren=3)
    lines = [f"{c}/{i}.png,{c}" for c in ("robin", "wren") for i in (0, 0, 1, 2)]
    (tmp_path / "list.csv").write_text("\n".join(["image,label", *lines]))
    loaded = data.load(written(tmp_path / "list.csv", folder), 8)
    assert len(loaded.train.labels) + len(loaded.test.labels) == 8
    assert loaded.test_in_train == ()


# Names


def test_a_task_is_never_written_over_unasked(folder):
    (folder / "birds.yaml").write_text("mine")
    with pytest.raises(UserError, match="there is a task 'birds' already") as caught:
        writing.check_name("birds", force=False)
    assert "FORCE=1" in str(caught.value.mend)
    assert writing.check_name("birds", force=True) == folder / "birds.yaml"


@pytest.mark.parametrize("force", [False, True])
def test_neither_is_another_file_in_the_place_of_the_list_even_if_asked(folder, force):
    (folder / "birds.csv").write_text("image,label,notes\na.png,robin,mine\n")
    with pytest.raises(UserError, match="no list of a task's split") as caught:
        writing.check_name("birds", force=force)
    assert "birds.csv" in str(caught.value)
    assert writing.is_taken("birds")
    assert not writing.is_taken("beetles")


@pytest.mark.parametrize("by", [",", ";", "\t"])
def test_a_list_that_a_spreadsheet_has_saved_is_one_all_the_same(folder, by):
    (folder / "birds.csv").write_text("\ufeff" + by.join(["image", "split", "reason"]) + "\r\n")
    assert writing.check_name("birds", force=True)


@pytest.mark.parametrize("name", ["", "../x", "a/b", "a b", ".x", "é", "x" * 61, "a\n"])
def test_a_name_that_is_none_is_refused(folder, name):
    with pytest.raises(UserError, match="is no name of a task"):
        writing.check_name(name, force=True)


def test_the_folder_of_tasks_need_not_exist(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHMARK_TASKS", str(tmp_path / "new" / "tasks"))
    file = writing.check_name("birds", force=False)
    made = proposal(images(tmp_path / "b", robin=3, wren=3), file.parent)
    writing.write(file, made.found, made.dealt, made.suggested)
    assert load_task("birds").title == "Birds"


def test_images_of_a_parquet_table_may_have_any_names(folder, tmp_path):
    names = [f"{start}{i}.png" for i in range(4) for start in "-=@+"]
    for i, name in enumerate(names):
        (tmp_path / name).write_bytes(encoded(patch(i)))
    table = pa.table({"image": names, "label": ["x", "y"] * 8})
    pq.write_table(table, tmp_path / "all.parquet")
    assert len(data.load(written(tmp_path / "all.parquet", folder), 8).test.labels) == 4
