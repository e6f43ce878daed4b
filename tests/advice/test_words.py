"""Sentences, each from numbers that are made up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from made_boards import HELPS, NO_HELP, verdict

from benchmark.advice import tables, words
from benchmark.advice.content import (
    Advice,
    Caveats,
    Cost,
    MixedUp,
    MoreLabels,
    Now,
    Rival,
    Size,
    Uneven,
    Wrong,
)
from benchmark.analysis.learning_curve import Expected
from benchmark.defaults import BUNDLED

NOW = Now(40, "finetune", 0.7, 0.65, 0.75, 4, 1.5, Rival("scratch", 0.1, 0.05, 0.15, 0.999))
LABELS = MoreLabels(
    "finetune",
    (
        Expected(80, 0.75, 0.68, 0.82, 0.05, 0.02, 0.08),
        Expected(160, 0.8, 0.7, 0.9, 0.1, 0.0, 0.2),
    ),
    None,
)
CAVEATS = Caveats(200, None, 0, ())
SIZE = Size(40, 64, 0.6, 0.55, 0.65, 96, 0.7, 0.65, 0.75, 0.1, 0.05, 0.15)
ADVICE = Advice(
    task="birds",
    backbone="net",
    label="a net",
    image_size=64,
    train_images=400,
    test_images=200,
    margin=0.01,
    now=NOW,
    more_labels=(LABELS,),
    pretraining=None,
    pretrained_arm=None,
    void=False,
    size=None,
    cost=Cost(36, 50.0),
    caveats=CAVEATS,
)


def said(**changed):
    return words.text(replace(ADVICE, **changed))


def caveats(**changed):
    return said(caveats=replace(CAVEATS, **changed))


def test_it_says_what_to_do_what_to_expect_and_how_sure_that_is():
    text = said()
    assert "With 40 images per class, fine-tune the pretrained network" in text
    assert "Expect 70.0% [65.0, 75.0] of new images to be right" in text
    assert "it gains +10.0 [+5.0, +15.0] points: it is the better of the two (more" in text


@pytest.mark.parametrize(
    ("rival", "expected"),
    [
        (Rival("probe", 0.02, -0.03, 0.07, 0.8), "which is better is not resolved"),
        (Rival("probe", 0.005, -0.03, 0.04, 0.6), "Either will do"),
        (Rival("finetune", -0.005, -0.03, 0.02, 0.4), "a fraction of the time"),
        (Rival("probe", 0.05, -0.01, 0.1, 0.95), "most likely the better of the two (95% sure)"),
        (Rival("probe", 0.1, None, None, None), "that may be luck"),
    ],
)
def test_an_interval_that_holds_zero_claims_nothing(rival, expected):
    text = said(now=replace(NOW, rival=rival))
    assert expected in text
    assert "it is the better of the two" not in text


def test_an_arm_that_was_still_learning_is_not_beaten():
    text = caveats(still_learning=("scratch",))
    assert "[+5.0, +15.0] points so far. But training from scratch was still learning" in text
    assert "it is the better of the two" not in text


def test_an_arm_that_is_ahead_already_is_not_said_to_catch_up():
    ahead = replace(NOW, arm="probe", rival=Rival("finetune", -0.005, -0.03, 0.02, 0.4))
    learning = replace(CAVEATS, still_learning=("finetune",))
    text = said(now=ahead, caveats=learning)
    assert "catch up" not in text
    assert "try fine-tuning too" in text


def test_where_pretraining_stops_helping_is_open_while_an_arm_was_still_learning():
    settled = {"pretraining": verdict("stops", (HELPS, NO_HELP), 9.0), "pretrained_arm": "finetune"}
    learning = replace(CAVEATS, still_learning=("finetune", "probe"))
    assert "would have learned more" not in said(**settled)
    assert "fine-tuning would have learned more with more" in said(**settled, caveats=learning)


def test_without_a_success_it_says_so():
    assert "nothing to go by" in said(now=None, more_labels=())


def test_more_labels_are_marked_as_continued():
    text = said()
    assert "fine-tuning: with 80 per class 75.0% [68.0, 82.0], with 160" in text
    assert "continued beyond your images" in text


@pytest.mark.parametrize(
    ("until", "gain", "expected"),
    [
        (None, (0.02, 0.08), "Labelling pays still: by that curve twice as many bring +5.0"),
        (None, (-0.02, 0.08), "Labelling most likely pays still"),
        (40, (0.0, 0.005), "Labelling pays no longer"),
        (40, (-0.02, 0.08), "Labelling most likely pays no longer"),
        (60, (0.02, 0.08), "from about 60 per class on doubling brings less than 1 point"),
    ],
)
def test_it_says_whether_labelling_pays_and_how_sure_that_is(until, gain, expected):
    twice, again = LABELS.expected
    known = replace(twice, gain_low=gain[0], gain_high=gain[1])
    labels = replace(LABELS, expected=(known, again), pays_until=until)
    assert expected in said(more_labels=(labels,))


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.05, 0.15, "Larger images help: try image_size 96"),
        (-0.1, -0.05, "do not help"),
        (-0.1, 0.1, "is not shown"),
    ],
)
def test_both_sizes_are_told(low, high, expected):
    text = said(size=replace(SIZE, gain_low=low, gain_high=high))
    assert "60.0% [55.0, 65.0] at 64 px and 70.0% [65.0, 75.0] at 96 px" in text
    assert expected in text


def test_only_caveats_that_matter_are_there():
    assert "caveats" not in said()
    assert "About 800 would halve the interval" in caveats(test_images_for_half=800)
    assert "3 test images are copies of training images" in caveats(leaked=3)
    assert "training from scratch" in caveats(still_learning=("scratch",))
    assert "owl has 5" in caveats(uneven=Uneven("owl", 5, "wren", 90))
    assert "ImageNet weights most likely do better" in said(backbone=BUNDLED)


def test_images_and_classes_to_look_at_are_named():
    text = caveats(
        mixed_up=(MixedUp("owl", "wren", 9, 0.3),),
        always_wrong=(Wrong("owl/3.png", "owl", "wren", 1.0, 0),),
        always_wrong_in_all=1,
        trainings=12,
    )
    assert "owl taken for wren (30%)" in text
    assert "owl/3.png (says owl, seen as wren)" in text


@pytest.mark.parametrize(
    ("count", "expected"), [(9, "labels may be wrong"), (90, "too many for wrong labels alone")]
)
def test_many_images_that_are_always_wrong_are_no_matter_of_labels(count, expected):
    wrong = tuple(Wrong(f"{i}.png", "owl", "wren", 1.0, i) for i in range(9))
    text = caveats(always_wrong=wrong, always_wrong_in_all=count, trainings=3)
    assert expected in text
    assert f"7.png (says owl, seen as wren) and {count - 8} more" in text


def test_names_from_outside_cannot_steer_a_terminal_or_a_page():
    text = caveats(always_wrong=(Wrong("a\x1b[2J\n.png", "o|l", "<b>", 1.0, 0),), trainings=1)
    assert not {letter for letter in text if not letter.isprintable()} - {"\n"}
    mixed = replace(CAVEATS, mixed_up=(MixedUp("o|l", "<b>", 1, 0.5),))
    table = tables.tables(replace(ADVICE, caveats=mixed))["Classes that are mixed up"]
    assert r"o\|l" in table
    assert r"\<b\>" in table


def test_numbers_that_the_boards_table_does_not_show_have_tables_of_their_own():
    continued, sizes = tables.tables(replace(ADVICE, size=SIZE)).values()
    assert "80.0 [70.0, 90.0]" in continued
    assert "70.0 [65.0, 75.0]" in sizes
