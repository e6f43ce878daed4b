import dataclasses
import random

import pytest
from toy import FACTS, curve, failed, record

from benchmark.analysis.board import Effort, boards
from benchmark.analysis.gains import gain_cells
from benchmark.analysis.scores import pairs, score_of
from benchmark.pages.words import notes


def board_of(*records, margin=0.01):
    (board,) = boards(map(score_of, records), margin)
    return board


def cells(pretrained, scratch):
    return gain_cells(pairs(map(score_of, pretrained), map(score_of, scratch)))


def test_a_score_keeps_which_images_were_right():
    score = score_of(record(correct="0110"))
    assert score.hits.tolist() == [False, True, True, False]
    assert score.reason is None


def test_there_is_a_board_for_each_task_and_backbone():
    records = [record(task=t, backbone=b) for t in ("b", "a") for b in ("y", "x")]
    found = [(board.task, board.backbone) for board in boards(map(score_of, records))]
    assert found == [("a", "x"), ("a", "y"), ("b", "x"), ("b", "y")]


def test_a_point_keeps_what_each_trial_gave_and_rests_on():
    lost = failed("probe", seed=2)
    board = board_of(record("probe", seed=1), record("probe", seed=0, correct="1110"), lost)
    (point,) = board.arms["probe"].points
    assert [(trial.seed, trial.accuracy) for trial in point.trials] == [
        (0, 0.75),
        (1, 0.5),
        (2, None),
    ]
    first = point.trials[0]
    assert (first.subset_hash, first.weights_hash) == ("subset 1 0", "weights")
    assert first.fingerprint == record("probe").fingerprint


def test_an_accuracy_of_a_trial_leaves_out_images_that_leak():
    data = dataclasses.replace(FACTS, test_in_train=(0,))
    board = board_of(record(correct="1000", data=data))
    assert board.arms["scratch"].points[0].trials[0].accuracy == 0.0


def test_without_records_there_are_no_boards():
    assert boards([]) == []


def test_gains_are_the_difference_of_pairs():
    pretrained = [record("probe", 1, 0, "1110"), record("probe", 1, 1, "1111")]
    scratch = [record("scratch", 1, 0, "1000"), record("scratch", 1, 1, "1100")]
    (cell,) = cells(pretrained, scratch)
    assert cell.gains == pytest.approx((0.5, 0.5))
    assert cell.seeds == (0, 1)


def test_a_pair_counts_the_images_on_which_exactly_one_arm_is_right():
    (pair,) = pairs([score_of(record("probe", correct="1110"))], [score_of(record(correct="1001"))])
    assert (pair.scratch, pair.pretrained, pair.test_images) == (0.5, 0.75, 4)
    assert pair.disagree == 0.75


@pytest.mark.parametrize("other", [{"seed": 1}, {"n": 2}, {"subset_hash": "another subset"}])
def test_only_trials_on_the_same_images_are_paired(other):
    assert cells([record("probe", **other)], [record("scratch")]) == []


def test_a_trial_whose_partner_failed_has_no_gain():
    (cell,) = cells([record("probe"), record("probe", seed=1)], [failed(), record(seed=1)])
    assert cell.seeds == (1,)


def test_accuracy_is_the_mean_over_seeds():
    board = board_of(record(correct="1111"), record(seed=1, correct="1100"))
    (point,) = board.arms["scratch"].points
    assert (point.accuracy, point.seeds, point.failed) == (0.75, 2, 0)
    assert 0 <= point.low <= 0.75 <= point.high <= 1


def test_one_seed_has_no_interval():
    (point,) = board_of(record()).arms["scratch"].points
    assert (point.low, point.high) == (None, None)


def test_points_come_in_the_order_of_n_and_scratch_comes_first():
    board = board_of(record("probe", 20), record("finetune", 1), record(n=20), record(n=3))
    assert list(board.arms) == ["scratch", "finetune", "probe"]
    assert [point.images_per_class for point in board.arms["scratch"].points] == [3, 20]


