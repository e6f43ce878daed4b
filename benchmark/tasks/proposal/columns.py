"""Which column of a table holds the images, which the classes, and which splits or groups. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from benchmark.defaults import option
from benchmark.errors import listed, nearest
from benchmark.tasks.proposal.tying import Tying
from benchmark.tasks.reading.parts import Refusal

_IMAGES = (
    "image",
    "img",
    "picture",
    "photo",
    "file",
    "path",
    "filename",
    "filepath",
    "imagepath",
    "imagefile",
    "imagename",
    "imagefilename",
    "imageid",
)
_LABELS = ("label", "class", "category", "target", "classname", "labelname", "species", "y")
_SPLITS = ("split", "subset", "partition", "set", "dataset")
_TYING = (
    *("patient", "subject", "participant", "person", "individual", "animal", "specimen"),
    *("lesion", "slide", "group"),
)
_GROUPS = tuple(f"{what}{suffix}" for what in _TYING for suffix in ("", "id", "number", "name"))


@dataclass(frozen=True)
class Options:
    """What a person may say where the data leave it open."""

    image_column: str | None = None
    label_column: str | None = None
    group_column: str | None = None
    label: str | None = None
    """Which folders name the class, as the key of that name says."""


@dataclass(frozen=True)
class Columns:
    """The columns that count."""

    image: str
    label: str
    tying: Tying = field(default_factory=Tying)

    @property
    def keys(self) -> dict[str, str]:
        """As a task's YAML names them."""
        return {"image_column": self.image, "label_column": self.label}


def columns(
    there: Sequence[str],
    holds_images: Callable[[str], bool],
    named: Options,
    refuse: Refusal,
) -> Columns:
    """The columns among ``there``, of which a person may have ``named`` some.

    Raises `UserError` where names and contents leave it open.
    """
    image, label, group = named.image_column, named.label_column, named.group_column
    for given in (image, label, group):
        if given is not None and given not in there:
            raise refuse(
                f"there is no column {given!r}{nearest(given, list(there))}",
                f"the columns are: {listed(there)}",
            )
    if image is None:
        held = [name for name in there if name != label and holds_images(name)]
        image = _called(_IMAGES, held) or _only(held) or _called(_IMAGES, there)
    rest = [name for name in there if name not in (image, group)]
    split = _called(_SPLITS, [name for name in rest if name != label])
    if label is None:
        others = [name for name in rest if name != split]
        single = [name for name in others if not _called(_GROUPS, [name])]
        label = _called(_LABELS, others) or _only(others) or _only(single)
    guessed = _called(_GROUPS, [name for name in rest if name not in (label, split)])
    if image is None:
        raise _open("the images", "image-column", there, refuse)
    if label is None:
        raise _open("the classes", "label-column", there, refuse)
    return Columns(image, label, Tying(split, group or guessed, guessed=group is None))


def _open(what: str, name: str, there: Sequence[str], refuse: Refusal) -> Exception:
    return refuse(
        f"which column holds {what}? The columns are: {listed(there)}",
        f"say it with {option(name)}=...",
    )


def _only(there: Sequence[str]) -> str | None:
    return there[0] if len(there) == 1 else None


def _called(words: Iterable[str], there: Sequence[str]) -> str | None:
    """The first of ``there`` that is called by one of the ``words``, the likeliest first."""
    plain = {name: "".join(filter(str.isalnum, name.casefold())) for name in there}
    return next((name for word in words for name in there if plain[name] == word), None)
