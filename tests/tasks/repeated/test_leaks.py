import pytest
from task_fixtures import make_task

from benchmark.tasks.repeated import leaks


@pytest.mark.parametrize(
    ("leaked", "of", "accepted", "refused"),
    [
        (0, 10, 0, False),
        (5, 100, 0, False),
        (6, 100, 0, True),
        (6, 100, 6, False),
        (7, 100, 6, True),
    ],
)
def test_more_than_a_share_is_refused_until_it_is_accepted(tmp_path, leaked, of, accepted, refused):
    task = make_task(tmp_path, accepted_duplicates=accepted)
    assert (leaks.refusal(task, leaked, of) is not None) == refused


def test_a_few_may_be_accepted_by_their_number(tmp_path):
    error = leaks.refusal(make_task(tmp_path), 6, 100)
    assert "6 of 100 test images (6%) are also training images" in error.what
    assert "accepted_duplicates: 6" in error.mend


def test_splits_that_overlap_are_not_offered_for_acceptance(tmp_path):
    error = leaks.refusal(make_task(tmp_path), 50, 100)
    assert "the splits overlap" in error.mend
    assert "accepted_duplicates" not in error.mend
