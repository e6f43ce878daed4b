import pytest

from benchmark.errors import UserError
from benchmark.tasks.proposal.shape import Shape
from benchmark.tasks.proposal.shape import shape as shape_of


def refuse(what, mend):
    return UserError(what, mend=mend)


def shape(*images, table=None, label=None):
    return shape_of(images, table=table, label=label, refuse=refuse)


def refusal(*images, **given):
    with pytest.raises(UserError) as caught:
        shape(*images, **given)
    return str(caught.value)


def test_class_folders_need_no_word():
    assert shape("cat/1.png", "dog/2.png") == Shape("", {}, {}, ())


@pytest.mark.parametrize(
    ("names", "keys"),
    [
        (("train", "test"), {"train_split": "train", "test_split": "test"}),
        (("TRAIN", "Test"), {"train_split": "TRAIN", "test_split": "Test"}),
        (("Train", "VALID"), {"train_split": "Train", "test_split": "VALID"}),
        (("train", "val"), {"train_split": "train", "test_split": "val"}),
        (("Train", "validation"), {"train_split": "Train", "test_split": "validation"}),
        (("train", "test", "val"), {"train_split": "train+val", "test_split": "test"}),
    ],
)
def test_split_folders_are_known_by_their_names(names, keys):
    assert shape(*(f"{name}/{c}/1.png" for name in names for c in "ab")).data == keys


def test_a_validation_split_beside_a_test_split_is_said_to_be_training_images():
    notes = shape("train/a/1.png", "val/a/2.png", "test/a/3.png").notes
    assert notes == ("val counts as training images: every label counts",)


def test_a_validation_split_that_stands_in_for_the_test_is_said():
    assert shape("train/a/1.png", "val/a/2.png").notes == (
        "'val' stands in for the test split that is not there",
    )


def test_classes_may_be_called_like_splits():
    assert shape("train/1.png", "bus/2.png").data == {}
    assert shape("train/test/1.png", "test/test/2.png").data["test_split"] == "test"


@pytest.mark.parametrize("around", ["birds", "birds/images", "train"])
def test_folders_around_the_class_folders_are_passed(around):
    found = shape(f"{around}/a/1.png", f"{around}/b/2.png")
    assert (found.below, found.data) == (around, {})
    assert found.notes == (f"all images lie in {around}/",)


def test_one_class_alone_is_not_taken_for_a_folder_around():
    assert shape("cat/1.png", "cat/2.png").below == ""


def test_splits_inside_of_class_folders_are_found():
    found = shape("cat/train/1.png", "cat/Test/2.png", "dog/train/3.png", "dog/Test/4.png")
    assert found.load == {"data_files": {"train": ["*/train/*"], "Test": ["*/Test/*"]}}
    assert found.data == {"train_split": "train", "test_split": "Test", "label": "top"}


def test_nested_class_folders_are_left_to_the_person():
    message = refusal("apple/rust/1.png", "apple/scab/2.png", "maize/rust/3.png")
    assert "class folders hold folders: apple/rust" in message
    assert "LABEL=path" in message
    assert shape("apple/rust/1.png", "maize/rust/3.png", label="top").data == {"label": "top"}


def test_images_in_no_class_folders_have_no_classes():
    assert "the images lie in no class folders" in refusal("1.png", "2.png")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("val", "test"), "there are no training images"),
        (("train", "test", "testing"), "the test split may be any of test, testing"),
        (("train", "val", "valid"), "the test split may be any of val, valid"),
    ],
)
def test_splits_that_leave_it_open_are_refused(names, expected):
    assert expected in refusal(*(f"{name}/a/1.png" for name in names))


def test_where_a_table_names_the_classes_folders_are_splits_or_nothing():
    assert shape("images/1.png", "images/2.png", table="").data == {}
    assert shape("train/1.png", "test/2.png", table="").data == {
        "train_split": "train",
        "test_split": "test",
    }
