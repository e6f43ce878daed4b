import dataclasses

import pytest
from made_boards import board, verdict

from benchmark import defaults
from benchmark.pages import reproduce
from benchmark.training import backbones


def changed(made, **fields):
    return dataclasses.replace(made, **fields)


def test_the_command_says_what_the_records_say(task):
    made = board("toy")
    assert reproduce.command(made, task) == (
        'make bench TASK=toy BACKBONE=local-dir:FOLDER/net ARMS="scratch finetune" '
        'N="1 10 100" SEEDS=5 RECORDS=results/local/again/records'
    )


def test_an_installed_user_reads_the_installed_command(task, monkeypatch):
    monkeypatch.setattr(defaults, "COMMAND", "small-data-benchmark")
    other = task.model_copy(update={"image_size": 64})
    assert reproduce.command(board("toy"), other) == (
        "small-data-benchmark bench --task=toy --backbone=local-dir:FOLDER/net "
        '--arms="scratch finetune" --n="1 10 100" --seeds=5 --image-size=16 '
        "--records=results/local/again/records"
    )


def test_unequal_seeds_are_named_for_each_size(task):
    made = changed(board("toy"), seeds={1: 3, 10: 13, 100: 5})
    assert ' SEEDS="1:3 10:13 100:5" ' in reproduce.command(made, task)
    assert " N=" not in reproduce.command(made, task)


def test_an_image_size_that_is_not_the_tasks_is_named(task):
    other = task.model_copy(update={"image_size": 64})
    assert " IMAGE_SIZE=16 " in reproduce.command(board("toy"), other)
    assert " IMAGE_SIZE=16 " in reproduce.command(board("toy"), None)


def test_a_margin_that_is_not_the_default_is_named(task):
    wider = dataclasses.replace(verdict("stops", [(0.1, 0.0, 0.2)]), margin=0.02)
    assert " MARGIN=0.02 " in reproduce.command(board("toy", wider), task)


@pytest.mark.parametrize("name", ["$(id)", "a;b", "a b", "`id`", "a\nb", "'a'", ""])
def test_a_name_that_a_shell_would_take_for_more_gets_no_command(name):
    assert reproduce.command(board(name), None) == ""
    assert reproduce.command(changed(board(), backbone=name, label=name), None) == ""


@pytest.mark.parametrize(
    ("portable", "label", "asked"),
    [
        ("test_resnet.distilled_in1k", "distilled", "test_resnet.distilled_in1k"),
        ("resnet18.a1_in1k", "resnet18.a1_in1k", "resnet18.a1_in1k"),
        ("timm--resnet18.a1_in1k", "hf-hub:timm/resnet18.a1_in1k", "hf-hub:timm/resnet18.a1_in1k"),
        ("my_net", "what I made", "local-dir:FOLDER/my_net"),
        (
            "resnet18.checkpoint-0123abcd",
            "resnet18.checkpoint-0123abcd",
            "checkpoint:resnet18:FILE",
        ),
    ],
)
def test_a_backbone_is_asked_for_by_a_name_that_the_suite_takes(portable, label, asked):
    made = changed(board(), backbone=portable, label=label)
    assert reproduce.askable_name(made) == asked
    if not asked.startswith(("local-dir:", "checkpoint:")):
        assert backbones.portable_name(asked) == portable
