import re

import pytest

from benchmark.errors import UserError
from benchmark.training import backbones, names


def refused(name):
    with pytest.raises(UserError) as caught:
        backbones.find(name)
    return str(caught.value)


@pytest.mark.parametrize(
    "name",
    [
        "resnet18",
        "resnet18.a1_in1k",
        "hf-hub:some/where",
        "hf-hub:some/where@v1.0",
        "test_resnet.distilled_in1k",
    ],
)
def test_a_name_is_checked_without_asking_any_hub(name):
    backbones.find(name)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("resnt18", "resnet18"),
        ("ResNet18", "resnet18"),
        ("resnet18.a1_in2k", "resnet18.a1_in1k"),
        ("test_resnet.distiled_in1k", "test_resnet.distilled_in1k"),
        ("timm/resnet18.a1_in1k", "resnet18.a1_in1k"),
        ("timm/anything", "hf-hub:timm/anything"),
        ("microsoft/resnet-50", "hf-hub:microsoft/resnet-50"),
        ("https://huggingface.co/timm/resnet18.a1_in1k", "hf-hub:timm/resnet18.a1_in1k"),
        ("https://huggingface.co/some/net/tree/main", "hf-hub:some/net"),
        ("hf-hub:https://huggingface.co/some/net", "hf-hub:some/net"),
        ("hf-hub:resnet18.a1_in1k", "resnet18.a1_in1k"),
        ("hf_hub:timm/net", "hf-hub:timm/net"),
        ("hub:timm/net", "hf-hub:timm/net"),
        ("local_dir:/some/net", "local-dir:/some/net"),
        ("file:///some/net", "local-dir:/some/net"),
    ],
)
def test_a_name_of_another_form_gets_the_right_one(name, meant):
    assert f"did you mean '{meant}'?" in refused(name)


@pytest.fixture
def here(tmp_path, monkeypatch):
    for folder in ("net", "many/net", "my net"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "config.json").write_text("{}")
        (tmp_path / folder / "model.safetensors").write_text("")
    (tmp_path / "empty").mkdir()
    (tmp_path / "best.pth").write_text("")
    (tmp_path / "best.txt").write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("net", "local-dir:net"),
        ("./net", "local-dir:./net"),
        ("many/net", "local-dir:many/net"),
        ("net/model.safetensors", "local-dir:net"),
        ("best.pth", "checkpoint:ARCHITECTURE:best.pth"),
        ("local-dir:best.pth", "checkpoint:ARCHITECTURE:best.pth"),
        ("local-dir:net/model.safetensors", "local-dir:net"),
        ("local-dir:many", "local-dir:many/net"),
        ("local-dir:nett", "net"),
        ("hf-hub:many/net/", "local-dir:many/net/"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_folder_of_another_form_gets_the_right_one(name, meant):
    assert f"did you mean '{meant}'?" in refused(name)


def test_a_whole_path_is_offered_as_it_was_given(here):
    assert f"did you mean 'local-dir:{here / 'net'}'?" in refused(str(here / "net"))


@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_a_folder_without_a_backbone_is_named(here, folder):
    said = refused(f"local-dir:{here / folder}")
    assert said.startswith(f"{here / folder}: there is no backbone in this folder")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("checkpoint:resnt18:best.pth", "no architecture 'resnt18'; did you mean 'resnet18'?"),
        ("checkpoint:best.pth", "timm knows no architecture 'best.pth'"),
        ("checkpoint:", "write checkpoint:ARCHITECTURE:FILE"),
        ("checkpoint:resnet18:", "no file is named"),
        ("checkpoint:resnet18:gone.pth", "gone.pth: there is no such file"),
        ("checkpoint:resnet18:~/best.pth", "write the whole path in place of ~"),
        ("checkpoint:resnet18:net", "net: there is no such file"),
        ("checkpoint:resnet18:best.txt", "by its name this is no file of weights"),
        ("checkpoint:resnet18:a\0b.pth", "there is no such file"),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_single_file_needs_an_architecture_and_a_file(name, expected):
    assert expected in refused(name)


@pytest.mark.parametrize("architecture", ["resnet18", "resnet18.a1_in1k"])
@pytest.mark.usefixtures("here")
def test_a_single_file_is_not_read_before_it_is_asked_for(architecture):
    backbones.find(f"checkpoint:{architecture}:best.pth")  # which is empty


@pytest.mark.usefixtures("here")
def test_half_of_a_name_with_a_blank_is_recognised():
    said = refused("local-dir:my")
    assert "'my net' does, but blanks and commas divide the names of backbones" in said


@pytest.mark.usefixtures("here")
def test_a_name_with_a_blank_works_where_nothing_divides_it():
    assert backbones.find("local-dir:my net").portable_name == "my net"


@pytest.mark.parametrize(
    "name",
    [
        *("", "local-dir:", "hf-hub:", "hf-hub:../x", "hf-hub:a/b/c", "local-dir:~/net"),
        *("a\0b", "local-dir:a\0b", "x" * 5000, "local-dir:" + "x" * 5000, "../../etc/passwd"),
        *("=cmd", "<script>", "C:\\net", "resnet18.", "hf-hub:"),
    ],
)
def test_what_can_be_no_name_is_one_short_message(name):
    assert len(refused(name)) < 20_000
    assert "to mend: " in refused(name)


@pytest.mark.parametrize("folder", [".hidden", "a$b", "<b>", "-net", "superseded", "x" * 200])
def test_a_folder_whose_name_no_record_can_carry_is_refused(tmp_path, folder):
    (tmp_path / folder).mkdir()
    (tmp_path / folder / "config.json").write_text("{}")
    assert "rename the folder" in refused(f"local-dir:{tmp_path / folder}")


@pytest.mark.parametrize(
    ("name", "portable"),
    [
        ("local-dir:/some/where/net", "net"),
        ("local-dir:../net.v2/", "net.v2"),
        ("hf-hub:timm/resnet18.a1_in1k", "timm--resnet18.a1_in1k"),
        ("resnet18.a1_in1k", "resnet18.a1_in1k"),
    ],
)
def test_the_name_in_records_holds_no_path(name, portable):
    assert names.portable_name(name) == portable


def test_the_folder_itself_has_a_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert names.portable_name("local-dir:.") == tmp_path.name


def test_two_folders_of_one_name_are_refused():
    with pytest.raises(UserError, match=re.escape("a/net and local-dir:b/net have the same name")):
        names.check_differ(["local-dir:a/net", "local-dir:b/net"])
    names.check_differ(["local-dir:a/net", "local-dir:a/net"])