def test_every_pretrained_arm_is_compared_with_scratch():
    board = board_of(record("probe"), record("finetune"), record())
    assert list(board.comparisons) == ["finetune", "probe"]


def test_without_scratch_nothing_is_compared():
    assert board_of(record("probe"), record("finetune")).comparisons == {}


def test_a_clear_gain_is_found():
    board = board_of(*curve("scratch", {1: 0.4, 10: 0.6}), *curve("probe", {1: 0.8, 10: 0.9}))
    comparison = board.comparisons["probe"]
    assert comparison.verdict.kind == "helps_throughout"
    assert [gain.mean for gain in comparison.verdict.gains] == pytest.approx([0.4, 0.3], abs=0.1)


def test_eight_test_images_that_are_all_right_decide_nothing():
    right = [record(a, n, s, "1" * 8) for a in ("scratch", "probe") for n in (1, 9) for s in (0, 1)]
    comparison = board_of(*right).comparisons["probe"]
    assert comparison.verdict.kind == "undecided"
    assert [gain.high > 0.1 for gain in comparison.verdict.gains] == [True, True]


def test_records_of_other_data_are_left_out_with_a_note():
    old = dataclasses.replace(FACTS, hash="old", test_images=4)
    stale = record(seed=1, data=old, finished="2025-01-01T00:00:00+00:00")
    board = board_of(record(), stale)
    assert board.arms["scratch"].points[0].seeds == 1
    assert (
        "records of 1 trials with another protocol, other data or other settings are left"
        in (notes(board)[0])
    )


def test_a_trial_that_was_run_again_is_not_left_out():
    older = {"fingerprint": "old", "finished": "2025-01-01T00:00:00+00:00"}
    board = board_of(record(), record(**older), record(seed=1, **older))
    assert board.arms["scratch"].points[0].seeds == 1
    assert board.left_out == 1


LARGER = dataclasses.replace(FACTS, image_size=64, test_images=200)


def test_each_image_size_has_a_board_with_its_own_gains_audits_and_hours():
    small = [*curve("scratch", {1: 0.4}), *curve("probe", {1: 0.5})]
    large = [*curve("scratch", {1: 0.4}, data=LARGER), *curve("probe", {1: 0.9}, data=LARGER)]
    audits = {"rate-x3": [score_of(record(data=LARGER, correct="10" * 100))]}
    found = boards(map(score_of, [*large, *small]), audits=audits)
    assert [board.data.image_size for board in found] == [FACTS.image_size, 64]
    assert all(board.several_sizes and board.left_out == 0 for board in found)
    gains = [board.comparisons["probe"].verdict.gains[0].mean for board in found]
    assert gains == pytest.approx([0.1, 0.5], abs=0.1)
    assert [sum(e.audit_trials for e in board.efforts) for board in found] == [0, 1]


def test_a_task_of_one_image_size_has_not_several():
    records = [record(), record(backbone="other"), record(task="other", data=LARGER)]
    assert [board.several_sizes for board in boards(map(score_of, records))] == [False] * 3
    records += [record(backbone="third", data=LARGER)]
    assert [b.several_sizes for b in boards(map(score_of, records))] == [False, True, True, True]


def test_of_each_arm_only_the_newest_settings_count():
    old = record(fingerprint="old", finished="2025-01-01T00:00:00+00:00", correct="0000")
    other_arm = record("probe", fingerprint="other", finished="2024-01-01T00:00:00+00:00")
    board = board_of(old, record(seed=1, correct="1111"), other_arm)
    assert board.arms["scratch"].points[0].accuracy == 1
    assert "probe" in board.arms


def test_failed_trials_are_counted_and_noted_with_their_reason():
    board = board_of(record(), failed(seed=1))
    (point,) = board.arms["scratch"].points
    assert (point.seeds, point.failed) == (1, 1)
    assert "scratch, N=1, seed 1 failed: loss was NaN" in notes(board)


def test_where_every_trial_failed_there_is_no_accuracy():
    (point,) = board_of(failed(), failed(seed=1)).arms["scratch"].points
    assert (point.accuracy, point.seeds, point.failed) == (None, 0, 2)


