"""Which column of a table holds the images, which the classes, and which names splits. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from benchmark.defaults import option
from benchmark.errors import listed, nearest
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


@dataclass(frozen=True)
class Columns:
    """The columns that count."""

    image: str
    label: str
    split: str | None
    """A column that is called as one of splits would be."""

    @property
    def keys(self) -> dict[str, str]:
        """As a task's YAML names them."""
        return {"image_column": self.image, "label_column": self.label}


def columns(
    there: Sequence[str],
    holds_images: Callable[[str], bool],
    image: str | None,
    label: str | None,
    refuse: Refusal,
) -> Columns:
    """The columns among ``there``; ``image`` and ``label`` where a person named them.

    Raises `UserError` where names and contents leave it open.
    """
    for given in (image, label):
        if given is not None and given not in there:
            raise refuse(
                f"there is no column {given!r}{nearest(given, list(there))}",
                f"the columns are: {listed(there)}",
            )
    if image is None:
        held = [name for name in there if name != label and holds_images(name)]
        image = _called(_IMAGES, held) or (held[0] if len(held) == 1 else _called(_IMAGES, there))
    rest = [name for name in there if name != image]
    split = _called(_SPLITS, [name for name in rest if name != label])
    if label is None:
        others = [name for name in rest if name != split]
        label = _called(_LABELS, others) or (others[0] if len(others) == 1 else None)
    if image is None:
        raise _open("the images", "image-column", there, refuse)
    if label is None:
        raise _open("the classes", "label-column", there, refuse)
    return Columns(image, label, split)


def _open(what: str, name: str, there: Sequence[str], refuse: Refusal) -> Exception:
    return refuse(
        f"which column holds {what}? The columns are: {listed(there)}",
        f"say it with {option(name)}=...",
    )


def _called(words: Iterable[str], there: Sequence[str]) -> str | None:
    """The first of ``there`` that is called by one of the ``words``, the likeliest first."""
    plain = {name: "".join(filter(str.isalnum, name.casefold())) for name in there}
    return next((name for word in words for name in there if plain[name] == word), None)
