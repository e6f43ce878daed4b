import dataclasses

import made_boards
import pytest
from made_boards import board as made_board
from made_boards import compared
from toy import curve, failed, record

from benchmark.analysis.board import boards
from benchmark.analysis.crossover import Verdict
from benchmark.analysis.effective import EffectiveImages
from benchmark.analysis.grounds import Grounds
from benchmark.analysis.scores import score_of
from benchmark.pages import tables, words
from benchmark.records.fingerprint import PROTOCOL
from benchmark.records.recipe import stored as recipe_of


@pytest.fixture
def board():
    scratch, probe = curve("scratch", {1: 0.4, 10: 0.6}), curve("probe", {1: 0.8, 10: 0.9})
    (one,) = boards(map(score_of, [*scratch, *probe, failed(seed=7)]))
    return one


def verdict(kind, crossover=None, low=None, high=None, hurts_from=None):
    grounds = Grounds(None, None, ())
    return Verdict(kind, crossover, low, high, 0.01, (), grounds, hurts_from, hurts_high=hurts_from)


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ((0.613, 0.58, 0.646), "61.3 [58.0, 64.6]"),
        ((0.5, None, None), "50.0 [one seed]"),
        ((None, None, None), "failed"),
        ((1.0, 1.0, 1.0), "100.0 [100.0, 100.0]"),
    ],
)
def test_an_accuracy_is_shown_in_percent_with_its_interval(values, shown):
    assert words.percent(*values) == shown


def test_seeds_have_a_column_where_they_are_not_the_same_at_every_size(board):
    assert "seeds" not in tables.accuracy_table(board)
    scratch, probe = (
        [*curve(arm, {1: 0.4}, seeds=3), *curve(arm, {10: 0.6}, seeds=5)]
        for arm in ("scratch", "probe")
    )
    (uneven,) = boards(map(score_of, [*scratch, *probe]))
    lines = [line.split("|")[1:3] for line in tables.accuracy_table(uneven).splitlines()]
    assert [[cell.strip() for cell in line] for line in lines[::2]] == [["N", "seeds"], ["1", "3"]]
    assert "over 3 to 5 seeds" in tables.board_text(uneven)


def test_a_gain_has_a_sign():
    assert words.percent(0.05, -0.01, 0.11, sign=True) == "+5.0 [-1.0, +11.0]"


@pytest.mark.parametrize(
    ("one", "shown"),
    [
        (verdict("stops", 12.3, 8.24, 17.0), "pretraining stops helping at N* = 12 [8.2, 17]"),
        (verdict("hurts", hurts_from=1.0), "pretraining hurts from N = 1 [..., 1] on"),
        (
            verdict("hurts", 50.0, 20.0, None, hurts_from=90.0),
            "pretraining stops helping at N* = 50 [20, ...] and hurts from N = 90 [..., 90] on",
        ),
        (verdict("helps_throughout"), "pretraining still helps at the largest N"),
        (verdict("never_helps"), "pretraining never helps"),
        (verdict("undecided"), "undecided"),
    ],
)
def test_each_verdict_has_words(one, shown):
    assert words.verdict_text(one) == shown


def compared_at(*sizes):
    shares = {n: 0.3 + 0.001 * n for n in sizes}
    records = [*curve("scratch", shares), *curve("probe", {n: s + 0.3 for n, s in shares.items()})]
    (board,) = boards(map(score_of, records))
    return board


@pytest.mark.parametrize(
    ("grid", "shown"),
    [
        ((1, 2, 4, 8, 16), ["N=1", "N=4", "N=16"]),
        ((1, 2, 5, 10, 20, 50, 100), ["N=1", "N=10", "N=100"]),
        ((3, 200), ["N=3", "", "N=200"]),
        ((7,), ["N=7", "", ""]),
    ],
)
def test_gains_are_shown_at_the_ends_and_in_the_middle_of_whatever_grid(grid, shown):
    board = compared_at(*grid)
    cells = tables.marked_gains(board, "probe")
    assert [cell.partition(":")[0] for cell in cells] == shown
    gains = board.comparisons["probe"].verdict.gains
    assert cells[0] == f"N={grid[0]}: {tables.gain_text(gains[0])}"
    worth = tables.marked_middle_worth(board, "probe")
    assert worth.startswith(f"{shown[1] or shown[0]}: ")


def test_without_pairs_no_gain_is_shown():
    (board,) = boards(map(score_of, [record(), record("probe", seed=1)]))
    assert tables.marked_gains(board, "probe") == ["", "", ""]
    assert tables.marked_middle_worth(board, "probe") == ""


def test_the_table_shows_every_arm_and_its_gain_at_every_n(board):
    head, _, *rows = tables.accuracy_table(board).splitlines()
    assert [cell.strip() for cell in head.split("|")[1:-1]] == [
        "N",
        "scratch",
        "probe",
        "gain of probe",
    ]
    assert [row.split("|")[1].strip() for row in rows] == ["1", "10"]


