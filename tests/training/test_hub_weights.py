"""From timm through the hub's library to safetensors, against a hub on this machine."""

import os
import pty
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from hub_child import child
from loopback_hub import NOWHERE, loopback_hub
from toy import CHECKOUT, random_weights, write_backbone

from benchmark.errors import UserError
from benchmark.training import backbones, hub, weights

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("hub")


@pytest.fixture(scope="module")
def served():
    with loopback_hub() as running:
        yield running


@pytest.fixture(scope="module")
def online(served, folder):
    with child(served.address, folder / "home") as running:
        yield running


@pytest.fixture(scope="module")
def offline(served, folder):
    with child(served.address, folder / "home", HF_HUB_OFFLINE="1") as running:
        yield running


@pytest.fixture
def model(served, folder, request):
    """A model of its own for each test: its name on the hub, and the hash of its weights."""
    name = request.node.name.partition("[")[0]
    local = write_backbone(folder / name, weights=random_weights(seed=len(name)))
    served.holds(f"toy/{name}", folder / name)
    return f"hf-hub:toy/{name}", backbones.find(local).weights_hash


def test_what_the_hub_sent_is_kept_and_used_again(served, online, offline, model):
    name, expected = model
    before = served.downloads(".safetensors")
    assert online.weights(name)["hash"] == expected
    assert served.downloads(".safetensors") == before + 1
    asked = len(served.asked)
    assert offline.weights(name)["hash"] == expected
    assert len(served.asked) == asked


def test_what_was_never_kept_cannot_be_had_offline(offline, model):
    said = offline.weights(model[0])["error"]
    assert "the model hub cannot be reached, and nothing was kept from an earlier run" in said


def test_a_name_of_timms_own_is_asked_for_as_timms(served, folder, online):
    write_backbone(folder / "own", weights=random_weights(seed=9))
    served.holds("timm/test_resnet.r160_in1k", folder / "own")
    found = online.weights("test_resnet.r160_in1k")["hash"]
    assert found == backbones.find(f"local-dir:{folder / 'own'}").weights_hash


def test_a_revision_has_weights_of_its_own(served, folder, online, model):
    name, expected = model
    newer = write_backbone(folder / "newer", weights=random_weights(seed=77))
    served.holds(name.removeprefix("hf-hub:"), folder / "newer", revision="v2")
    assert online.weights(f"{name}@v2")["hash"] == backbones.find(newer).weights_hash != expected
    assert online.weights(name)["hash"] == expected


@pytest.mark.parametrize(
    ("suffix", "expected"),
    [("-none", "the hub has no such model"), ("@v9", "the hub has no such revision of it")],
)
def test_what_the_hub_does_not_have_is_said(online, model, suffix, expected):
    assert expected in online.weights(model[0] + suffix)["error"]


def test_a_download_that_breaks_off_goes_on_where_it_stopped(served, online, model, monkeypatch):
    monkeypatch.setattr(served, "sends_at_most", 700_000)
    monkeypatch.setattr(served, "breaks_left", 1)
    assert online.weights(model[0])["hash"] == model[1]
    assert served.breaks_left == 0


def test_a_download_that_always_breaks_off_is_one_sentence_and_later_starts_anew(
    served, online, model, monkeypatch
):
    with monkeypatch.context() as broken:
        broken.setattr(served, "sends_at_most", 1_000)
        failed = online.weights(model[0])
    assert "the hub could not be reached, or what it sent could not be kept" in failed["error"]
    assert failed["seconds"] < 60
    assert online.weights(model[0])["hash"] == model[1]


def test_a_file_that_was_damaged_on_its_way_is_refused(served, online, model, monkeypatch):
    with monkeypatch.context() as bad:
        bad.setattr(served, "spoilt", b"other bytes")
        said = online.weights(model[0])["error"]
    assert "model.safetensors of toy/" in said
    assert "was damaged on its way from the hub" in said
    again = online.weights(model[0])["error"]  # it is in the cache now
    blob = again.partition(": model")[0]
    Path(blob).unlink()
    assert online.weights(model[0])["hash"] == model[1]


def test_a_file_whose_head_is_damaged_is_called_so(served, folder, online, model, monkeypatch):
    size = (folder / model[0].partition("/")[2] / "model.safetensors").stat().st_size
    with monkeypatch.context() as bad:
        bad.setattr(served, "spoilt", b"x" * size)
        assert "was damaged on its way from the hub" in online.weights(model[0])["error"]


@pytest.fixture
def unheard(monkeypatch, tmp_path):
    """In this process: another address of the hub, and nothing kept."""

    def at(address):
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
        hub.answers.cache_clear()

    weights.filled.cache_clear()
    yield at
    hub.answers.cache_clear()


@pytest.mark.parametrize("silent", [False, True])
def test_a_hub_out_of_reach_is_one_sentence_within_ten_seconds(unheard, silent):
    with loopback_hub() as running:
        running.silent = silent
        unheard(running.address if silent else NOWHERE)
        started = time.monotonic()
        with pytest.raises(hub.OutOfReachError, match="the model hub cannot be reached") as caught:
            weights.filled("resnet18.a1_in1k")
    assert time.monotonic() - started < 10
    assert "local-dir: folder, or test_resnet.distilled_in1k, which is bundled" in str(caught.value)


def test_nothing_is_trained_on_what_cannot_be_had(unheard, task, tmp_path):
    from benchmark.harness import plan

    unheard(NOWHERE)
    with pytest.raises(UserError, match="cannot be reached"):
        plan.prepare(plan.Selection((task,), ("resnet18.a1_in1k",), ("scratch", "finetune")))


def test_a_first_download_shows_its_progress_on_a_terminal(served, folder, model, task):
    main, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    settings = {"HF_ENDPOINT": served.address, "HF_HOME": str(folder / "another")}
    tasks = {"BENCHMARK_TASKS": str(task.folder)}
    command = ["bench", "--task", task.name, "--backbone", model[0], "--dry-run", "--jobs", "1"]
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmark", *command, "--arms", "probe", "--n", "1"],
        cwd=CHECKOUT,
        env=os.environ | settings | tasks,
        stdout=subprocess.DEVNULL,
        stderr=terminal,
    )
    os.close(terminal)
    shown = b""
    try:
        while chunk := os.read(main, 4096):
            shown += chunk
    except OSError:  # the other end is closed
        pass
    os.close(main)
    assert process.wait(60) == 0
    assert b"model.safetensors: 100%" in shown
