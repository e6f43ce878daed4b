"""Makes the bundled backbone: a small student learns a large teacher's features.

The student regresses the teacher's pooled features on many random views of the same photographs,
both looking at the same view (Beyer et al. 2022, "Knowledge distillation: a good teacher is patient
and consistent"). Views are also mixed in pairs, shown at several resolutions, in grey and inverted,
so that a thousand photographs go a long way.
"""

from __future__ import annotations

import io
import json
import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow.parquet as parquet
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from benchmark.errors import UserError
from benchmark.training import backbones
from benchmark.training.torchvision_ops import transforms

STUDENT = "test_resnet"
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp"}


@dataclass(frozen=True)
class Distillation:
    """Settings of one distillation; all of them end up in the README beside the weights."""

    views: int = 60_000
    passes: int = 25
    batch: int = 128
    learning_rate: float = 4e-3
    weight_decay: float = 0.02
    components: int = 256
    teacher_pixels: int = 128
    student_pixels: tuple[int, ...] = (32, 48, 64)
    mixed: float = 0.25
    seed: int = 0


def photographs(paths: tuple[Path, ...]) -> list[bytes]:
    """The encoded images of parquet files (column ``image``) and of folders of image files."""
    found: list[bytes] = []
    for path in paths:
        if path.suffix == ".parquet":
            found += _cells(path)
        else:
            files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _SUFFIXES)
            found += [file.read_bytes() for file in files]
    if not found:
        raise UserError("no images here", where=paths[0], mend="name folders or parquet files")
    return found


def _cells(path: Path) -> list[bytes]:
    try:
        return [cell["bytes"] for cell in parquet.read_table(path)["image"].to_pylist()]
    except (OSError, KeyError, TypeError, ValueError) as error:  # arrow's own are among these
        what = f"no images can be read from this table: {error}"
        raise UserError(what, where=path, mend="its column image holds bytes and path") from error


def _opened(image: bytes, place: int) -> Image.Image:
    try:
        return Image.open(io.BytesIO(image)).convert("RGB")
    except Exception as error:  # Pillow's decoders raise nearly every kind there is
        raise UserError(
            f"photograph {place} cannot be read: {error}",
            mend="files count from 0 in the order of their paths; remove it",
        ) from error


def _random_view(pixels: int) -> transforms.Compose:
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(pixels, scale=(0.08, 1.0), antialias=True),
            transforms.RandomHorizontalFlip(),
            transforms.ColorJitter(0.4, 0.4, 0.4, 0.05),
            transforms.RandomGrayscale(0.15),
            transforms.RandomInvert(0.05),
            transforms.RandomApply([transforms.GaussianBlur(9, (0.5, 4.0))], 0.2),
            transforms.PILToTensor(),
        ]
    )


def make_views(images: list[bytes], settings: Distillation) -> Tensor:
    """Random views, uint8, ``[views, 3, teacher_pixels, teacher_pixels]``, images in turn."""
    view = _random_view(settings.teacher_pixels)
    opened = [_opened(image, place) for place, image in enumerate(images)]
    shape = (settings.views, 3, settings.teacher_pixels, settings.teacher_pixels)
    views = torch.empty(shape, dtype=torch.uint8)
    for i in tqdm(range(settings.views), desc="views"):
        views[i] = view(opened[i % len(opened)])
    return views


def _mix(views: Tensor, share: float) -> None:
    """Blends a ``share`` of the views, in place, with another one each."""
    count = int(len(views) * share) // 2 * 2
    for i in range(0, count, 2):
        weight = 0.3 + 0.4 * torch.rand(()).item()
        pair = views[i : i + 2].float()
        views[i : i + 2] = (weight * pair + (1 - weight) * pair.flip(0)).round().to(torch.uint8)


def _normalised(views: Tensor, wanted: backbones.Preprocessing) -> Tensor:
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (wanted.mean, wanted.std))
    return ((views.float() / 255 - mean) / std).contiguous(memory_format=torch.channels_last)


@torch.inference_mode()
def teacher_features(teacher: nn.Module, views: Tensor, wanted: backbones.Preprocessing) -> Tensor:
    """Pooled features of all views, float32, ``[views, features]``."""
    teacher.eval()
    batches = tqdm(torch.split(views, 64), desc="teacher")
    return torch.cat([teacher(_normalised(batch, wanted)) for batch in batches])