def test_rates_that_nobody_tuned_are_noted():
    board = board_of(record(recipe={"tuning_labels": 0}), record("probe", recipe={}))
    assert notes(board) == ["learning rate not tuned for this backbone (scratch): make tune"]


LEAKY = dataclasses.replace(FACTS, test_in_train=(0, 3))


def test_test_images_that_are_training_images_too_count_nowhere():
    made = board_of(
        record(correct="1100", data=LEAKY),
        record("probe", correct="1111", data=LEAKY),
    )
    (point,), (pair,) = made.arms["scratch"].points, made.comparisons["probe"].pairs
    assert point.accuracy == pair.scratch == 0.5
    assert (pair.pretrained, pair.disagree, pair.test_images) == (1.0, 0.5, 2)
    assert any(note.startswith("2 of 4 test images are also training") for note in notes(made))


def test_a_test_split_of_nothing_but_training_images_gives_no_accuracy():
    board = board_of(record(data=dataclasses.replace(FACTS, test_in_train=(0, 1, 2, 3))))
    assert board.arms["scratch"].points[0].accuracy is None
    assert any("all test images are training images" in note for note in notes(board))


def test_levelled_off_trainings_are_counted():
    still_falling = dataclasses.replace(record().training, levelled_off=False)
    board = board_of(record(), record(seed=1, training=still_falling))
    assert board.arms["scratch"].points[0].levelled_off == 1


def test_the_seconds_of_each_arm_are_summed():
    board = board_of(record(), record(seed=1), record("probe"))
    assert {name: arm.seconds for name, arm in board.arms.items()} == {"scratch": 4, "probe": 2}


def test_boards_do_not_depend_on_the_order_of_the_records():
    records = [
        *curve("scratch", {1: 0.3, 4: 0.6}),
        *curve("probe", {1: 0.6, 4: 0.7}),
        *(failed("finetune", n, seed) for n in (1, 4) for seed in range(3)),
        *(failed("scratch", 9, seed, fingerprint=letter) for seed, letter in enumerate("abc")),
        record("late", fingerprint="a", correct="10" * 100),
        record("late", seed=1, fingerprint="b", correct="10" * 100),
    ]
    expected = boards(map(score_of, records))
    for seed in range(5):
        random.Random(seed).shuffle(records)
        assert boards(map(score_of, records)) == expected


def test_what_was_spent_is_kept_apart_by_machine_and_audit():
    audits = {"rate-x3": [score_of(record()), score_of(record(task="another"))]}
    (board,) = boards(map(score_of, [record(), record(seed=1, device="gpu")]), audits=audits)
    assert board.efforts == (Effort("cpu", 1, 2.0, 1, 2.0), Effort("gpu", 1, 2.0, 0, 0))


def test_a_board_knows_its_recipes_and_how_many_seeds_repeat_it():
    board = board_of(record(seed=0), record(seed=4, n=2), record("probe", seed=1))
    assert board.seeds == {1: 2, 2: 5}
    assert [recipe.settings["tuning_labels"] for recipe in board.arms["scratch"].recipes] == [
        100
    ] * 2


def test_other_pretrained_arms_are_paired_with_fine_tuning():
    board = board_of(record(), record("finetune", correct="1000"), record("probe", correct="1110"))
    (gain,) = board.arms["probe"].over_finetune
    assert gain.mean == pytest.approx(0.5)
    assert board.arms["finetune"].over_finetune == board.arms["scratch"].over_finetune == ()
    assert board_of(record(), record("probe")).arms["probe"].over_finetune == ()


def test_the_steps_that_early_ends_saved_are_a_share_of_the_budget():
    (point,) = board_of(record(recipe={"steps": 20})).arms["scratch"].points
    assert point.steps_saved == pytest.approx(0.75)
    (point,) = board_of(record("probe", recipe={"folds": 5})).arms["probe"].points
    assert point.steps_saved is None


