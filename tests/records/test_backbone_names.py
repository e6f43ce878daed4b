import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.records import backbone_names
from benchmark.records.record import is_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("resnet18.a1_in1k", "ImageNet-1k"),
        ("timm--resnet18.a1_in1k", "ImageNet-1k"),
        ("timm--resnet18.a1_in1k@v1.0", "ImageNet-1k"),
        ("mobilenetv2_035.keras_in1k", "ImageNet-1k"),
        ("convnext_tiny.in12k_ft_in1k_384", "ImageNet-21k"),
        ("vit_tiny_patch16_224.augreg_in21k_ft_in1k", "ImageNet-21k"),
        ("convnext_tiny.fb_in22k", "ImageNet-21k"),
        ("mobilenetv2_100.tfqat_inat_bird", "iNaturalist"),
        ("resnext50_32x4d.fb_swsl_ig1b_ft_in1k", "web"),
        ("vit_base_patch16_clip_224.laion2b_ft_in12k_in1k", "web"),
        ("tf_efficientnet_b0.ns_jft_in1k", "web"),
        ("test_resnet.distilled_in1k", "distilled"),
        ("resnet18.checkpoint-0123abcd", "own"),
        ("resnet18", "unknown"),
        ("sam_vit.sa1b", "unknown"),
        ("my in1k folder", "unknown"),
        ("", "unknown"),
    ],
)
def test_what_a_tag_says(name, expected):
    assert backbone_names.pretrained_on(name) == expected


@given(st.text())
def test_any_name_says_something(name):
    assert backbone_names.pretrained_on(name)


hashes = st.text("0123456789abcdef", min_size=64, max_size=64)


@given(st.sampled_from(["resnet18", "resnet18.a1_in1k", "test_vit2.r160_in1k"]), hashes)
def test_the_name_of_a_checkpoint_tells_its_architecture_and_is_safe(architecture, weights_hash):
    name = backbone_names.of_checkpoint(architecture, weights_hash)
    assert backbone_names.architecture_of_checkpoint(name) == architecture
    assert is_name(name)


@pytest.mark.parametrize("name", ["resnet18", "checkpoint-0123abcd", "a/b.checkpoint-0123abcd"])
def test_other_names_are_those_of_no_checkpoint(name):
    assert backbone_names.architecture_of_checkpoint(name) is None
