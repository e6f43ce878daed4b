"""What is wrong between records that, each alone, may be sound. Needs neither data nor networks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from benchmark.analysis.board import SCRATCH
from benchmark.checks.contribution.filed import Filed, Problem, short
from benchmark.records.record import Trial


def disagreements(found: Sequence[Filed]) -> Iterator[Problem]:
    """What is wrong between records that, each alone, may be sound."""
    for rule in _RULES:
        yield from _minorities(rule, found)
    yield from _copies(found)
    yield from _repeated(found)
    yield from _unpaired(found)
    yield from _audit_problems(found)


@dataclass(frozen=True)
class _Rule:
    """All records of a group have the same value."""

    what: str
    group: Callable[[Filed], Hashable]
    """None: the rule does not apply."""
    value: Callable[[Filed], Hashable]


def _subset(one: Filed) -> Hashable:
    trial = one.record.trial
    return trial.task, trial.images_per_class, trial.seed


def _data(one: Filed) -> Hashable:
    return replace(one.record.data, image_size=0, source="")


def _pretrained_backbone(one: Filed) -> Hashable:
    return None if one.record.weights_hash is None else one.record.trial.backbone


def _ingredients(one: Filed) -> Hashable:
    """What goes into the fingerprint, but for the network, which records do not hold."""
    data = one.record.data
    return one.record.protocol, one.recipe, data.image_size, data.hash, one.record.weights_hash


_RULES = (
    _Rule("subset_hash", _subset, lambda one: one.record.subset_hash),
    # The hash is taken before resizing, so that it is the same for every size and backbone.
    _Rule("data", lambda one: one.record.trial.task, _data),
    _Rule("weights_hash", _pretrained_backbone, lambda one: one.record.weights_hash),
    _Rule(
        "backbone_label",
        lambda one: one.record.trial.backbone,
        lambda one: one.record.backbone_label,
    ),
    _Rule(
        "pretrained_on",
        lambda one: one.record.trial.backbone,
        lambda one: one.record.pretrained_on,
    ),
    _Rule(
        "fingerprint",
        lambda one: (one.record.trial.backbone, _ingredients(one)),
        lambda one: one.record.fingerprint,
    ),
    _Rule(
        "recipe, data or weights behind the same fingerprint",
        lambda one: one.record.fingerprint,
        _ingredients,
    ),
)


def _minorities(rule: _Rule, found: Iterable[Filed]) -> Iterator[Problem]:
    """Those that differ from most of their group: one wrong record is one problem."""
    groups: dict[Hashable, dict[Hashable, list[Filed]]] = defaultdict(lambda: defaultdict(list))
    for one in found:
        if (group := rule.group(one)) is not None:
            groups[group][rule.value(one)].append(one)
    for values in groups.values():
        most, *others = sorted(values.values(), key=len, reverse=True)
        for one in chain.from_iterable(others):
            yield Problem(one.file, f"{rule.what}: not the same as in {short(most[0].file)}")


def _copies(found: Iterable[Filed]) -> Iterator[Problem]:
    seen: dict[str, Filed] = {}
    for one in found:
        if one.record.status == "ok":
            first = seen.setdefault(one.outcome, one)
            if first is not one:
                yield Problem(one.file, f"the same outcome, to the second, as {short(first.file)}")


_Cell = tuple[int, int, Trial]
"""Protocol, image size and trial: a sound contribution has one record of each."""


def _cell(one: Filed, arm: str = "") -> _Cell:
    """The record's own, or the same of another arm."""
    record = one.record
    trial = replace(record.trial, arm=arm or record.trial.arm)
    return record.protocol, record.data.image_size, trial


def _missing(cell: _Cell) -> str:
    protocol, pixels, trial = cell
    folder = f"{trial.task}/{trial.backbone}/{trial.arm}"
    cell_of_it = f"N={trial.images_per_class}, seed {trial.seed}"
    return f"{folder} has no {cell_of_it} at {pixels} px under protocol {protocol}"


def _repeated(found: Iterable[Filed]) -> Iterator[Problem]:
    """Those whose cell is there already, say under the name that an earlier version gave it."""
    seen: dict[Hashable, Filed] = {}
    for one in found:
        first = seen.setdefault((one.place.alternative, _cell(one)), one)
        if first is not one:
            yield Problem(one.file, f"the same trial as {short(first.file)}: leave one out")


def _unpaired(found: Sequence[Filed]) -> Iterator[Problem]:
    """Gains are paired; those of audits are, too, with the records that are audited."""
    originals = [one for one in found if one.place.alternative is None]
    there = set(map(_cell, originals))
    for one in originals:
        if (partner := _cell(one, SCRATCH)) not in there:
            yield Problem(one.file, f"no partner to compare with: {_missing(partner)}")


def _audit_problems(found: Sequence[Filed]) -> Iterator[Problem]:
    originals = {_cell(one): one for one in found if one.place.alternative is None}
    for one in found:
        if one.place.alternative is None:
            continue
        original = originals.get(_cell(one))
        if original is None:
            yield Problem(one.file, f"nothing that it could audit: {_missing(_cell(one))}")
        elif not _is_changed(one, original, one.place.alternative):
            yield Problem(one.file, f"recipe: not the audited one with {one.place.alternative}")
        elif one.course and one.course == original.course and _trains_otherwise(one, original):
            yield Problem(one.file, "training.losses: those of the audited record")


def _trains_otherwise(again: Filed, original: Filed) -> bool:
    """Whether not all losses can be the same, though those before the cool-down may be.

    At another rate none is. A whole budget that has grown leaves room for more losses, and an early
    end that was forbidden gives way to a rest of the budget.
    """
    rates = {one.recipe.settings.get("learning_rate") for one in (again, original)}
    whole = original.record.training.steps == original.recipe.steps
    longer = again.recipe.steps != original.recipe.steps if whole else again.recipe.floor == 0
    return len(rates) > 1 or longer


def _is_changed(again: Filed, original: Filed, alternative: str) -> bool:
    try:
        return again.recipe == original.recipe.varied(alternative)
    except TypeError:  # a setting that is no number
        return False
