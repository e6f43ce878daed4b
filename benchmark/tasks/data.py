"""A task's images as arrays: decoded once, kept in the cache, mapped into memory from then on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import PIL
from numpy.typing import NDArray

from benchmark import files
from benchmark.errors import UserError, one_line
from benchmark.tasks import cache
from benchmark.tasks.definition.schema import Task
from benchmark.tasks.pictures import images
from benchmark.tasks.pictures.decoding import Seen, check_tones, decoded
from benchmark.tasks.raw import Raw, RawSplit
from benchmark.tasks.reading import split_file
from benchmark.tasks.reading.assemble import assemble
from benchmark.tasks.reading.split_file import Sides
from benchmark.tasks.repeated.duplicates import (
    Fingerprints,
    perceptual_hash,
    test_images_also_in_train,
)
from benchmark.tasks.sources import find as sources
from benchmark.tasks.sources.base import Source
from benchmark.tasks.unused import Unused

SPLITS = ("train", "test")

# Goes up whenever decoding changes: the entries that are stored are then made anew.
_FORMAT = 2
_MOST_UNUSED = 10_000


@dataclass(frozen=True)
class Split:
    """Images of one split, in the order of their source."""

    images: NDArray[np.uint8]
    """``[n, 3, size, size]``, RGB in 0..255; a read-only memory map."""
    labels: NDArray[np.int64]
    """``[n]``, 0..classes-1."""


@dataclass(frozen=True)
class Dataset:
    """A task's data, ready for training."""

    train: Split
    test: Split
    class_names: tuple[str, ...]
    source: str
    """Which source was used, in words without any path of this machine."""
    hash: str
    """SHA-256 over pixels and labels of both splits before resizing: the same for every size."""
    test_in_train: tuple[int, ...]
    """Indices of the test images that, before resizing, equal a training image pixel by pixel."""
    notes: tuple[str, ...] = ()
    """What one should know of the reading, a line each: files that are not used, say."""

    @property
    def test_that_counts(self) -> NDArray[np.int64]:
        """Indices of the test images that numbers rest on: those that are no training images."""
        leaked = np.array(self.test_in_train, dtype=np.int64)
        return np.delete(np.arange(len(self.test.labels)), leaked)


@dataclass(frozen=True)
class Prints:
    """Fingerprints of a task's images, for finding duplicates."""

    train: Fingerprints
    test: Fingerprints
    class_names: tuple[str, ...]
    source: str
    notes: tuple[str, ...] = ()
    """Those of the `Dataset`."""
    unused: tuple[Unused, ...] = ()
    """Files that lie there and take no part."""

    @property
    def hash(self) -> str:
        """The same as that of the `Dataset`."""
        return _hash((split.digests, split.labels) for split in (self.train, self.test))

    @property
    def test_in_train(self) -> tuple[int, ...]:
        """The same as that of the `Dataset`."""
        return tuple(test_images_also_in_train(self.train.digests, self.test.digests))


def load(task: Task, image_size: int, interpolation: str = "bilinear") -> Dataset:
    """The task's images, each resized as a whole to a square of ``image_size`` pixels.

    ``interpolation`` is nearest, bilinear, bicubic or lanczos. The first call decodes; later ones,
    in any process, map the cache as long as the source has not changed.
    Raises `UserError` for data that are missing, out of reach or faulty, naming task and file,
    and for a cache that cannot be written.
    """
    images.check_interpolation(interpolation)
    if image_size < 1:
        raise UserError(
            f"the image size is a number of pixels, at least 1, not {image_size}",
            mend="name another size",
        )
    source = sources.find(task)
    sides = split_file.of(source.data, task.folder)
    key = _key(source, sides, f"{image_size} {interpolation}")
    add = partial(_add_images, side=image_size, interpolation=interpolation)
    entry = cache.read(key) or _made(task, source, sides, key, add)
    train, test = (
        Split(entry.arrays[f"{split}.images"], entry.arrays[f"{split}.labels"]) for split in SPLITS
    )
    facts = entry.facts
    return Dataset(
        train,
        test,
        tuple(facts["class_names"]),
        facts["source"],
        facts["hash"],
        tuple(facts["test_in_train"]),
        tuple(facts["notes"]),
    )


