from dataclasses import replace

import pytest
from made_boards import HELPS, NO_HELP, board, verdict
from toy import FACTS

from benchmark.pages import side_by_side


def pair(**changed):
    """One task with two backbones; ``changed`` is of the second."""
    other = board("toy", verdict("stops", [HELPS, NO_HELP], 5.0), backbone="other")
    return [board("toy", backbone="one"), replace(other, **changed)]


def cells_of(text):
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines()]


def test_each_n_that_both_have_is_a_row_with_accuracy_and_gain_of_each():
    cells = cells_of(side_by_side.text(pair()))[2:]
    assert cells[0] == ["N", "one", "gain", "other", "gain"]
    assert [row[0] for row in cells[2:]] == ["1", "10", "N\\*", "pretrained on"]
    assert cells[3][2] == "+10.0 [+8.0, +12.0]"
    assert cells[3][4].startswith("+0.0")
    assert cells[4][1:] == ["", "still helps at 100", "", "5"]
    assert cells[5][1:] == ["", "ImageNet-1k", "", "ImageNet-1k"]


@pytest.mark.parametrize(
    "changed",
    [
        {"task": "another"},
        {"protocol": 1},
        {"data": replace(FACTS, hash="other")},
        {"data": replace(FACTS, image_size=99)},
        {"arms": {}},
    ],
)
def test_only_what_rests_on_the_same_images_and_recipes_is_compared(changed):
    assert side_by_side.text(pair(**changed)) == ""


def test_many_backbones_have_a_row_each_so_that_a_terminal_shows_them():
    one, other = pair()
    many = [replace(one, backbone=f"net{i}") for i in range(4)]
    header, _, *rows = cells_of(side_by_side.backbones_table([*many, other]))
    assert header == ["N", "1", "10", "100", "N\\*", "pretrained on"]
    assert [row[0] for row in rows[-4:]] == ["net3", "gain", "other", "gain"]
    assert rows[-1][3:] == ["", "5", "ImageNet-1k"]


def test_one_backbone_is_not_compared():
    assert side_by_side.of_backbones([board("a"), board("b")]) == []


def test_a_backbones_name_is_no_markup():
    one, other = pair()
    assert "<b>" not in side_by_side.backbones_table([one, replace(other, backbone="<b>")])


def sizes(**changed):
    """One backbone at two sizes; ``changed`` is of the smaller."""
    small = replace(FACTS, image_size=8, hash="small")
    stops = board("toy", verdict("stops", [HELPS, NO_HELP], 5.0))
    return [board("toy"), replace(stops, data=small, **changed)]


def test_each_arm_of_a_backbone_at_several_sizes_has_a_table_smallest_first():
    ((about, by_arm),) = side_by_side.of_sizes(sizes()).items()
    assert about == ("toy", sizes()[0].backbone)
    ((arm, group),) = by_arm
    assert arm == "finetune"
    header, _, *rows = cells_of(side_by_side.sizes_table(group, arm))
    assert header == ["N", "8 px", "gain", f"{FACTS.image_size} px", "gain"]
    assert rows[-1] == ["N\\*", "", "5", "", "still helps at 100"]


def test_an_arm_that_ran_without_scratch_has_accuracies_and_no_gains():
    def alone(one):
        point = replace(one.arms["finetune"], comparison=None)
        return replace(one, arms={"probe": point})

    ((_, by_arm),) = side_by_side.of_sizes([alone(one) for one in sizes()]).items()
    ((arm, group),) = by_arm
    _, _, first, *_ = cells_of(side_by_side.sizes_table(group, arm))
    assert first[1] != ""
    assert first[2] == ""


@pytest.mark.parametrize(
    "changed", [{"protocol": 1}, {"backbone": "b"}, {"task": "c"}, {"arms": {}}]
)
def test_sizes_of_other_backbones_tasks_and_recipes_are_not_compared(changed):
    assert side_by_side.of_sizes(sizes(**changed)) == {}
