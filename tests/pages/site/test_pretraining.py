import dataclasses

import made_boards
import pytest

from benchmark.pages.site import pretraining


@pytest.mark.parametrize(
    ("backbone", "source"),
    [
        ("resnet18.a1_in1k", "ImageNet-1k"),
        ("vit_small_patch16_224.augreg_in21k_ft_in1k", "ImageNet-21k, ImageNet-1k"),
        ("timm--vit_base_patch16_clip_224.openai", "WebImageText"),
        ("resnet18", "not stated"),
        ("resnet18.mine", "not stated"),
    ],
)
def test_the_tag_of_the_weights_names_their_data_in_the_order_of_training(backbone, source):
    assert pretraining.source(made_boards.board(backbone=backbone), "finetune") == source


def test_an_arm_that_is_no_pretraining_rests_on_nothing():
    board = made_boards.board(backbone="resnet18.a1_in1k")
    arms = {"random": dataclasses.replace(board.arms["finetune"], pretrained=False)}
    assert pretraining.source(dataclasses.replace(board, arms=arms), "random") == "nothing"
