"""Folders of images: splits and classes are folders, or rows of a table beside the images."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import PurePosixPath

from benchmark.errors import listed
from benchmark.tasks.pictures import content_kinds
from benchmark.tasks.pictures.images import Picture, is_image
from benchmark.tasks.reading import layout, patterns, sidecar, split_names
from benchmark.tasks.reading.labels import CELLS
from benchmark.tasks.reading.layout import Layout
from benchmark.tasks.reading.local_data import LocalData
from benchmark.tasks.reading.parts import Part, Reading, check_no_file_is_in_both
from benchmark.tasks.reading.sidecar import Sidecar
from benchmark.tasks.unused import Unused

_UNREAD = re.compile(
    r"\.(hei[cf]s?|dng|nef|cr[23]|arw|orf|raf|rw2|raw|dcm|dicom|ima|nii|nrrd|mh[ad]|np[yz]|svg|eps"
    r"|ps|pdf|ai|psd|xcf|exr|hdr|jxl|tga|pcx|ico|cur|dds|sgi|ras|xbm|xpm|fits?|fts|czi|lif|nd2|svs"
    r"|ndpi|mrxs|lsm|jxr|wdp|mp4|avi|mov|mkv|webm|h5|hdf5|fl[ic]|wmf|emf|mng|gz|zip)$",
    re.IGNORECASE,
)
"""Endings of what holds pictures and is not read."""


def read(local: LocalData) -> Reading:
    """The images of the folder, and every file in it that is none of them.

    Raises `UserError` where folders or tables leave open what is meant, where training and test
    images are the same, and for a class none of whose files is read.
    """
    files, data, refuse = local.tree.files, local.data, local.refuse
    beside = sidecar.read(local.root, files, data, refuse)
    if data.group is not None and not beside.rows:
        raise refuse(
            f"'group: {data.group}' names a column, and folders have none",
            "tie images together by their files' names with 'group_pattern'",
        )
    images = sorted(beside.rows) or [file for file in files if is_image(file)]
    if not images:
        raise refuse(f"{local.top} holds no images", _what_is_there(files))
    classed = not beside.rows
    if local.spec.data_files is None:
        folders = local.tree.folders
        found = layout.by_folders(images, folders, local.top, data, classed=classed, refuse=refuse)
    else:
        found = layout.by_patterns(images, local.spec, data, classed=classed, refuse=refuse)
    chosen = split_names.choose(list(found.splits), "splits", data, refuse)
    train = _files(found, chosen.train)
    test = None if chosen.test is None else _files(found, [chosen.test])
    check_no_file_is_in_both(train, test or (), refuse)
    _check_no_class_is_lost(local, found)
    return Reading(
        _part(local, found, beside, train),
        None if test is None else _part(local, found, beside, test),
        tuple(_unused(local, found, beside, chosen.names)),
        (*found.notes, *chosen.notes),
    )


def _what_is_there(files: Sequence[str]) -> str:
    endings = sorted({PurePosixPath(file).suffix for file in files})
    if ".arrow" in endings:
        return "it may be a folder that save_to_disk wrote: read it with 'path: save_to_disk'"
    found = f"the files there end in {listed(endings)}; " if any(endings) else ""
    return f"{found}put images such as .png or .jpg there, or name another folder"


def _files(found: Layout, splits: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(file for split in splits for file in found.splits[split]))


def _part(local: LocalData, found: Layout, beside: Sidecar, files: Sequence[str]) -> Part:
    def picture(i: int) -> Picture:
        return Picture(local.root / files[i], files[i], files[i])

    if not beside.rows:
        return Part([found.classes[file] for file in files], "text", picture)
    rows = [beside.rows[file] for file in files]
    group = local.data.group
    return Part(
        [row.cells[local.data.label_column] for row in rows],
        CELLS,
        picture,
        groups=[row.cells[group] for row in rows] if group else None,
        place=lambda i: f"{rows[i].file}, line {rows[i].line}",
    )


def _unused(
    local: LocalData, found: Layout, beside: Sidecar, splits: Sequence[str]
) -> list[Unused]:
    tree = local.tree
    tables = {row.file for row in beside.rows.values()}
    others = [file for file in tree.files if not is_image(file) and file not in tables]
    if local.spec.data_files is not None:
        given = [pattern for found in local.spec.patterns.values() for pattern in found]
        others = [f for f in others if any(patterns.matching(one, [f]) for one in given)]
    told = {one.path for one in beside.unused}
    holding = {str(above) for file in tree.files for above in PurePosixPath(file).parents}
    return [
        *tree.unused,
        *beside.unused,
        *found.unused,
        *(Unused(file, _why_not(local, file)) for file in others if file not in told),
        *(Unused(f, "an empty folder") for f in tree.folders if f not in holding),
        *(
            Unused(file, f"the split {split!r} is not asked for")
            for split, files in found.splits.items()
            if split not in splits
            for file in files
        ),
    ]


def _why_not(local: LocalData, file: str) -> str:
    if _begins_as_image(local, file):
        return "an image, but the ending of its name is none of an image"
    return "in no image format that is read"


def _check_no_class_is_lost(local: LocalData, found: Layout) -> None:
    """Refuses folders beside those of classes whose files may be images, but not one is read."""
    used = {str(PurePosixPath(file).parent) for file in found.classes}
    beside = {str(PurePosixPath(folder).parent) for folder in used}
    images = [file for file in local.tree.files if is_image(file)]
    holding = {str(above) for file in images for above in PurePosixPath(file).parents}
    lost: dict[str, list[str]] = {}
    for file in local.tree.files:
        folder = PurePosixPath(file).parent
        if str(folder) not in holding and str(folder.parent) in beside:
            lost.setdefault(str(folder), []).append(file)
    for lost_folder, files in lost.items():
        if any(map(_UNREAD.search, files)) or _begins_as_image(local, files[0]):
            names = listed([PurePosixPath(file).name for file in files], 3)
            raise local.refuse(
                f"no file in {lost_folder}/ is in an image format that is read: {names}",
                "convert them to PNG or JPEG and give them that ending, or take the folder away",
            )


def _begins_as_image(local: LocalData, file: str) -> bool:
    with contextlib.suppress(OSError), (local.root / file).open("rb") as content:
        return content_kinds.begins_as_image(content.read(content_kinds.HEAD))
    return False
