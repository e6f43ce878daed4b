"""The pictures of a data set, decoded one after the other, and what is learned of them by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from tqdm import tqdm

from benchmark.errors import UserError
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.pictures import images, tones
from benchmark.tasks.pictures.tones import Tone
from benchmark.tasks.raw import RawSplit

_SHOWN = 10
_MENDS = 3


@dataclass
class Seen:
    """What is known of the images of one split after they were decoded."""

    digests: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    """Their files, or their rows."""
    tones: list[Tone] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)
    """From which they were read, where they are files."""


def decoded(task: Task, part: RawSplit, split: str, seen: Seen) -> Iterator[Image.Image]:
    """The images of a split as RGB, one after the other; what is learned of them goes to ``seen``.

    Raises `UserError` at the end, for all images at once that could not be read.
    """
    errors = []
    for i in tqdm(range(len(part.labels)), f"decoding {task.name}, {split}", disable=None):
        try:
            picture = part.picture(i)
            found = images.decode(picture, task.data.white)
        except UserError as error:
            errors.append(error)
        else:
            seen.digests.append(images.digest(found.image))
            seen.names.append(picture.place)
            seen.files += [picture.content] if isinstance(picture.content, Path) else []
            seen.tones.append(tones.tone(picture.place, found.image, found.peak, found.frames))
            yield found.image
    if errors:
        raise _unreadable(task, split, errors)


def check_tones(task: Task, seen: list[Tone]) -> list[str]:
    """Notes about the images' brightness.

    Raises `UserError` where they are nearly black for most of their bits are not used.
    """
    few = None if task.data.white is not None else tones.unused_bits(seen)
    if few is not None:
        peak, white = few
        raise UserError(
            f"task {task.name!r}: the grey images of more than 8 bits hold no value above "
            f"{peak:g}, and with 65535 for white they are nearly black",
            where=task.file,
            mend=f"say which value is white with 'white: {white}' under 'data'; 'white: 65535' "
            "takes them as they are",
        )
    return tones.notes(seen, task.data.white)


def _unreadable(task: Task, split: str, errors: list[UserError]) -> UserError:
    shown = [error.what for error in errors[:_SHOWN]]
    if len(errors) > 1:
        more = [f"and {len(errors) - _SHOWN} more"] * (len(errors) > _SHOWN)
        shown = [f"{len(errors)} images cannot be used:", *shown, *more]
    what = f"task {task.name!r}, {split} split, " + "\n    ".join(shown)
    mends = dict.fromkeys(error.mend for error in errors if error.mend)
    return UserError(what, where=task.file, mend="; or ".join([*mends][:_MENDS]))
