"""Small tasks made on the spot: a YAML file and generated images."""

import io
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image

from benchmark.errors import UserError
from benchmark.tasks.data import load
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.load import load_task

FIELDS = {
    "title": "Toy",
    "domain": "generated patches",
    "description": "noise",
    "licence": "CC0 1.0",
    "citation": "nobody",
    "image_size": 8,
    "images_per_class": [1, 2],
    "flip": True,
}
FOLDER = {"load_dataset": {"path": "imagefolder", "data_dir": "toy"}}


def write_task(folder: Path, data: dict, name: str = "toy", **fields) -> Path:
    """Writes a YAML; a field that is None is left out."""
    content = {k: v for k, v in (FIELDS | fields | {"data": data}).items() if v is not None}
    file = folder / f"{name}.yaml"
    file.write_text(yaml.safe_dump(content), encoding="utf-8")
    return file


def make_task(folder: Path, data: dict = FOLDER, name: str = "toy", **fields) -> Task:
    write_task(folder, data, name, **fields)
    return load_task(name, folder)


def patch(seed: int, size: int = 10, mode: str = "RGB") -> Image.Image:
    """Noise; another seed, another image."""
    noise = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    return Image.fromarray(noise).convert(mode)


def encoded(image: Image.Image, format: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format)
    return buffer.getvalue()


def write_folder(root: Path, train: int = 3, test: int = 2, classes: tuple[str, ...] = ("a", "b")):
    """``root/{train,test}/<class>/<i>.png``, every image different."""
    seed = 0
    for split, count in (("train", train), ("test", test)):
        for name in classes:
            for i in range(count):
                file = root / split / name / f"{i}.png"
                file.parent.mkdir(parents=True, exist_ok=True)
                seed += 1
                patch(seed).save(file)
    return root


def folder_task(folder: Path, **data_keys) -> Task:
    write_folder(folder / "toy")
    return make_task(folder, FOLDER | data_keys)


def refusal(task: Task) -> str:
    """What is said when the task's images are asked for in vain."""
    with pytest.raises(UserError) as caught:
        load(task, 8)
    return str(caught.value)


def files_in(cache_folder: Path) -> list[Path]:
    """All files but the locks, which are empty and stay."""
    locks = cache_folder / "locks"
    return [p for p in cache_folder.rglob("*") if p.is_file() and p.parent != locks]