def whitened_components(features: Tensor, components: int) -> Tensor:
    """Projects on the leading principal components, each with unit variance."""
    centred = features - features.mean(0)
    values, vectors = torch.linalg.eigh(centred.T @ centred / len(features))
    leading = vectors[:, -components:].flip(1)
    # Full whitening would give noise the same weight as signal; the root tempers it.
    scale = values[-components:].flip(0).clamp(min=1e-12) ** -0.25
    projected: Tensor = centred @ leading * scale
    return projected / projected.std()


def _batches(count: int, size: int, generator: torch.Generator) -> Iterator[Tensor]:
    yield from torch.randperm(count, generator=generator).split(size)


def _loss(predicted: Tensor, target: Tensor) -> Tensor:
    angle = 1 - functional.cosine_similarity(predicted, target).mean()
    return angle + functional.smooth_l1_loss(predicted, target)


def train_student(
    student: nn.Module, views: Tensor, targets: Tensor, settings: Distillation
) -> list[float]:
    """Trains ``student`` (pooled features) in place; returns the mean loss of each pass.

    ``views`` are uint8 at the largest student size; smaller sizes are made by area averaging.
    """
    generator = torch.Generator().manual_seed(settings.seed)
    head = nn.Linear(student.num_features, targets.shape[1])  # type: ignore[arg-type]
    both = nn.Sequential(student, head).train()
    optimiser = torch.optim.AdamW(
        both.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
    )
    steps = settings.passes * math.ceil(len(views) / settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, steps, pct_start=0.05
    )
    wanted = backbones.find(STUDENT).preprocessing
    losses = []
    for _ in tqdm(range(settings.passes), desc="student"):
        total = 0.0
        for chosen in _batches(len(views), settings.batch, generator):
            sizes = settings.student_pixels
            pixels = sizes[int(torch.randint(len(sizes), (), generator=generator))]
            batch = _normalised(views[chosen], wanted)
            if torch.rand((), generator=generator) < 0.5:
                batch = batch.flip(-1)
            if pixels != batch.shape[-1]:
                batch = functional.interpolate(
                    batch, (pixels, pixels), mode="bilinear", antialias=True
                )
            loss = _loss(both(batch), targets[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item() * len(chosen)
        losses.append(total / len(views))
    return losses


def distill(
    teacher_name: str, image_paths: tuple[Path, ...], out: Path, settings: Distillation
) -> None:
    """Writes ``config.json``, ``model.safetensors`` and ``distillation.json`` to ``out``."""
    torch.manual_seed(settings.seed)
    teacher = backbones.find(teacher_name)
    views = make_views(photographs(image_paths), settings)
    _mix(views, settings.mixed)
    network = teacher.create(0, pretrained=True)
    features = teacher_features(network, views, teacher.preprocessing)
    targets = whitened_components(features, settings.components)
    views = _shrink(views, max(settings.student_pixels))
    student = backbones.find(STUDENT).create(0, pretrained=False)
    losses = train_student(student, views, targets, settings)
    _write(student, teacher_name, settings, losses, out)


def _shrink(views: Tensor, pixels: int) -> Tensor:
    def shrunk(batch: Tensor) -> Tensor:
        size = (pixels, pixels)
        return functional.interpolate(batch, size, mode="bilinear", antialias=True)

    return torch.cat([shrunk(batch) for batch in torch.split(views, 1024)])


def _write(
    student: nn.Module, teacher_name: str, settings: Distillation, losses: list[float], out: Path
) -> None:
    out.mkdir(parents=True, exist_ok=True)
    teacher = backbones.portable_name(teacher_name)
    state = {key: tensor.contiguous() for key, tensor in student.state_dict().items()}
    save_file(state, out / "model.safetensors", metadata={"format": "pt"})
    wanted = asdict(backbones.find(STUDENT).preprocessing)
    config = {
        "architecture": STUDENT,
        "num_classes": 0,
        "num_features": student.num_features,
        "pretrained_cfg": {
            "tag": "distilled_in1k",
            "input_size": [3, 64, 64],
            "fixed_input_size": False,
            "num_classes": 0,
            "first_conv": "conv1.0",
            "classifier": "fc",
            "license": "apache-2.0",
            "description": f"{STUDENT}, distilled from ImageNet-pretrained {teacher}",
            **wanted,
        },
    }
    evidence = {"teacher": teacher, "settings": asdict(settings), "loss_per_pass": losses}
    for name, content in (("config.json", config), ("distillation.json", evidence)):
        (out / name).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
