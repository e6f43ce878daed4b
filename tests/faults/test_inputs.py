"""Files from elsewhere: task files, images, labels, weights

Each is read, or refused with one message that says how to mend it; none runs code.
"""

import csv
import json
import os
import pickle
import random
import signal
import struct
from contextlib import contextmanager

import numpy as np
import pytest
import task_fixtures
import toy
import yaml
from PIL import Image
from reliability import tries
from safetensors.torch import save_file
from task_fixtures import FIELDS, FOLDER, encoded, make_task, patch, write_folder
from toy import CHECKOUT

from benchmark.errors import UserError
from benchmark.tasks import data
from benchmark.tasks.load import load_task

SECONDS = 20


@contextmanager
def no_hang():
    """Raises TimeoutError where something takes far too long."""

    def late(*_):
        raise TimeoutError(f"more than {SECONDS} seconds")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome(action) -> str:
    """``read``, or the one message of a refusal; whatever else is raised is the test's failure."""
    with no_hang():
        try:
            action()
        except UserError as error:
            said = error
        else:
            return "read"
    assert len(str(said)) < 5000
    assert said.mend or "to mend" in str(said) or said.line is not None, said
    return str(said)


# Task files

VALID = yaml.safe_dump(FIELDS | {"data": FOLDER})


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("a key twice", VALID + "title: again\n", "duplicate key"),
        ("an alias", VALID.replace("title: Toy", "title: &t Toy\nnote: *t"), "alias"),
        (
            "a bomb of aliases",
            "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n" + VALID,
            "alias",
        ),
        ("a tag", VALID + "x: !!python/object/apply:os.system ['touch ran']\n", "not valid YAML"),
        ("a line indented too far", VALID.replace("title", "   title"), "not valid YAML"),
        ("Windows line ends", VALID.replace("\n", "\r\n"), "read"),
        ("a byte order mark", "\ufeff" + VALID, "read"),
        ("a path upwards", VALID.replace("data_dir: toy", "data_dir: ../toy"), "toy"),
        ("an absolute path", VALID.replace("data_dir: toy", "data_dir: /toy"), "toy"),
    ],
)
def test_a_task_file_is_read_or_refused_by_its_line(tmp_path, monkeypatch, name, text, expected):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "toy")
    (tmp_path / "toy.yaml").write_text(text, encoding="utf-8", newline="")
    said = outcome(lambda: data.load(load_task("toy", tmp_path), 8))
    assert expected in said
    assert not (tmp_path / "ran").exists()


def mutated(text, chance):
    """The text with a few bytes, lines or words changed, doubled, moved or gone."""
    content = bytearray(text.encode())
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content) + 1)
        part = content[at : at + chance.choice([1, 1, 2, 8, 40])]
        del content[at : at + chance.choice([0, len(part)])]
        more = [b"", bytes([chance.randrange(256)]), bytes(part) * 2, chance.choice(PIECES)]
        content[at:at] = chance.choice(more)
    return bytes(content)


PIECES = (b"\t", b": ", b"- ", b"&a ", b"*a", b"!!x ", b"{", b"]", b"'", b"|\n", b"\x00", b"../")


def test_a_thousand_mutations_of_task_files_load_or_give_one_message(tmp_path, tried):
    """Only the files: no image is looked for."""
    chance, wanted, refusals = random.Random(0), tries(100, 1000), 0
    texts = [file.read_text(encoding="utf-8") for file in sorted(CHECKOUT.glob("tasks/*.yaml"))]
    for _ in range(wanted):
        (tmp_path / "toy.yaml").write_bytes(mutated(chance.choice(texts), chance))
        refusals += outcome(lambda: load_task("toy", tmp_path)) != "read"
    assert list(tmp_path.iterdir()) == [tmp_path / "toy.yaml"]
    tried(wanted, f"{refusals} refused with a message, {wanted - refusals} still valid")


# Images


def jpeg(**options):
    return encoded_as("JPEG", patch(1, 24), **options)


def encoded_as(format, image, **options):
    from io import BytesIO

    buffer = BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def rotated():
    exif = Image.Exif()
    exif[0x0112] = 6
    return jpeg(exif=exif)


def animated():
    return encoded_as("GIF", patch(1), save_all=True, append_images=[patch(2), patch(3)])


def palette():
    image = patch(1).convert("P")
    return encoded_as("PNG", image, transparency=0)


