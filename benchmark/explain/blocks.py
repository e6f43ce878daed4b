"""The parts of a network from the images up, whatever it is called: stem, blocks, head."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from torch import nn


@dataclass(frozen=True)
class Block:
    """Some neighbouring modules of a network, and what they hold."""

    name: str
    """That of its first module with weights."""
    modules: tuple[str, ...]
    first: bool
    """The first block owns what belongs to no module: position embeddings, say."""

    def owns(self, name: str) -> bool:
        """Whether the parameter or buffer of this name lies in the block."""
        inside = any(name.startswith(f"{module}.") for module in self.modules)
        return inside or (self.first and "." not in name)


def blocks(model: nn.Module) -> tuple[Block, ...]:
    """The blocks of ``model`` without its classifier.

    A container of modules that have parts of their own gives one block for each of them. What
    stands between containers is one block: the stem, and what comes after the last.
    """
    found: list[tuple[str, ...]] = []
    for group in _groups(model):
        if any(_has_weights(model, name) for name in group):
            found.append(group)
        elif found:
            found[-1] += group
    return tuple(
        Block(next(n for n in group if _has_weights(model, n)), group, position == 0)
        for position, group in enumerate(found)
    )


def _groups(model: nn.Module) -> Iterator[tuple[str, ...]]:
    between: list[str] = []
    for name, child in _without_classifier(model):
        if _is_container(child):
            if between:
                yield tuple(between)
            between = []
            yield from ((f"{name}.{part}",) for part, _ in child.named_children())
        else:
            between.append(name)
    if between:
        yield tuple(between)


def _without_classifier(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    head = model.get_classifier() if hasattr(model, "get_classifier") else ()  # type: ignore[operator]
    heads = head if isinstance(head, tuple) else (head,)
    for name, child in model.named_children():
        if not any(part is one for part in child.modules() for one in heads):
            yield name, child


def _is_container(module: nn.Module) -> bool:
    parts: Iterable[nn.Module] = module.children()
    return isinstance(module, nn.Sequential | nn.ModuleList) and any(
        next(part.children(), None) is not None for part in parts
    )


def _has_weights(model: nn.Module, name: str) -> bool:
    return next(model.get_submodule(name).parameters(), None) is not None
