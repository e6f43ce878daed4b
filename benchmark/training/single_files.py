"""Files of weights that people have: one network's tensors, wrapped and named in many ways.

``checkpoint:ARCHITECTURE:FILE`` names one. No configuration lies beside it, so what it was trained
as has to be said, and what is in it has to prove it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from benchmark.errors import UserError, listed
from benchmark.training import checkpoints, tensors

CHECKPOINT = "checkpoint:"
ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt", ".pth.tar")

_WRAPPERS = re.compile(
    r"(?:(?:state_dict_ema|model_ema|ema|state_dict|model|module|_orig_mod|backbone|encoder)\.)*"
)
"""What stands before the tensors' own names where none of them is a name of the architecture's: in
the papers' own checkpoints, say, which timm knows how to rename."""
_AVERAGED = re.compile(r"(^|\.|_)ema\.")


@dataclass(frozen=True)
class SingleFile:
    """What a name of this kind says."""

    architecture: str
    """A timm model; its tag says mean and deviation of the input."""
    file: Path

    def read(self) -> Mapping[str, Tensor]:
        """Every tensor in the file, by the names of all that it lies in, joined by dots.

        Raises `UserError` for what is no file of weights, or holds code, which is never run.
        """
        checkpoints.check_weights(self.file)
        return dict(_flat(tensors.content(self.file)))


def parse(name: str) -> SingleFile:
    """``checkpoint:ARCHITECTURE:FILE``, taken apart and not yet believed."""
    architecture, _, file = name.removeprefix(CHECKPOINT).partition(":")
    return SingleFile(architecture, Path(file))


def _flat(content: object, above: str = "") -> Iterator[tuple[str, Tensor]]:
    if isinstance(content, Tensor):
        yield above.removesuffix("."), content
    elif isinstance(content, Mapping):
        for name, inner in content.items():
            yield from _flat(inner, f"{above}{name}.")


@dataclass(frozen=True)
class Body:
    """The tensors of one network among those of a file."""

    prefix: str
    """What stands before their names in the file."""
    tensors: dict[str, Any]
    """Name without it -> tensor."""


def body(found: Mapping[str, Tensor], wanted: Collection[str], file: Path) -> Body:
    """Those that an architecture with the tensors ``wanted`` can be meant by.

    Averaged weights (EMA) come first, as in timm. Raises `UserError` where two networks are.
    """
    prefix = _prefix(found, wanted, file)
    below = (name for name in found if name.startswith(prefix))
    return Body(prefix, {name.removeprefix(prefix): found[name] for name in below})


def _prefix(found: Mapping[str, Tensor], wanted: Collection[str], file: Path) -> str:
    fitting = tensors.prefixes(found, wanted)
    averaged = [prefix for prefix in fitting if _AVERAGED.search(prefix)]
    best = averaged or fitting or [_wrapper(found)]
    if len(best) > 1 and "" not in best:
        raise UserError(
            f"it holds several networks of this architecture, below {listed(sorted(best))}",
            where=file,
            mend="save the tensors of the one that is meant alone",
        )
    return "" if "" in best else best[0]


def _wrapper(found: Iterable[str]) -> str:
    """Averaged weights if there are any, else what most names begin with."""
    begins = [match[0] for name in found if (match := _WRAPPERS.match(name))]
    averaged = [begin for begin in begins if _AVERAGED.search(begin)]
    candidates = averaged or begins or [""]
    return max(sorted(set(candidates)), key=candidates.count)


def check_nothing_more(
    unexpected: Collection[str], wanted: Collection[str], one: SingleFile
) -> None:
    """Raises `UserError` for trained tensors in parts of the body where the architecture has none.

    A resnet34 fills a resnet18, and is none. Classifiers and other heads may be left over.
    """
    parts = {name.partition(".")[0] for name in wanted}
    more = [
        name
        for name in unexpected
        if name.partition(".")[0] in parts and name.endswith((".weight", ".bias"))
    ]
    if more:
        raise UserError(
            f"it holds {len(more)} tensors that the architecture {one.architecture} has no place "
            f"for: {listed(more, 3)}",
            where=one.file,
            mend="name the architecture that it was trained as",
        )


def told(one: SingleFile, found: Body, wanted: Collection[str], unexpected: Collection[str]) -> str:
    """How many tensors were filled from the file, and which of its network's were not used."""
    own_names = "" in tensors.prefixes(found.tensors, wanted)
    left = [name for name in found.tensors if name not in wanted] if own_names else unexpected
    how = f" below {found.prefix.removesuffix('.')!r}" if found.prefix else ""
    how += "" if own_names else ", renamed by timm"
    rest = f"; left over: {listed([*left], 4)}" if left else ""
    return f"{one.file.name} fills all {len(wanted)} tensors of {one.architecture}{how}{rest}"
