import numpy as np
import pytest

from benchmark.analysis.discoveries import discoveries


@pytest.mark.parametrize(
    ("p_values", "found"),
    [
        ([], []),
        ([0.04], [True]),
        ([0.04, 0.9, 0.9], [False, False, False]),
        ([0.001, 0.9, 0.03, 0.02], [True, False, True, True]),
        ([1.0, 1.0], [False, False]),
    ],
)
def test_one_answer_must_be_the_surer_the_more_was_asked(p_values, found):
    assert discoveries(p_values) == found


def test_where_nothing_is_to_be_found_one_page_in_twenty_finds_something():
    pages = np.random.default_rng(0).uniform(size=(2000, 60)).tolist()
    assert np.mean([any(discoveries(page)) for page in pages]) == pytest.approx(0.05, abs=0.015)
