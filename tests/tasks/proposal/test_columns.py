import pytest

from benchmark.errors import UserError
from benchmark.tasks.proposal.columns import Columns
from benchmark.tasks.proposal.columns import columns as columns_of


def columns(*there, images=(), image=None, label=None):
    def refuse(what, mend):
        return UserError(what, mend=mend)

    return columns_of(there, lambda name: name in images, image, label, refuse)


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
        assert columns(*there, images=images) == Columns(*expected, None)


def test_a_column_that_names_splits_is_no_class():
    assert columns("img", "split", "kind", images=("img",)) == Columns("img", "kind", "split")


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
