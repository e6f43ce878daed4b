"""What was found in somebody's images and suggested for them, as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from statistics import median

from benchmark.defaults import COMMAND, option
from benchmark.errors import listed, one_line
from benchmark.pages import printer
from benchmark.tasks import unused
from benchmark.tasks.proposal.dealing import Dealt
from benchmark.tasks.proposal.looking import Found
from benchmark.tasks.proposal.propose import Proposal
from benchmark.tasks.proposal.suggesting import Suggested, half_width
from benchmark.tasks.proposal.writing import kept_together
from benchmark.tasks.repeated import repeats

_MOST_CLASSES = 40
_MOST_FAULTS = 10


def told(proposal: Proposal) -> str:
    """What was found, what is done about it, and what is suggested; lines without control codes."""
    found, dealt = proposal.found, proposal.dealt
    parts = [
        [one_line(f"{found.where}: {len(found.looks)} images in {len(found.class_names)} classes")],
        _classes(found, dealt),
        _images(found),
        _remarks(found, dealt),
        _split(found, dealt),
        _settings(proposal.suggested),
    ]
    return "\n\n".join("\n".join(lines) for part in parts if (lines := list(part)))


def _classes(found: Found, dealt: Dealt) -> Iterator[str]:
    counts = dict(zip(found.class_names, found.counts, strict=True))
    rows = [
        (one_line(name), str(n), str(dealt.train.get(name, 0)), str(dealt.test.get(name, 0)))
        for name, n in list(counts.items())[:_MOST_CLASSES]
    ]
    yield printer.plain(("class", "images", "train", "test"), rows)
    if len(counts) > _MOST_CLASSES:
        smallest, largest = min(counts.values()), max(counts.values())
        yield f"and {len(counts) - _MOST_CLASSES} more classes, of {smallest} to {largest} images"


def _images(found: Found) -> Iterator[str]:
    sides = [min(look.size) for look in found.looks]
    sizes = Counter(f"{width}x{height}" for width, height in (look.size for look in found.looks))
    modes = Counter(look.mode for look in found.looks)
    yield (
        f"sizes: shorter side {min(sides)} to {max(sides)} pixels, {median(sides):g} in the "
        f"median; {_counted(sizes)}"
    )
    grey = sum(look.grey for look in found.looks)
    yield f"modes: {_counted(modes)}; {grey} images are grey"


def _counted(counts: Counter[str]) -> str:
    return listed([f"{name} ({n})" for name, n in counts.most_common()], 4)


def _remarks(found: Found, dealt: Dealt) -> Iterator[str]:
    if found.faults:
        yield f"cannot be used, and left out: {len(found.faults)}"
        for fault in found.faults[:_MOST_FAULTS]:
            mend = f" (to mend: {fault.mend})" if fault.mend else ""
            place = "" if fault.name in fault.what else f"{fault.name}: "
            yield f"  {one_line(place + fault.what + mend)}"
        if len(found.faults) > _MOST_FAULTS:
            yield f"  and {len(found.faults) - _MOST_FAULTS} more, in the list"
    if found.empty_classes:
        yield one_line(f"class folders without an image: {listed(found.empty_classes)}")
    yield from unused.lines(found.unused)
    yield from map(one_line, found.notes)
    yield from repeats.lines(dealt.repeats)
    yield from map(one_line, dealt.notes)
    for reason, n in dealt.left_out.items():
        yield one_line(f"left out, {n} images: {reason}")


def _split(found: Found, dealt: Dealt) -> Iterator[str]:
    if dealt.fraction is None:
        yield f"the test split is that of the data: {dealt.n_test} images"
    else:
        yield (
            f"there is no test split: {dealt.n_test} of {dealt.n_test + dealt.n_train} labels were "
            f"drawn for one, {dealt.fraction:.0%} of each class, {kept_together(found)}; "
            f"{dealt.n_train} are left to train on"
        )
    yield (
        f"with {dealt.n_test} test images an accuracy is known to "
        f"±{100 * half_width(dealt.n_test):.1f} points at most, and to "
        f"±{100 * half_width(dealt.n_test, 0.9):.1f} where it is 90% (95% interval: "
        "1.96 sqrt(a (1 - a) / n))"
    )


def _settings(suggested: Suggested) -> Iterator[str]:
    yield "suggested:"
    grid = " ".join(map(str, suggested.images_per_class.value))
    yield f"  images per class: {grid} ({suggested.images_per_class.why})"
    yield f"  image size: {suggested.image_size.value} ({suggested.image_size.why})"
    yield f"  flip: {str(suggested.flip.value).lower()} ({suggested.flip.why})"
    if suggested.white is not None:
        yield f"  white: {suggested.white.value} ({suggested.white.why})"
    yield "  budget: 1 (the budgets of the arms grow with N)"


def next_command(name: str) -> str:
    """What runs the task ``name``."""
    return f"{COMMAND} bench {option('task')}={name}"
