import dataclasses

import pytest
from toy import failed, record

from benchmark.analysis.retrials import _as_all_wrong
from benchmark.analysis.scores import score_of

ORIGINAL = score_of(record(correct="0110"))
FAILED = score_of(failed())


def test_a_training_that_failed_under_another_recipe_got_no_image_right():
    counted = _as_all_wrong(FAILED, ORIGINAL)
    assert counted.reason is None
    assert counted.hits.tolist() == [False] * 4


@pytest.mark.parametrize(
    ("again", "original"),
    [(ORIGINAL, ORIGINAL), (FAILED, FAILED)],
    ids=["succeeded", "both failed"],
)
def test_other_scores_stay_as_they_are(again, original):
    assert _as_all_wrong(dataclasses.replace(again), original) == again