def test_a_training_without_a_loss_counts_neither_as_settled_nor_as_falling():
    training = dataclasses.replace(record().training, levelled_off=None)
    (point,) = board_of(record(training=training)).arms["scratch"].points
    assert (point.levelled_off, point.still_falling, point.settled) == (0, 0, False)


def test_a_point_is_settled_if_every_trial_levelled_off():
    still_falling = dataclasses.replace(record().training, levelled_off=False)
    assert board_of(record(), record(seed=1)).arms["scratch"].points[0].settled
    assert not board_of(record(), failed(seed=1)).arms["scratch"].points[0].settled
    assert not board_of(record(training=still_falling)).arms["scratch"].points[0].settled


GROWING = {n: {"learning_rate": 0.1, "steps": 10 * n, "tuning_labels": 1} for n in (1, 5)}


def test_a_budget_that_grows_with_n_is_one_recipe():
    made = [record(n=n, recipe=r, fingerprint=f"steps {n}") for n, r in GROWING.items()]
    board = board_of(*made)
    assert [point.images_per_class for point in board.arms["scratch"].points] == [1, 5]
    assert [recipe.steps for recipe in board.arms["scratch"].recipes] == [10, 50]
    assert board.left_out == 0


def tuned(n, size, labels=1, **settings):
    recipe = {"learning_rate": 0.1, "tuned_at": size, "tuning_labels": labels} | settings
    return record(n=n, recipe=recipe, fingerprint=str(sorted(recipe.items())))


def test_settings_may_differ_where_they_were_tuned_at_another_size():
    made = [tuned(1, 2), tuned(2, 2), tuned(20, 20, learning_rate=0.3, optimiser="muon")]
    board = board_of(*made)
    assert [point.images_per_class for point in board.arms["scratch"].points] == [1, 2, 20]
    assert board.left_out == 0


@pytest.mark.parametrize("other", [{"learning_rate": 0.2}, {"labels": 7}])
def test_settings_of_another_tuning_are_left_out(other):
    old = dataclasses.replace(tuned(1, 2, **other), finished="2025-01-01T00:00:00+00:00")
    board = board_of(old, tuned(2, 2))
    assert [point.images_per_class for point in board.arms["scratch"].points] == [2]


def test_what_was_not_tuned_is_not_mixed_with_what_was():
    old = dataclasses.replace(tuned(1, 0, labels=0), finished="2025-01-01T00:00:00+00:00")
    board = board_of(old, tuned(20, 20))
    assert [point.images_per_class for point in board.arms["scratch"].points] == [20]


def test_only_the_newest_protocol_of_a_board_counts():
    late = {"finished": "2027-01-01T00:00:00+00:00", "fingerprint": "old", "protocol": 1}
    board = board_of(record(n=1, **late), record(n=2), record(n=4))
    assert [point.images_per_class for point in board.arms["scratch"].points] == [2, 4]
    assert (board.protocol, board.left_out) == (2, 1)
    assert board_of(record(protocol=1)).protocol == 1


def test_audits_of_another_protocol_are_none():
    audits = {"rate-x3": [score_of(record(protocol=1))]}
    (board,) = boards([score_of(record())], audits=audits)
    assert board.efforts == (Effort("cpu", 1, 2.0, 0, 0),)


@pytest.mark.parametrize(
    "other", [{"recipe": GROWING[5] | {"learning_rate": 0.2}}, {"weights_hash": "other"}]
)
def test_at_another_n_only_the_budget_may_be_another(other):
    old = record(n=1, recipe=GROWING[1], finished="2025-01-01T00:00:00+00:00")
    board = board_of(old, record(**{"n": 5, "recipe": GROWING[5], "fingerprint": "new"} | other))
    assert [point.images_per_class for point in board.arms["scratch"].points] == [5]


def test_an_arm_that_is_no_pretraining_is_compared_and_known_as_such():
    other = record("other", pretrained=False, weights_hash="scales alone")
    board = board_of(record(), other, record("probe"))
    assert list(board.comparisons) == ["other", "probe"]
    assert [arm.pretrained for arm in board.arms.values()] == [False, False, True]