def test_gains_over_fine_tuning_are_shown_where_there_is_one():
    arms = {"scratch": 0.4, "finetune": 0.6, "probe": 0.9, "other": 0.5}
    records = [one for arm, share in arms.items() for one in curve(arm, {1: share, 10: share})]
    (board,) = boards(map(score_of, records))
    head, _, first, _ = tables.over_finetune_table(board).splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in (head, first)]
    assert cells[0] == ["N", "other over finetune", "probe over finetune"]
    assert cells[1][1:] == [
        tables.gain_text(board.arms[n].over_finetune[0]) for n in ("other", "probe")
    ]
    assert tables.over_finetune_table(board) in tables.board_text(board)


def test_with_many_arms_a_row_is_an_arm_or_its_gain_and_each_n_a_column():
    names = ["scratch", *(f"arm{i}" for i in range(9))]
    records = [one for name in names for one in curve(name, {1: 0.4, 10: 0.6})]
    (board,) = boards(map(score_of, records))
    head, _, *rows = tables.accuracy_table(board).splitlines()
    assert [cell.strip() for cell in head.split("|")[1:-1]] == ["", "N=1", "N=10"]
    shown = [row.split("|")[1].strip() for row in rows]
    assert shown[:3] == ["scratch", "arm0", "gain of arm0"]
    assert len(shown) == 1 + 2 * 9
    gain = tables.gain_text(board.comparisons["arm8"].verdict.gain_at[10])
    assert rows[-1].split("|")[3].strip() == gain


def test_without_fine_tuning_or_another_arm_there_are_none(board):
    assert tables.over_finetune_table(board) == tables.over_finetune_table(made_board()) == ""


def test_failed_trials_are_shown_in_the_table(board):
    assert "(1 failed)" in tables.accuracy_table(board)
    assert "note: scratch, N=1, seed 7 failed: loss was NaN" in tables.board_text(board)


def test_an_arm_that_failed_everywhere_is_shown_as_failed():
    (board,) = boards(map(score_of, [failed(), record("probe")]))
    assert "failed (1 failed)" in tables.accuracy_table(board)
    assert tables.board_text(board)


def test_an_arm_that_lacks_an_n_has_an_empty_cell():
    (board,) = boards(map(score_of, [record(n=1), record(n=2), record("probe", n=2)]))
    assert tables.accuracy_table(board).splitlines()[2].split("|")[3].strip() == ""


def test_what_is_printed_tells_the_verdict_and_its_reason(board):
    text = tables.board_text(board)
    comparison = board.comparisons["probe"]
    assert "toy with Net: test accuracy in % over 3 seeds" in text
    assert f"probe: {words.verdict_text(comparison.verdict, 'the probe')}, not audited" in text
    assert words.reason(comparison.verdict, "the probe") in text
    assert words.evidence(comparison.verdict) in text
    assert text.count(words.INTERVALS) == 1


def test_what_pretraining_is_worth_is_shown_where_it_is_known(board):
    (first, *_) = board.comparisons["probe"].effective
    known = dataclasses.replace(first, effective=3.2, low=2.0, high=4.8, at_least=False)
    assert tables.labels_worth([known], 1) == "x3.2 [2.0, 4.8]"
    assert (
        tables.labels_worth([dataclasses.replace(known, at_least=True)], 1) == ">= x3.2 [2.0, 4.8]"
    )
    assert tables.labels_worth([dataclasses.replace(known, high=None)], 1) == "x3.2 [2.0, ...]"
    assert tables.labels_worth([dataclasses.replace(known, effective=None)], 1) == "-"
    assert tables.labels_worth([known], 50) == ""


def test_a_refusal_to_say_what_pretraining_is_worth_has_its_reason():
    alone = [record(n=1), record("probe", n=1)]
    (board,) = boards(map(score_of, alone))
    (refused,) = board.comparisons["probe"].effective
    assert refused.effective is None
    assert f"- probe at N = 1: {words.refusal(refused.refusal, 1)}" in tables.effective_table(board)


@pytest.mark.parametrize(
    ("one", "shown", "ends"),
    [
        (verdict("stops", 12.3, 8.24, 17.0), "12", "[8.2, 17]"),
        (verdict("hurts", hurts_from=1.0), "hurts from N = 1 [..., 1] on", ""),
        (
            verdict("hurts", 50.0, 20.0, None, 90.0),
            "50, hurts from N = 90 [..., 90] on",
            "[20, ...]",
        ),
        (verdict("never_helps"), "never helps", ""),
        (verdict("undecided", low=20.0), "undecided", "[20, ...]"),
    ],
)
def test_a_narrow_column_holds_the_crossover_or_the_words_for_none(one, shown, ends):
    assert (words.stops_at(one), words.bounds(one)) == (shown, ends)


def test_a_void_verdict_is_called_so_in_a_narrow_column_too():
    assert tables.marked_stops_at(made_board(certificate="void"), "finetune") == (
        "void (was still helps at 100)"
    )


