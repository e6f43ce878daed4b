"""Which image of a folder belongs to which split and class: decided by whole folders alone.

No part of a name ever decides: a class may be called ``train station``, a file ``test_3.png``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from benchmark.errors import listed
from benchmark.tasks.definition.data_keys import Data, LoadDataset
from benchmark.tasks.reading import patterns, split_names
from benchmark.tasks.reading.parts import Refusal
from benchmark.tasks.unused import Unused

OUTSIDE = "outside of the class folders"


@dataclass
class Layout:
    """Images by split; paths are relative to the data's root."""

    splits: dict[str, list[str]] = field(default_factory=dict)
    """Split, as the YAML names it -> its images, in the order of their source."""
    classes: dict[str, str] = field(default_factory=dict)
    """Image -> class. An image that is labelled elsewhere need not be here."""
    unused: list[Unused] = field(default_factory=list)
    notes: tuple[str, ...] = ()


def by_folders(
    files: Sequence[str],
    folders: Sequence[str],
    top: str,
    data: Data,
    *,
    classed: bool,
    refuse: Refusal,
) -> Layout:
    """Splits are folders of ``top``, classes the folders in them; ``files`` are images.

    ``folders``: all there are, with images or without. ``classed``: whether they name the classes
    at all. Raises `UserError` where they leave open what is meant.
    """
    images = {file: _below(file, top) for file in files}
    there = _Folders.of(images.values(), [_below(folder, top) for folder in folders], classed)
    of_splits = _folders_of_splits(there, data, refuse)
    named = {name: folder for name, folder in of_splits.items() if folder is not None}
    layout, parts_of = Layout(notes=split_names.respelt(named)), dict[str, tuple[str, ...]]()
    for name, folder in of_splits.items():
        inside = {file: p for file, p in images.items() if folder in (None, p[0])}
        layout.splits[name] = list(inside)
        above = 0 if folder is None else 1
        parts_of |= {file: p[above:-1] for file, p in inside.items()}
    layout.unused += [
        Unused(file, OUTSIDE if len(parts) == 1 else f"no split is called {parts[0]!r}")
        for file, parts in images.items()
        if file not in parts_of
    ]
    if classed:
        _name_classes(layout, parts_of, data, refuse)
    return layout


def by_patterns(
    files: Sequence[str], spec: LoadDataset, data: Data, *, classed: bool, refuse: Refusal
) -> Layout:
    """Splits are what the patterns of ``data_files`` match, classes the folders of the images.

    ``files`` are images.

    Raises as `by_folders`, and for a pattern that matches nothing.
    """
    layout, parts_of = Layout(), dict[str, tuple[str, ...]]()
    for split, given in spec.patterns.items():
        found: dict[str, None] = {}
        for pattern in given:
            matched = patterns.matching(pattern, files)
            if not matched:
                raise refuse(f"no image matches {pattern!r}", "correct the pattern")
            found |= dict.fromkeys(matched)
            if classed:
                parts_of |= _parts_below(pattern, matched, data, refuse)
        layout.splits[split] = list(found)
    taken = {file for files in layout.splits.values() for file in files}
    reason = "matched by no pattern of 'data_files'"
    layout.unused += [Unused(file, reason) for file in files if file not in taken]
    if classed:
        _name_classes(layout, parts_of, data, refuse)
    return layout


def _below(file: str, top: str) -> tuple[str, ...]:
    return PurePosixPath(file).relative_to(top).parts


@dataclass(frozen=True)
class _Folders:
    """The uppermost folders."""

    splits: list[str]
    """Those in which class folders hold images; where no folder names a class, all with images."""
    others: list[str]
    """Those that hold images themselves."""
    hollow: list[str]
    """Those without an image."""

    @classmethod
    def of(
        cls, images: Iterable[tuple[str, ...]], folders: Iterable[tuple[str, ...]], classed: bool
    ) -> _Folders:
        deep = [parts for parts in images if len(parts) > 1]
        splits = {parts[0] for parts in deep if len(parts) > 2 or not classed}
        others = {parts[0] for parts in deep} - splits
        hollow = {parts[0] for parts in folders if parts} - splits - others
        return cls(sorted(splits), sorted(others), sorted(hollow))


def _folders_of_splits(there: _Folders, data: Data, refuse: Refusal) -> dict[str, str | None]:
    """Split as the YAML names it -> its folder; None: all folders are classes of one split."""
    found = {n: split_names.match(n, there.splits, refuse) for n in split_names.wanted(data)}
    lacking = [name for name, folder in found.items() if folder is None]
    if not lacking:
        _check_meant(found, there.splits, data, refuse)
        return found
    only_splits = there.others and all(map(split_names.kind_of, there.others))
    to_cut = list(found) == ["train"] and not any(map(split_names.kind_of, there.splits))
    if to_cut and not (only_splits and not there.splits):
        return {"train": None}
    raise _no_split(lacking[0], there, data, refuse)