def fingerprints(task: Task, *, download: bool = True) -> Prints | None:
    """Fingerprints of the images before resizing; cached as `load` caches.

    None if ``download`` is false and the data would have to be downloaded. Raises as `load`.
    """
    source = sources.find(task)
    sides = split_file.of(source.data, task.folder)
    key = _key(source, sides, "fingerprints")
    entry = cache.read(key)
    if entry is None and source.remote and not download:
        return None
    entry = entry or _made(task, source, sides, key, _add_fingerprints)
    train, test = (_fingerprints(entry, split) for split in SPLITS)
    facts = entry.facts
    return Prints(
        train,
        test,
        tuple(facts["class_names"]),
        facts["source"],
        tuple(facts["notes"]),
        tuple(Unused(*one) for one in facts["unused"]),
    )


def _fingerprints(entry: cache.Entry, split: str) -> Fingerprints:
    digests, hashes, labels = (
        entry.arrays[f"{split}.{name}"] for name in ("digests", "hashes", "labels")
    )
    names = entry.facts[f"{split}.names"]
    return Fingerprints([row.tobytes() for row in digests], hashes, labels, names)


def _key(source: Source, sides: Sides | None, content: str) -> str:
    decoder = {"pillow": PIL.__version__, "format": _FORMAT, "content": content}
    listed = {} if sides is None else {"sides": {name: vars(one) for name, one in sides.items()}}
    return files.digest(source.identity | listed | {"source": source.description} | decoder)


def _made(
    task: Task,
    source: Source,
    sides: Sides | None,
    key: str,
    add: Callable[[cache.Writer, Task, Raw], dict[str, Seen]],
) -> cache.Entry:
    def fill(writer: cache.Writer) -> None:
        raw = assemble(source.data, source.read(writer.scratch), sides, source.refuse)
        for split, part in _parts(raw):
            writer.add(f"{split}.labels", part.labels, len(part.labels))
        seen = add(writer, task, raw)
        tones = [tone for split in SPLITS for tone in seen[split].tones]
        read = [file for split in SPLITS for file in seen[split].files]
        writer.rests_on.extend(source.unlisted(read))
        writer.facts.update(
            class_names=raw.class_names,
            source=source.description,
            notes=[*raw.notes, *map(one_line, check_tones(task, tones))],
        )

    return cache.make(key, fill)


def _add_images(
    writer: cache.Writer, task: Task, raw: Raw, *, side: int, interpolation: str
) -> dict[str, Seen]:
    seen = {split: Seen() for split in SPLITS}
    for split, part in _parts(raw):
        found = decoded(task, part, split, seen[split])
        pixels = (images.resized(image, side, interpolation) for image in found)
        writer.add(f"{split}.images", pixels, len(part.labels))
    train, test = (seen[split].digests for split in SPLITS)
    writer.facts["hash"] = _hash([(train, raw.train.labels), (test, raw.test.labels)])
    writer.facts["test_in_train"] = test_images_also_in_train(train, test)
    return seen


def _add_fingerprints(writer: cache.Writer, task: Task, raw: Raw) -> dict[str, Seen]:
    seen = {split: Seen() for split in SPLITS}
    for split, part in _parts(raw):
        hashes = map(perceptual_hash, decoded(task, part, split, seen[split]))
        writer.add(f"{split}.hashes", hashes, len(part.labels))
        rows = (np.frombuffer(digest, np.uint8) for digest in seen[split].digests)
        writer.add(f"{split}.digests", rows, len(part.labels))
        writer.facts[f"{split}.names"] = seen[split].names
    writer.facts["unused"] = [[one.path, one.reason] for one in raw.unused[:_MOST_UNUSED]]
    return seen


def _parts(raw: Raw) -> list[tuple[str, RawSplit]]:
    return list(zip(SPLITS, (raw.train, raw.test), strict=True))


def _hash(splits: Iterable[tuple[Sequence[bytes], NDArray[np.int64]]]) -> str:
    """SHA-256 over the images' digests and the labels of train and test, in this order."""
    whole = hashlib.sha256()
    for digests, labels in splits:
        whole.update(b"".join(digests))
        whole.update(labels.astype("<i8").tobytes())
    return whole.hexdigest()