def bomb():
    content = bytearray(encoded(patch(1)))
    content[16:24] = struct.pack(">II", 50_000, 50_000)
    return bytes(content)


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda: jpeg()[:200], "cannot be read"),
        (lambda: b"", "it is empty"),
        (bomb, "cannot be read"),
        (lambda: jpeg(), "read"),  # its name says PNG
        (lambda: encoded(patch(1, 1)), "read"),
        (lambda: encoded(Image.new("RGB", (20_000, 10))), "read"),
        (animated, "read"),
        (rotated, "read"),
        (lambda: encoded_as("JPEG", patch(1, mode="CMYK")), "read"),
        (lambda: encoded(Image.fromarray(np.full((9, 9), 60_000, np.uint16))), "read"),
        (palette, "read"),
        (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n(%pipe%touch ran) (w) file\n", "PostScript"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_an_unusual_image_is_read_or_named(tmp_path, monkeypatch, make, expected):
    monkeypatch.chdir(tmp_path)
    write_folder(tmp_path / "toy")
    (tmp_path / "toy/train/a/0.png").write_bytes(make())
    said = outcome(lambda: data.load(make_task(tmp_path), 8))
    assert expected in said
    assert said == "read" or "0.png" in said
    assert not (tmp_path / "ran").exists()


# Labels


def table(tmp_path, train, test):
    """A task of two CSV files of paths and classes."""
    for split, labels in (("train", train), ("test", test)):
        with (tmp_path / f"{split}.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["image", "label"])
            for number, label in enumerate(labels):
                name = f"{split}{number}.png"
                patch(1000 * (split == "test") + number).save(tmp_path / name)
                writer.writerow([name, label])
    files = {"train": "train.csv", "test": "test.csv"}
    return make_task(tmp_path, {"load_dataset": {"path": "csv", "data_files": files}})


@pytest.mark.parametrize(
    ("train", "test", "expected"),
    [
        (["a", "", "b", "a"], ["a", "b"], "line 3"),
        (["None", "b"] * 2, ["None", "b"], "read"),
        (["1.5", "2"] * 2, ["2", "1.5"], "numbers that are no classes"),
        (["-1", "1"] * 2, ["1", "-1"], "read"),
        (["a", "b"], ["a", "b", "c"], "'c'"),
        (["a", "b", "b"], ["a", "b"], "read"),
        (["a", "a"], ["a", "a"], "class"),
    ],
)
def test_labels_of_any_kind_are_classes_or_are_named(tmp_path, train, test, expected):
    said = outcome(lambda: data.load(table(tmp_path, train, test), 8))
    assert expected in said


# Weights


class Code:
    """Runs when it is unpickled."""

    def __reduce__(self):
        return os.system, ("touch ran",)


@pytest.fixture(scope="module")
def weights():
    return toy.random_weights()


def spoiled(weights, how, folder):
    toy.write_backbone(folder, weights=dict(weights))
    file = folder / "model.safetensors"
    first = next(key for key, tensor in weights.items() if tensor.ndim == 4)
    if how == "cut off":
        file.write_bytes(file.read_bytes()[:-1000])
    elif how == "of another shape":
        save_file(dict(weights) | {first: weights[first][:, :, :1].contiguous()}, file)
    elif how == "not a number":
        save_file(dict(weights) | {first: weights[first] * float("nan")}, file)
    elif how == "lacking a tensor":
        save_file({key: value for key, value in weights.items() if key != first}, file)
    elif how == "a pickle with code in it":
        file.unlink()
        (folder / "pytorch_model.bin").write_bytes(pickle.dumps({first: Code()}))
    elif how == "a torch archive with code in it":
        import torch

        file.unlink()
        torch.save({first: Code()}, folder / "pytorch_model.bin")
    else:
        content = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(content | {"architecture": how}))


@pytest.mark.parametrize(
    "how",
    [
        "cut off",
        "of another shape",
        "not a number",
        "lacking a tensor",
        "a pickle with code in it",
        "a torch archive with code in it",
        "../../resnet18",
    ],
)
def test_weights_that_cannot_be_used_are_refused_and_never_run(tmp_path, monkeypatch, weights, how):
    from benchmark.training import backbones

    monkeypatch.chdir(tmp_path)
    spoiled(weights, how, tmp_path / "net")
    name = f"local-dir:{tmp_path / 'net'}"
    said = outcome(lambda: backbones.find(name).create(3, pretrained=True))
    assert "net" in said
    assert said != "read"
    assert not (tmp_path / "ran").exists()


def test_every_fixture_is_a_file_of_its_own(tmp_path):
    """What the others above rest on: an untouched task and untouched weights are read."""
    write_folder(tmp_path / "toy")
    assert outcome(lambda: data.load(task_fixtures.make_task(tmp_path), 8)) == "read"