def test_a_gain_that_lasts_names_the_largest_n(board):
    assert words.stops_at(board.comparisons["probe"].verdict) == "still helps at 10"


def unfinished(levelled=0, falling=3):
    """A board whose scratch had unfinished trainings at N = 10."""
    trained = [record().training] * levelled
    trained += [dataclasses.replace(record().training, levelled_off=False)] * falling
    made = curve("scratch", {10: 0.6}, seeds=len(trained))
    scratch = [dataclasses.replace(r, training=t) for r, t in zip(made, trained, strict=True)]
    others = curve("scratch", {1: 0.4}), curve("probe", {1: 0.8, 10: 0.9}, seeds=len(trained))
    (one,) = boards(map(score_of, [*scratch, *others[0], *others[1]]))
    return one


def test_accuracies_of_trainings_that_ended_too_early_are_marked_and_explained():
    first, second, _, note = tables.accuracy_table(unfinished()).splitlines()[2:]
    assert [line.count(words.UNFINISHED) for line in (first, second)] == [0, 1]
    assert note.startswith(words.UNFINISHED)


def test_a_gain_over_scratch_that_ended_too_early_is_marked():
    shown = [tables.marked_gain_at(unfinished(), "probe", n) for n in (1, 10, 100)]
    assert [text.endswith(words.UNFINISHED) for text in shown] == [False, True, False]


def test_help_that_lasts_over_scratch_that_ended_too_early_is_marked():
    assert tables.marked_stops_at(unfinished(), "probe") == f"still helps at 10 {words.UNFINISHED}"
    assert tables.marked_stops_at(unfinished(3, 0), "probe") == "still helps at 10"


@pytest.mark.parametrize(
    ("low", "high", "marked"), [(1.0, 1.0, False), (2.0, 3.0, True), (10.0, None, True)]
)
def test_a_worth_in_labels_that_is_read_off_unfinished_trainings_is_marked(low, high, marked):
    board = unfinished()
    one = EffectiveImages(1, low, low, high, False, None)
    board = compared(board, "probe", effective=(one,))
    shown = tables.marked_labels_worth(board, "probe", 1)
    assert shown.endswith(words.UNFINISHED) == marked
    assert tables.marked_labels_worth(board, "probe", 7) == ""


def test_a_refused_worth_in_labels_is_not_marked():
    board = unfinished()
    refused = EffectiveImages(1, None, None, None, False, "Because.")
    board = compared(board, "probe", effective=(refused,))
    assert tables.marked_labels_worth(board, "probe", 1) == "-"


def longer_rows(*audited):
    recipe = {"steps": 10, "learning_rate": 0.1, "floor": 0.0}
    records = [*curve("scratch", {1: 0.4}, recipe=recipe), *curve("finetune", {1: 0.9})]
    twice = curve("scratch", {1: 0.8}, recipe=dict(recipe_of(recipe).varied("steps-x2").settings))
    audits = {name: list(map(score_of, twice)) for name in audited}
    table = tables.longer_table(boards(map(score_of, records), audits=audits), "finetune")
    return [[c.strip() for c in line.split("|")[1:-1]] for line in table.splitlines()[2:]]


def test_what_twice_the_steps_leave_of_a_gain_is_shown():
    ((*place, gain, scratch, finetune),) = longer_rows("steps-x2")
    assert place == ["toy", "net", "1"]
    assert float(gain.split()[0]) > 40 > 20 > float(scratch.split()[0]) > 0
    assert finetune == ""


def test_where_nothing_trained_longer_nothing_is_shown():
    assert longer_rows() == []


def test_one_unfinished_training_among_finished_ones_marks_nothing():
    assert words.UNFINISHED not in tables.accuracy_table(unfinished(levelled=2, falling=1))


def test_a_gain_that_was_not_measured_is_an_empty_cell(board):
    found = board.comparisons["probe"].verdict
    assert tables.gain_at(found, 1).startswith("+")
    assert tables.gain_at(found, 7) == ""


def test_hours_are_summed_per_backbone_and_machine():
    trained = dataclasses.replace(record().training, seconds=3600.0)
    records = [record(task=t, device=d, training=trained) for t in "ab" for d in ("cpu", "gpu")]
    records += [record(task="a", seed=1, training=trained)]
    made = boards(map(score_of, records), audits={"rate-x3": [score_of(records[0])]})
    rows = [line.split("|")[2:-1] for line in tables.hours_table(made).splitlines()[2:]]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["cpu", "3", "3.00", "1", "1.00"],
        ["gpu", "2", "2.00", "0", "0.00"],
    ]


@pytest.mark.parametrize(("protocol", "mark"), [(1, " (protocol 1)"), (PROTOCOL, "")])
def test_a_verdict_of_an_older_protocol_is_marked_and_explained(protocol, mark):
    old = dataclasses.replace(made_boards.board(), protocol=protocol)
    assert tables.marked_stops_at(old, "finetune") == f"still helps at 100{mark}"
    assert any("trained under protocol 1" in note for note in words.notes(old)) == bool(mark)
