"""What the arms, and the backbones on this machine, say of a record.

Torch is imported late: it takes seconds, and a folder without records needs none.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmark.defaults import BUNDLED, option
from benchmark.errors import UserError
from benchmark.records.fingerprint import Ingredients, fingerprint
from benchmark.records.record import Record


@dataclass(frozen=True)
class Network:
    """What a backbone on this machine says."""

    name: str
    """As timm understands it."""
    design: dict[str, Any]
    label: str
    weights_hash: str | None
    """None where the weights would have to be downloaded."""


def arm_faults(record: Record) -> Iterator[str]:
    """Where a record says something else than its arm; or its arm is unknown."""
    from benchmark import arms

    try:
        arm = arms.arm(record.trial.arm)
    except UserError as error:
        yield error.what
        return
    if arm.reads_weights != (record.weights_hash is not None):
        yield f"weights_hash: {'missing' if arm.reads_weights else 'given'} for {arm.name}"
    if arm.pretrained != record.pretrained:
        yield f"pretrained: {arm.name} is {'' if arm.pretrained else 'no '}pretraining"


def by_portable_name(names: Sequence[str]) -> dict[str, str]:
    """What records call the backbones -> what timm does. Raises `UserError` for unknown names."""
    if not names:
        return {}
    from benchmark.training import backbones
    from benchmark.training import names as spelled

    spelled.check_differ(names)
    return {backbones.find(name).portable_name: name for name in names}


def network_of(given: Mapping[str, str], name: str) -> Network | str:
    """The backbone, or why it is not at hand: it must be given, bundled, or in timm's registry."""
    from benchmark.training import backbones

    if backbones.portable_name(name) != name:
        return "not a name that records carry"
    with contextlib.suppress(UserError):
        backbones.find(given.get(name, name))
        return _local_network(given.get(name, name), at_hand=name in (BUNDLED, *given))
    return f"neither bundled nor in timm's registry: {option('backbone')}=... says where it is"


def _local_network(name: str, *, at_hand: bool) -> Network | str:
    from benchmark.training import backbones

    try:
        backbone = backbones.find(name)
        weights = backbone.weights_hash if at_hand else None
        return Network(name, backbone.design, backbone.label, weights)
    except UserError as error:
        return error.what


def faults(record: Record, network: Network) -> Iterator[str]:
    """Where a record says something else than its backbone."""
    data, weights = record.data, record.weights_hash
    made_of = Ingredients(data.image_size, data.hash, weights, network.design)
    if record.fingerprint != fingerprint(record.recipe, made_of, record.protocol):
        yield "fingerprint: not that of its recipe, data, weights, network and protocol"
    if record.backbone_label != network.label:
        yield f"backbone_label: not {network.label!r}"
    if None not in (weights, network.weights_hash) and weights != network.weights_hash:
        yield "weights_hash: not that of the backbone's weights"