def _no_split(name: str, there: _Folders, data: Data, refuse: Refusal) -> Exception:
    if unclassed := split_names.match(name, there.others, refuse):
        return refuse(
            f"the images in {unclassed!r} lie in no class folders",
            "put them into one folder for each class, as in train/CLASS/image.png, or name their "
            "classes in a table ('path: csv')"
            + ", or cut a test split from the training images with 'test_fraction'"
            * bool(there.splits),
        )
    if hollow := split_names.match(name, there.hollow, refuse):
        return refuse(f"the folder {hollow!r} holds no images", "put images there, by class")
    if len(there.splits) == 1 and not there.others and not split_names.kind_of(there.splits[0]):
        return refuse(
            f"there is no split {name!r}: all images lie in {there.splits[0]!r}",
            f"add that folder to 'data_dir': .../{there.splits[0]}",
        )
    return split_names.missing(name, there.splits or there.others, "folders", data, refuse)


def _check_meant(
    found: Mapping[str, str | None], splits: Sequence[str], data: Data, refuse: Refusal
) -> None:
    split_names.check_differ(found, refuse)
    folders = list(found.values())
    others = [name for name in splits if name not in folders and not split_names.kind_of(name)]
    if data.cuts and others and "train_split" not in data.model_fields_set:
        raise refuse(
            f"is {folders[0]!r} the training split, or one folder of classes beside "
            f"{listed(others)}?",
            f"write 'train_split: {folders[0]}' if it is the split; else give it another name",
        )


def _parts_below(
    pattern: str, files: Sequence[str], data: Data, refuse: Refusal
) -> dict[str, tuple[str, ...]]:
    """The folders that may name a class, for each file that the pattern matches."""
    base = patterns.fixed_base(pattern)
    if base in files:
        return {base: (_parent(base),)}
    below = {file: _below(file, base)[:-1] for file in files}
    if "**" in PurePosixPath(pattern).parts or base == str(PurePosixPath(pattern)):
        return below
    # The pattern itself says how deep images lie: they lie in the folders that name the classes.
    if data.label is not None:
        return {file: parts or (_parent(file),) for file, parts in below.items()}
    parents: dict[str, set[str]] = defaultdict(set)
    for file in files:
        parents[_parent(file)].add(str(PurePosixPath(file).parent))
    joined = {name: sorted(found) for name, found in parents.items() if len(found) > 1}
    if joined:
        name, found = next(iter(joined.items()))
        raise refuse(
            f"{len(found)} folders that {pattern!r} matches are called {name!r}: {listed(found)}",
            "say whether they are one class ('label: leaf') or several ('label: path')",
        )
    return {file: (_parent(file),) for file in files}


def _parent(file: str) -> str:
    return PurePosixPath(file).parent.name


def _name_classes(
    layout: Layout, parts_of: Mapping[str, tuple[str, ...]], data: Data, refuse: Refusal
) -> None:
    """Fills ``layout.classes``; takes images without a class folder out of the splits."""
    nested = sorted({"/".join(parts) for parts in parts_of.values() if len(parts) > 1})
    if nested and data.label is None:
        shallow = any(len(parts) == 1 for parts in parts_of.values())
        raise _nested(nested, not shallow, refuse)
    layout.classes = {file: _CLASS[data.label](p) for file, p in parts_of.items() if p}
    layout.unused += [Unused(file, OUTSIDE) for file, parts in parts_of.items() if not parts]
    layout.splits = {
        split: [file for file in files if file in layout.classes]
        for split, files in layout.splits.items()
    }


_CLASS: dict[str | None, Callable[[tuple[str, ...]], str]] = {
    None: "/".join,
    "path": "/".join,
    "leaf": lambda parts: parts[-1],
    "top": lambda parts: parts[0],
}
"""What ``label`` in a YAML says -> the class, by the folders that may name it."""


def _nested(nested: Sequence[str], outermost: bool, refuse: Refusal) -> Exception:
    if all(split_names.kind_of(path.split("/")[-1]) for path in nested):
        return refuse(
            f"the folders of splits lie inside those of classes: {listed(nested, 4)}",
            "name both splits with 'data_files', such as train: '*/train/*', and set 'label: top'",
        )
    first = {path.split("/")[0] for path in nested}
    if len(first) == 1 and outermost:
        return refuse(
            f"all images lie in {min(first)!r}, in folders of folders: {listed(nested, 4)}",
            f"add that folder to 'data_dir' (.../{min(first)}), or say which folders name the "
            "class: 'label: path' (all), 'label: leaf' (the last) or 'label: top' (the first)",
        )
    return refuse(
        f"class folders hold folders: {listed(nested, 4)}",
        "say which folders name the class: 'label: path' (all of them: "
        f"{nested[0]}), 'label: leaf' (the last) or 'label: top' (the first)",
    )
