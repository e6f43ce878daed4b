import csv
import shutil

import pytest
from task_fixtures import FOLDER, patch, write_folder, write_task

from benchmark.checks.validate import validate
from benchmark.errors import UserError
from benchmark.tasks import data

REMOTE = {"load_dataset": {"path": "organisation/name", "revision": "0123abc"}}
DIGITS = {"sklearn": "digits", "test_fraction": 0.4}


@pytest.fixture(autouse=True)
def cache_folder(tmp_path_factory, monkeypatch):
    monkeypatch.setenv("BENCHMARK_CACHE", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delenv("BENCHMARK_DATA", raising=False)


@pytest.fixture
def toy(tmp_path):
    write_folder(tmp_path / "toy")
    write_task(tmp_path, FOLDER)
    return tmp_path


def test_a_sound_task_has_counts_and_no_faults(toy):
    report = validate(folder=toy)
    counts = report.tasks[0].counts
    assert not report.failed
    assert (counts.classes, counts.train, counts.test) == (2, 6, 4)
    assert (counts.smallest_class, counts.smallest) == ("a", 3)
    assert "1 tasks, data of 1 checked, no faults" in str(report)


def test_every_faulty_task_is_reported_beside_the_sound_ones(toy):
    write_task(toy, FOLDER, "misspelt", licens="x")
    write_task(toy, {"load_dataset": {"path": "imagefolder", "data_dir": "no"}}, "missing")
    (toy / "empty.yaml").write_text("")
    report = validate(folder=toy)
    assert report.failed
    assert [task.name for task in report.tasks if task.faults] == ["empty", "missing", "misspelt"]
    for expected in ("this file is empty", "did you mean 'licence'", "no does not exist"):
        assert expected in str(report)


def test_an_unreadable_image_is_a_fault(toy):
    (toy / "toy/train/a/0.png").write_bytes(b"junk")
    assert "toy/train/a/0.png: this image cannot be read" in str(validate(folder=toy))


def test_only_the_named_tasks_are_checked(toy):
    (toy / "empty.yaml").write_text("")
    assert [task.name for task in validate(["toy"], toy).tasks] == ["toy"]


@pytest.mark.parametrize("name", ["tyo", "x" * 5000, "a\0b", "../toy"])
def test_an_unknown_name_hides_no_other_task(toy, name):
    report = validate([name, "toy"], toy)
    assert [len(task.faults) for task in report.tasks] == [1, 0]
    assert "unknown task" in report.tasks[0].faults[0]
    assert len(str(report)) < 2500


def test_no_folder_of_tasks_is_refused(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        validate(folder=tmp_path / "none")


def test_what_nobody_foresaw_hides_no_other_task(toy, monkeypatch):
    def broken(task, *, download):
        if task.name == "other":
            raise KeyError("\x1b[31mred")
        return sound(task, download=download)

    sound = data.fingerprints
    monkeypatch.setattr(data, "fingerprints", broken)
    write_task(toy, FOLDER, "other")
    report = validate(folder=toy)
    assert [len(task.faults) for task in report.tasks] == [1, 0]
    assert "other: FAULT it cannot be checked" in str(report)
    assert "\x1b" not in str(report)


def test_a_grid_of_which_nothing_can_be_run_is_a_fault(toy):
    write_task(toy, FOLDER, images_per_class=[4, 5])
    report = validate(folder=toy)
    assert "no N of the grid can be run: class 'a' has 3 training images" in str(report)
    assert report.failed


def test_classes_are_listed_with_their_counts(toy):
    assert "toy: classes (training + test images): a 3 + 2, b 3 + 2" in str(validate(folder=toy))


def test_files_that_are_not_used_are_notes(toy):
    (toy / "toy/train/a/notes.txt").write_text("x")
    report = validate(folder=toy)
    assert "toy: not used: notes.txt in toy/train/a/" in str(report)
    assert not report.failed


def test_test_images_in_train_fail_the_task(toy):
    shutil.copy(toy / "toy/train/a/0.png", toy / "toy/test/a/0.png")
    report = validate(folder=toy)
    assert report.failed
    assert "1 of 4 test images (25%) are also training images" in str(report)
    assert "toy/test/a/0.png (a) = toy/train/a/0.png (a)" in str(report)
    assert "accepted_duplicates" not in str(report)


def test_test_images_in_train_can_be_accepted_by_their_number(toy):
    shutil.copy(toy / "toy/train/a/0.png", toy / "toy/test/a/0.png")
    write_task(toy, FOLDER, accepted_duplicates=1)
    assert not validate(folder=toy).failed
    shutil.copy(toy / "toy/train/b/0.png", toy / "toy/test/b/0.png")
    assert validate(folder=toy).failed


def test_duplicates_within_a_split_and_across_labels_are_counted(toy):
    shutil.copy(toy / "toy/train/a/0.png", toy / "toy/train/b/0.png")
    report = validate(folder=toy)
    found = report.tasks[0].counts.duplicates
    assert (found.within_train, found.conflicting, found.test_in_train) == (1, 1, 0)
    assert not report.failed


def test_images_that_repeat_are_named_and_listed_in_a_file(toy):
    copies = {"test/b/x.png": "train/a/0.png", "train/b/y.png": "train/a/1.png"}
    copies |= {"train/a/z.png": "train/a/2.png", "test/a/w.png": "test/a/1.png"}
    for new, old in copies.items():
        shutil.copy(toy / "toy" / old, toy / "toy" / new)
    (toy / "toy/train/a/=cmd.txt").write_text("x")
    report = str(validate(folder=toy, lists=toy / "lists"))
    for expected in (
        "two labels, 2 in all: toy/train/b/y.png (b) = toy/train/a/1.png (a), toy/test/b/x.png (b)",
        "twice in train, 2 in all: toy/train/a/z.png (a) = toy/train/a/2.png (a)",
        "twice in test, 1 in all: toy/test/a/w.png (a) = toy/test/a/1.png (a)",
        "test image is a training image, 1 in all: toy/test/b/x.png (b) = toy/train/a/0.png (a)",
        f"all of them are listed in {toy / 'lists/toy.csv'}",
    ):
        assert expected in report
    with (toy / "lists/toy.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert ("twice in test", "toy/test/a/w.png") in {(r["problem"], r["image"]) for r in rows}
    assert rows[-1]["problem"] == "not used: in no image format that is read"


def test_a_list_goes_when_there_is_nothing_to_list(toy):
    copy = toy / "toy/train/a/x.png"
    shutil.copy(toy / "toy/train/a/0.png", copy)
    validate(folder=toy, lists=toy / "lists")
    copy.unlink()
    assert "listed" not in str(validate(folder=toy, lists=toy / "lists"))
    assert not (toy / "lists/toy.csv").exists()


@pytest.mark.parametrize("repeats", [False, True])
def test_a_table_of_ones_own_in_the_list_s_place_stays(toy, repeats):
    if repeats:
        shutil.copy(toy / "toy/train/a/0.png", toy / "toy/train/a/x.png")
    mine = toy / "lists/toy.csv"
    mine.parent.mkdir()
    mine.write_text("image,label\n")
    assert "is another table and stays" in str(validate(folder=toy, lists=mine.parent))
    assert mine.read_text() == "image,label\n"


def test_a_list_that_cannot_be_written_hides_nothing(toy):
    shutil.copy(toy / "toy/train/a/0.png", toy / "toy/train/a/x.png")
    (toy / "lists").write_text("a file")
    report = validate(folder=toy, lists=toy / "lists")
    assert "lists/toy.csv cannot be written" in str(report)
    assert not report.failed


def test_a_few_leaks_are_named_but_no_fault(toy):
    for i in range(40):
        patch(1000 + i).save(toy / "toy/test/b" / f"more{i}.png")
    shutil.copy(toy / "toy/train/a/0.png", toy / "toy/test/a/0.png")
    report = validate(folder=toy)
    assert "test image is a training image, 1 in all: toy/test/a/0.png (a)" in str(report)
    assert not report.failed


def test_too_large_n_names_the_class_that_is_too_small(toy):
    write_task(toy, FOLDER, images_per_class=[1, 3, 5])
    (toy / "toy/train/a/0.png").unlink()
    report = validate(folder=toy)
    assert not report.failed
    assert "N = 3 is left out: a has 2" in str(report)
    assert "N = 5 is left out: a has 2, b has 3" in str(report)


def test_data_elsewhere_are_not_fetched_unless_asked_for(toy):
    write_task(toy, REMOTE, "remote")
    write_task(toy, {"mirror": "x"}, "mirrored")
    report = validate(folder=toy)
    assert not report.failed
    assert "remote: YAML sound, data not checked" in str(report)
    assert "mirrored: YAML sound, data not checked" in str(report)
    assert "3 tasks, data of 1 checked" in str(report)


def test_data_that_are_asked_for_but_cannot_be_had_are_a_fault(toy):
    write_task(toy, REMOTE, "remote")
    report = validate(["remote"], toy, download=True)
    assert report.failed
    assert "cannot be reached" in str(report)


def test_a_second_check_reads_no_image(toy, monkeypatch):
    first = validate(folder=toy)
    monkeypatch.setattr(data.images, "decode", None)
    assert str(validate(folder=toy)) == str(first)


def test_digits_are_sound(tmp_path):
    write_task(tmp_path, DIGITS, "digits", images_per_class=[1, 100])
    report = validate(folder=tmp_path)
    assert not report.failed
    assert all("nearly equals" in note for note in report.tasks[0].notes)
