import pytest
from made_boards import EARLY, NEVER, THROUGHOUT, UNKNOWN, board, cut_short

from benchmark.pages import verdicts
from benchmark.pages.words import UNFINISHED


def line(found=EARLY, certificate=None):
    return verdicts.line(board(found=found, certificate=certificate), "finetune")


@pytest.mark.parametrize(
    ("certificate", "says"),
    [
        ("holds", ", certificate holds (margin 1 point). Fine-tuning stops"),
        (None, ", not audited (margin 1 point). Fine-tuning stops"),
        ("unsettled", ", unsettled (with scratch steps-x2 the verdict moves, but it may be better"),
    ],
)
def test_the_line_has_the_verdict_its_certificate_and_the_reason(certificate, says):
    shown = line(certificate=certificate)
    assert shown.startswith(f"finetune: fine-tuning stops helping at N* = 5 [2, 9]{says}")


def test_a_void_verdict_makes_no_claim():
    assert line(certificate="void") == (
        "finetune: void: scratch under-trained (scratch steps-x2 is better); what it said was "
        '"fine-tuning stops helping at N* = 5 [2, 9]" (margin 1 point).'
    )
    assert verdicts.grounds(board(certificate="void"), "finetune").startswith("it rested on")


def test_an_undecided_verdict_has_no_mark():
    assert line(UNKNOWN).startswith("finetune: undecided, not audited (margin 1 point). The noise")
    (made,) = cut_short(UNKNOWN)
    assert verdicts.mark(made, "finetune") == ""


@pytest.mark.parametrize(("found", "marked"), [(THROUGHOUT, True), (EARLY, True), (NEVER, False)])
def test_a_verdict_is_marked_where_scratch_could_turn_it_with_more_steps(found, marked):
    (made,) = cut_short(found)
    assert (UNFINISHED in verdicts.line(made, "finetune")) == marked


@pytest.mark.parametrize(
    ("found", "certificate", "shown"),
    [
        (THROUGHOUT, "holds", "fine-tuning still helps at the largest N, certificate holds"),
        (EARLY, None, "fine-tuning stops helping at N* = 5 [2, 9], not audited"),
        (EARLY, "void", "fine-tuning: void: scratch under-trained"),
        (UNKNOWN, "unsettled", "fine-tuning: undecided, unsettled"),
    ],
)
def test_a_title_is_short(found, certificate, shown):
    assert verdicts.title(board(found=found, certificate=certificate), "finetune", str) == shown
