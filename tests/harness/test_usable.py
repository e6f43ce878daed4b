import pytest
from toy import random_weights, write_backbone

from benchmark.defaults import BUNDLED
from benchmark.errors import UserError
from benchmark.harness import usable
from benchmark.harness.usable import Candidate, candidates, look_at
from benchmark.records.tuned import Tuned
from benchmark.training import packages


@pytest.fixture(autouse=True)
def kept(monkeypatch, tmp_path):
    """The folder of what was downloaded, empty, and no package of weights."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "kept"))
    monkeypatch.setattr(packages, "KNOWN", {})
    return tmp_path / "kept"


def keep(kept, model, ref="main", files=("config.json", "model.safetensors")):
    """As the hub's library keeps a model."""
    folder = kept / f"models--{model.replace('/', '--')}"
    (folder / "refs").mkdir(parents=True, exist_ok=True)
    (folder / "refs" / ref).write_text(f"commit-{ref}")
    for file in files:
        snapshot = folder / "snapshots" / f"commit-{ref}"
        snapshot.mkdir(parents=True, exist_ok=True)
        (snapshot / file).write_text("")


def test_the_bundled_one_is_there_always():
    assert candidates([]) == [Candidate(BUNDLED, "bundled")]


def test_a_folder_is_one_or_holds_some(tmp_path):
    one, other = (write_backbone(tmp_path / "some" / name) for name in ("a", "b"))
    (tmp_path / "some" / "readme.md").write_text("")
    assert [c.name for c in candidates([tmp_path / "some", tmp_path / "gone"])[1:]] == [one, other]
    assert [c.name for c in candidates([tmp_path / "some" / "a"])[1:]] == [one]


def test_what_the_hub_sent_is_found_under_the_name_that_asks_for_it(kept):
    keep(kept, "timm/resnet18.a1_in1k")
    keep(kept, "timm/resnet18.a1_in1k", ref="v2")
    keep(kept, "some/net")
    keep(kept, "some/text", files=("tokenizer.json",))
    keep(kept, "some/half", files=("config.json",))
    assert [one.name for one in candidates([])[1:]] == [
        "hf-hub:some/net",
        "resnet18.a1_in1k",
        "hf-hub:timm/resnet18.a1_in1k@v2",
    ]


def test_a_package_that_is_installed_is_found_once(monkeypatch):
    there = packages.Package("numbers", "numpy", "none.pth", "")
    gone = packages.Package("nothing", "not_there_at_all", "none.pth", "")
    names = ("resnet18", "resnet18.a1_in1k", "resnet34.a1_in1k")
    monkeypatch.setattr(packages, "KNOWN", dict(zip(names, (there, there, gone), strict=True)))
    assert candidates([])[1:] == [Candidate("resnet18.a1_in1k", "package numbers")]


def test_parameters_source_and_speed_are_told(tmp_path, monkeypatch):
    name = write_backbone(tmp_path / "net.in1k", weights=random_weights(seed=3))
    monkeypatch.setattr(usable, "_SECONDS", 0.01)
    monkeypatch.setattr(usable, "tuned_backbones", lambda: {"net.in1k": Tuned({}, 1)})
    found = look_at(Candidate(name, "folder"), 16)
    assert (found.parameters, found.pretrained_on, found.tuned) == (372_688, "ImageNet-1k", True)
    assert found.images_per_second > 0


@pytest.mark.parametrize(
    ("name", "size", "expected"),
    [
        ("resnet18.a1_in1k", 32, "the model hub cannot be reached, and nothing was kept"),
        ("test_vit", 24, "cannot take images of 24 pixels"),
        ("local-dir:nowhere", 32, "there is no backbone in this folder"),
    ],
)
def test_what_cannot_be_used_says_why_and_asks_no_hub(monkeypatch, name, size, expected):
    monkeypatch.setattr("urllib.request.urlopen", lambda *_, **__: pytest.fail("asked"))
    why = look_at(Candidate(name, "somewhere"), size)
    assert isinstance(why, UserError)
    assert expected in why.what
