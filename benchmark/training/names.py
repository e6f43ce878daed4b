"""Names of backbones: which there can be, and which one was meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from benchmark.defaults import BUNDLED, option
from benchmark.errors import UserError, nearest
from benchmark.records.backbone_names import of_checkpoint
from benchmark.records.record import is_name
from benchmark.training import networks, single_files, weights
from benchmark.training.checkpoints import CONFIG
from benchmark.training.networks import FOLDER, HUB
from benchmark.training.single_files import CHECKPOINT, SingleFile

_FORMS = (
    "any timm model name works, as do local-dir:FOLDER, hf-hub:ORG/NAME and "
    "checkpoint:ARCHITECTURE:FILE"
)
_HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*(@[\w.-]+)?", re.ASCII)
_PAGE = re.compile(r"https?://(?:huggingface\.co|hf\.co)/([\w.-]+/[\w.-]+).*", re.ASCII)
_MISSPELT = re.compile(r"(hf[-_ ]?hub|hub|hf|local[-_ ]?dir|dir|file):(?://)?", re.IGNORECASE)


def portable_name(name: str) -> str:
    """What records call the backbone ``name``.

    That of a file of weights comes from what is in it; raises `UserError` where that cannot be had.
    """
    if name.startswith(FOLDER):
        return Path(name.removeprefix(FOLDER)).resolve().name
    if name.startswith(CHECKPOINT):
        return of_checkpoint(single_files.parse(name).architecture, weights.weights_hash(name))
    return name.removeprefix(HUB).replace("/", "--")


def check(name: str) -> None:
    """Raises `UserError`, with what may have been meant, for a name that can be none.

    Asks no hub.
    """
    try:
        if name.startswith(FOLDER):
            _check_folder(name.removeprefix(FOLDER))
        elif name.startswith(HUB):
            _check_hub_id(name.removeprefix(HUB))
        elif name.startswith(CHECKPOINT):
            return _check_single_file(name)
        elif name != BUNDLED:
            _check_registry_name(name)
    except (OSError, ValueError) as error:  # far too long, a NUL, a folder that is closed to us
        raise UserError(f"no backbone can be called {name[:200]!r}", mend=_FORMS) from error
    if not is_name(portable_name(name)):
        raise UserError(
            f"records cannot call a backbone {portable_name(name)!r}",
            where=name,
            mend="rename the folder: letters, digits, blanks and ._-+() are safe",
        )


def check_differ(names: Sequence[str]) -> None:
    """Raises `UserError` where two names become one in records."""
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(portable_name(name), name)
        if other != name:
            raise UserError(
                f"{other} and {name} have the same name in records",
                mend="rename one of the folders, or run them with different "
                f"{option('records')}=...",
            )


def _check_folder(text: str) -> None:
    folder = Path(text)
    if not text:
        what = "no folder is named"
    elif (folder / CONFIG).is_file():
        return
    elif folder.is_dir():
        inside = sorted(file.parent for file in folder.glob(f"*/{CONFIG}"))
        meant = _meant(FOLDER, inside[0]) if inside else ""
        what = f"there is no backbone in this folder: config.json is missing{meant}"
    elif folder.is_file():
        what = f"this is a file, not its folder{_meant_by_file(folder)}"
    elif text.startswith("~"):
        what = "there is no such folder: write the whole path in place of ~"
    else:
        what = f"there is no backbone in this folder: it does not exist{_beside(folder)}"
    mend = "name a folder in timm's local-dir format: config.json and model.safetensors"
    raise UserError(what, where=text or FOLDER, mend=mend)


def _beside(folder: Path) -> str:
    """Which folder beside one that does not exist may have been meant."""
    others = sorted(p.name for p in folder.parent.iterdir()) if folder.parent.is_dir() else []
    beginning = (f"{folder.name} ", f"{folder.name},")
    if longer := [name for name in others if name.startswith(beginning)]:
        return (
            f". {longer[0]!r} does, but blanks and commas divide the names of backbones: rename "
            "it, or make a link to it whose name has none"
        )
    return nearest(folder.name, others)


def _meant(prefix: str, path: object) -> str:
    return f"; did you mean '{prefix}{path}'?"


def _check_single_file(name: str) -> None:
    one = single_files.parse(name)
    architectures, tagged = networks.known_names()
    if one.architecture not in (*architectures, *tagged):
        raise UserError(
            f"timm knows no architecture {one.architecture!r}"
            f"{nearest(one.architecture.lower(), [*architectures])}",
            where=name,
            mend="write checkpoint:ARCHITECTURE:FILE, such as checkpoint:resnet18:my/weights.pth",
        )
    if not one.file.is_file():
        what = "no file is named" if one.file == Path() else f"there is no such file{_home(one)}"
    elif not one.file.name.endswith(single_files.ENDINGS):
        what = "by its name this is no file of weights"
    else:
        return
    mend = f"name a file that ends in {', '.join(single_files.ENDINGS)}"
    raise UserError(what, where=one.file, mend=mend)


def _home(one: SingleFile) -> str:
    return ": write the whole path in place of ~" if str(one.file).startswith("~") else ""


def _meant_by_file(file: Path) -> str:
    if (file.parent / CONFIG).is_file():
        return _meant(FOLDER, file.parent)
    return _meant(f"{CHECKPOINT}ARCHITECTURE:", file)


def _check_hub_id(identifier: str) -> None:
    if _HUB_ID.fullmatch(identifier):
        return
    meant = ""
    if page := _PAGE.fullmatch(identifier):
        meant = _meant(HUB, page[1])
    elif identifier in networks.known_names()[1]:
        meant = _meant("", identifier)
    elif identifier and Path(identifier).is_dir():
        meant = _meant(FOLDER, identifier)
    raise UserError(
        f"{identifier!r} can be no model on the hub{meant}",
        mend="write hf-hub:ORG/NAME, such as hf-hub:timm/resnet18.a1_in1k",
    )


def _check_registry_name(name: str) -> None:
    architectures, tagged = networks.known_names()
    if name in architectures or name in tagged:
        return
    architecture = name.partition(".")[0]
    same = [one for one in (BUNDLED, *tagged) if one.startswith(architecture)]
    close = "" if re.search(r"[/\\:]", name) else nearest(name.lower(), same or [*architectures])
    raise UserError(f"unknown backbone {name!r}{_another_form(name) or close}", mend=_FORMS)


def _another_form(name: str) -> str:
    """What a name means that is one, but for its spelling; empty where it is not."""
    path = Path(name)
    if name and path.is_dir():
        return _meant(FOLDER, name)
    if path.is_file():
        return _meant_by_file(path)
    if page := _PAGE.fullmatch(name):
        return _meant(HUB, page[1])
    if prefix := _MISSPELT.match(name):
        return _meant(HUB if "h" in prefix[1].lower() else FOLDER, name[prefix.end() :])
    if _HUB_ID.fullmatch(name):
        own = name.removeprefix("timm/")
        return _meant("", own) if own in networks.known_names()[1] else _meant(HUB, name)
    return ""
