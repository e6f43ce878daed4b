import dataclasses
import math

import pytest
from made_boards import RECIPE, THROUGHOUT, UNKNOWN, boards, claim, point, unfinished

from benchmark.analysis.board import ArmResult
from benchmark.analysis.explained.known import Known
from benchmark.analysis.explained.shares import compressions
from benchmark.analysis.gains import GainEstimate
from benchmark.pages.statements.claims import claims
from benchmark.pages.statements.stand_in import COMPRESSION, DROPOUT, RANDOM_RULES
from benchmark.records.explained.finding import Compression

AS_GOOD, WORSE, UNSURE = (0.0, 0.002), (-0.1, 0.01), (-0.01, 0.02)
"""Means of differences to fine-tuning, and their standard errors."""
RULES = ("scratch_kaiming", "scratch_orthogonal", "scratch_xavier")


def with_arms(made, **means):
    """The boards with arms that were run at N = 1 and 10."""

    def result(mean, error):
        gains = tuple(GainEstimate(mean, error, math.inf, n, 5) for n in (1, 10))
        return ArmResult(False, (point(1), point(10)), (RECIPE,), 1.0, None, gains)

    arms = {name: result(*one) for name, one in means.items()}
    return [dataclasses.replace(one, arms=one.arms | arms) for one in made]


@pytest.mark.parametrize(
    ("found", "answer"), [(AS_GOOD, "true"), (WORSE, "false"), (UNSURE, "undecided")]
)
def test_what_is_as_good_as_fine_tuning_stands_in_for_it(found, answer):
    made = with_arms(boards(*[THROUGHOUT] * 4), scratch_dropout=found)
    assert claim(DROPOUT, made).verdict == answer


@pytest.mark.parametrize(("found", "arm"), [(WORSE, "scratch_dropout"), (AS_GOOD, "finetune")])
def test_an_arm_whose_trainings_were_still_falling_may_be_better_than_it_looks(found, arm):
    made = with_arms(boards(*[THROUGHOUT] * 4), scratch_dropout=found)
    assert claim(DROPOUT, unfinished(arm, made)).verdict == "undecided"


def test_with_fewer_than_four_tasks_nothing_is_decided():
    made = claim(DROPOUT, with_arms(boards(*[THROUGHOUT] * 3), scratch_dropout=WORSE))
    assert made.verdict == "undecided"
    assert made.reason.startswith("3 tasks are counted so far")


def test_the_best_rule_counts():
    rules = dict.fromkeys(RULES, WORSE)
    made = boards(*[THROUGHOUT] * 4)
    assert claim(RANDOM_RULES, with_arms(made, **rules)).verdict == "false"
    one_good = rules | {"scratch_xavier": AS_GOOD}
    assert claim(RANDOM_RULES, with_arms(made, **one_good)).verdict == "true"


def test_without_one_of_the_rules_nothing_is_said():
    made = with_arms(boards(*[THROUGHOUT] * 4), scratch_kaiming=WORSE, scratch_xavier=WORSE)
    assert claim(RANDOM_RULES, made).verdict == "not measured"


def test_compression_is_asked_only_where_fine_tuning_helps():
    both = {"autoencoder": AS_GOOD, "autoencoder_all": AS_GOOD}
    assert claim(COMPRESSION, with_arms(boards(*[THROUGHOUT] * 4), **both)).verdict == "true"
    unhelped = claim(COMPRESSION, with_arms(boards(*[UNKNOWN] * 4), **both))
    assert unhelped.verdict == "undecided"
    assert [tally.tasks for tally in unhelped.course] == [0, 0]


def test_what_explain_found_stands_beside_it():
    one = Compression(
        {"scratch": 0.5, "finetune": 0.9, "autoencoder": 0.6, "autoencoder_all": 0.7},
        {"autoencoder": 0.8, "autoencoder_all": 0.9},
    )
    known = {("task0", "net"): Known(compressions={10: compressions([one, one])})}
    made = claims(boards(THROUGHOUT), (), known)[COMPRESSION]["net"]
    (table,) = made.tables
    assert [row[2] for row in table.rows] == ["`autoencoder`", "`autoencoder_all`"]
    assert table.rows[0][4].startswith("25%")
