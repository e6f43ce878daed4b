import pytest

from benchmark.errors import UserError
from benchmark.tasks.proposal.columns import Options
from benchmark.tasks.proposal.columns import columns as columns_of


def columns(*there, images=(), image=None, label=None, group=None):
    def refuse(what, mend):
        return UserError(what, mend=mend)

    named = Options(image, label, group)
    return columns_of(there, lambda name: name in images, named, refuse)


@pytest.mark.parametrize(
    ("there", "images", "expected"),
    [
        (("image", "label"), ("image",), ("image", "label")),
        (("File Name", "Species", "weight"), ("File Name",), ("File Name", "Species")),
        (("label", "path", "mask"), ("path", "mask"), ("path", "label")),
        (("id", "scan", "diagnosis"), ("scan",), None),
        (("scan", "diagnosis"), ("scan",), ("scan", "diagnosis")),
        (("image_id", "class", "x"), (), ("image_id", "class")),
    ],
)
def test_columns_are_known_by_what_they_hold_and_how_they_are_called(there, images, expected):
    if expected is None:
        with pytest.raises(UserError, match="which column holds the classes"):
            columns(*there, images=images)
    else:
        found = columns(*there, images=images)
        assert (found.image, found.label, found.tying.split) == (*expected, None)


def test_a_column_that_names_splits_is_no_class():
    found = columns("img", "split", "kind", images=("img",))
    assert (found.label, found.tying.split) == ("kind", "split")


@pytest.mark.parametrize("name", ["patient", "Patient ID", "subject_number", "lesion_id"])
def test_a_column_of_patients_and_the_like_ties_images_together(name):
    found = columns("img", name, "kind", images=("img",))
    assert (found.label, found.tying.group, found.tying.guessed) == ("kind", name, True)


def test_a_column_called_as_one_of_groups_is_the_classes_where_there_is_no_other():
    found = columns("img", "group", images=("img",))
    assert (found.label, found.tying.group) == ("group", None)


def test_a_person_may_name_the_column_of_groups():
    found = columns("img", "label", "mouse", "patient", images=("img",), group="mouse")
    assert (found.tying.group, found.tying.guessed) == ("mouse", False)


def test_what_a_person_says_goes_before_every_guess():
    found = columns(
        "image", "label", "kind", "photo", images=("image",), image="photo", label="kind"
    )
    assert (found.image, found.label) == ("photo", "kind")


def test_a_column_that_is_not_there_is_named_with_the_nearest():
    with pytest.raises(UserError, match="no column 'labl'; did you mean 'label'"):
        columns("image", "label", label="labl")


def test_images_that_are_nowhere_to_be_seen_are_asked_for():
    with pytest.raises(UserError, match="IMAGE_COLUMN"):
        columns("a", "label", "b")
