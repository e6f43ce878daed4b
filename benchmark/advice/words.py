"""The advice in plain words: for somebody who has images, a deadline and no statistics.

Every number comes from `content.Advice`; what an interval leaves open is said to be open.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from benchmark.advice.content import Advice, Caveats, MoreLabels, Now, Rival, Size
from benchmark.analysis.board import SCRATCH
from benchmark.analysis.learning_curve import Expected
from benchmark.defaults import BUNDLED, option
from benchmark.errors import one_line
from benchmark.pages import words

_DOES = {
    "finetune": "fine-tune the pretrained network",
    "probe": "keep the pretrained network as it is and fit a linear classifier on its features",
    "scratch": "train the network from random weights",
}
_CALLED = {"finetune": "fine-tuning", "probe": "the probe", "scratch": "training from scratch"}
_MOST_NAMED = 8
_MANY = 0.15
"""Share of the test images; of wrong labels alone there are rarely as many."""
_LIKELY = 0.9
"""Probability from which on the better arm is recommended though its interval holds zero."""

Section = tuple[str, list[str]]
"""A heading and its sentences."""


def sections(advice: Advice) -> list[Section]:
    """The whole of it, sentence by sentence; sections that have nothing to say are left out."""
    found = [
        ("now", list(_now(advice))),
        ("more labels", list(_more_labels(advice))),
        ("pretraining", list(_pretraining(advice))),
        ("image size", list(_size(advice.size))),
        ("cost", list(_cost(advice))),
        ("caveats that matter here", list(_caveats(advice))),
    ]
    return [(heading, said) for heading, said in found if said]


def text(advice: Advice) -> str:
    """For a terminal; no control codes."""
    lines = [one_line(f"advice for {advice.task} with {advice.label}, {advice.image_size} px")]
    for heading, said in sections(advice):
        lines += ["", f"{heading}:", *(f"  - {one_line(sentence)}" for sentence in said)]
    return "\n".join(lines)


def arm(name: str) -> str:
    """What an arm is called in a sentence."""
    return _CALLED.get(name, f"the arm {name}")


# Now


def _now(advice: Advice) -> Iterator[str]:
    now = advice.now
    if now is None:
        yield "No training succeeded, so there is nothing to go by: see the failures in the table."
        return
    yield (
        f"With {_images(now.images_per_class)} per class, {_DOES.get(now.arm, arm(now.arm))} "
        f"(arm {now.arm}). Expect {_percent(now.accuracy, now.low, now.high)} of new images to be "
        f"right{_one_seed(now)}."
    )
    if now.rival is None:
        yield "No other arm was run on the same images, so nothing says whether it is the best."
    else:
        yield _better(now.rival, advice)
    yield (
        "Then train it on all of your images, those of the test too: "
        f"{option('save-model')}=FOLDER does, and timm loads what it saves."
    )


def _one_seed(now: Now) -> str:
    return "; it was trained once, so how far that may be off is not known" * (now.low is None)


def _better(rival: Rival, advice: Advice) -> str:
    gain = words.percent(rival.gain, rival.low, rival.high, sign=True)
    head = f"On {arm(rival.arm)}, the next best, it gains {gain} points"
    if rival.better is None:
        return f"{head}: with one training of each, that may be luck."
    if rival.gain < 0:
        return (
            f"{head}: the difference is not resolved, and it takes a fraction of the time. With "
            f"time to spare, try {arm(rival.arm)} too."
        )
    if rival.arm in advice.caveats.still_learning:
        return (
            f"{head} so far. But {arm(rival.arm)} was still learning when its steps ended, and may "
            "catch up with more: which is better is not resolved."
        )
    if rival.is_settled:
        return f"{head}: it is the better of the two ({_sure(rival.better)})."
    if rival.better >= _LIKELY and rival.gain > advice.margin:
        return (
            f"{head}: most likely the better of the two ({_sure(rival.better)}), though the "
            "interval holds zero still. Go with it unless something else speaks against it."
        )
    return f"{head}: which is better is not resolved. Either will do; take whichever suits you."


def _sure(probability: float) -> str:
    return "more than 99% sure" if probability > 0.99 else f"{100 * probability:.0f}% sure"


# More labels


def _more_labels(advice: Advice) -> Iterator[str]:
    now = advice.now
    if now is None:
        return
    if not advice.more_labels:
        yield (
            "What more labels would bring cannot be told: that takes two trainings each at three "
            "numbers of images per class."
        )
        return
    ordered = sorted(advice.more_labels, key=lambda one: one.arm != now.arm)
    first, *others = ordered
    yield f"{_labels(first)} (continued beyond your images along the fitted curve)."
    if others:
        yield f"For the others: {'; '.join(_labels(one) for one in others)}."
    mine = [one for one in ordered if one.arm == now.arm]
    if mine:
        yield _pays(mine[0], advice)


def _labels(one: MoreLabels) -> str:
    at = ", ".join(f"with {e.images_per_class} per class {_expected(e)}" for e in one.expected)
    return f"{arm(one.arm)}: {at}"


def _expected(one: Expected) -> str:
    return _percent(one.accuracy, one.low, one.high)


def _pays(one: MoreLabels, advice: Advice) -> str:
    margin, twice = words.points(advice.margin), one.expected[0]
    gain = words.percent(twice.gain, twice.gain_low, twice.gain_high, sign=True)
    bring = f"by that curve twice as many bring {gain} points"
    if advice.now is not None and (one.pays_until or math.inf) <= advice.now.images_per_class:
        likely = "" if twice.gain_high < advice.margin else "most likely "
        return f"Labelling {likely}pays no longer: {bring}, and more than {margin} would count."
    likely = "" if twice.gain_low > advice.margin else "most likely "
    further = (
        f"at {twice.images_per_class} per class doubling again brings more than {margin} still"
        if one.pays_until is None
        else f"from about {one.pays_until} per class on doubling brings less than {margin}"
    )
    return f"Labelling {likely}pays still: {bring}; {further}."


# Pretraining


def _pretraining(advice: Advice) -> Iterator[str]:
    verdict, name = advice.pretraining, advice.pretrained_arm
    if verdict is None or name is None:
        yield "Scratch and a pretrained arm were not both run, so nothing is said of pretraining."
        return
    if advice.void:
        yield "The verdict on pretraining is void: another recipe does better and moves it."
        return
    largest = verdict.gains[-1]
    gain = words.percent(largest.mean, largest.low, largest.high, sign=True)
    yield (
        f"{words.reason(verdict, words.subject(name))} With {largest.images_per_class} images per "
        f"class its gain over scratch is {gain} points."
    )
    learning = [one for one in (SCRATCH, name) if one in advice.caveats.still_learning]
    if learning:
        yield (
            f"That is with the steps they had: {' and '.join(map(arm, learning))} would have "
            "learned more with more, and pretraining may stop helping elsewhere, or not at all."
        )
    if verdict.kind == "helps_throughout":
        yield (
            f"Where it would stop helping lies beyond {largest.images_per_class} images per class, "
            "the most that were compared."
        )


def _size(size: Size | None) -> Iterator[str]:
    if size is None:
        return
    small = _percent(size.accuracy, size.low, size.high)
    large = _percent(size.larger_accuracy, size.larger_low, size.larger_high)
    gain = words.percent(size.gain, size.gain_low, size.gain_high, sign=True)
    yield (
        f"The probe gets {small} at {size.pixels} px and {large} at {size.larger_pixels} px, "
        f"{gain} points on the same {size.images_per_class} images per class."
    )
    if size.gain_low is not None and size.gain_low > 0:
        yield (
            f"Larger images help: try image_size {size.larger_pixels} in the task's YAML, at about "
            f"{(size.larger_pixels / size.pixels) ** 2:.0f} times the cost."
        )
    elif size.gain_high is not None and size.gain_high < 0:
        yield f"Larger images do not help the probe: stay at {size.pixels} px."
    else:
        yield "That larger images help is not shown."


def _cost(advice: Advice) -> Iterator[str]:
    if advice.now is not None:
        yield (
            f"One training of {arm(advice.now.arm)} takes {_minutes(advice.now.minutes)} on one "
            "core here."
        )
    cost = advice.cost
    yield f"This answer rests on {cost.trainings} trainings, {cost.core_minutes:.1f} core minutes."


def _minutes(minutes: float) -> str:
    return f"{minutes:.1f} minutes" if minutes >= 1 else f"{60 * minutes:.1f} seconds"


# Caveats


def _caveats(advice: Advice) -> Iterator[str]:
    caveats = advice.caveats
    yield from caveats.notes
    yield from _test_set(caveats)
    if advice.now is not None and advice.now.rival is not None and not advice.now.rival.is_settled:
        yield (
            "The arm was picked by the test images that its accuracy is told of: where arms are as "
            "close as here, that flatters it a little."
        )
    if caveats.still_learning:
        names = ", ".join(map(arm, caveats.still_learning))
        yield (
            f"Most trainings of these were still learning when their steps ended, and may do "
            f"better with more: {names}."
        )
    yield from _images_to_look_at(caveats)
    if caveats.uneven is not None:
        one = caveats.uneven
        yield (
            f"Classes are very uneven ({one.smallest} has {one.smallest_images} training images, "
            f"{one.largest} {one.largest_images}): trainings here take as many of each, and the "
            "accuracy is over test images as they come, so the large classes weigh most in it."
        )
    if advice.backbone == BUNDLED:
        yield (
            "The bundled backbone is a small one, distilled from an ImageNet network: real "
            f"ImageNet weights most likely do better ({option('backbone')}=...)."
        )


def _test_set(caveats: Caveats) -> Iterator[str]:
    if caveats.leaked:
        yield (
            f"{caveats.leaked} test images are copies of training images: left out of every "
            "number here."
        )
    if caveats.test_images_for_half is not None:
        yield (
            f"The test set is small: {caveats.test_images} images. About "
            f"{caveats.test_images_for_half} would halve the interval of the accuracy."
        )


def _images_to_look_at(caveats: Caveats) -> Iterator[str]:
    if caveats.mixed_up:
        pairs = [
            f"{one.label} taken for {one.taken_for} ({100 * one.share:.0f}%)"
            for one in caveats.mixed_up
        ]
        yield f"Mixed up the most: {', '.join(pairs)}."
    if caveats.always_wrong:
        yield _wrong(caveats)


def _wrong(caveats: Caveats) -> str:
    count = caveats.always_wrong_in_all
    named = [
        f"{one.name} (says {one.label}, seen as {one.taken_for})"
        for one in caveats.always_wrong[:_MOST_NAMED]
    ]
    which = ", ".join(named) + f" and {count - len(named)} more" * (count > len(named))
    head = f"{count} of {caveats.test_images} test images are wrong in all"
    if count > _MANY * caveats.test_images:
        return (
            f"{head} {caveats.trainings} trainings: too many for wrong labels alone, so these "
            f"networks do not see what tells the classes apart. Such as {which}."
        )
    return (
        f"{head} {caveats.trainings} trainings. Look at them first, their labels may be wrong: "
        f"{which}."
    )


def _percent(value: float, low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return f"{100 * value:.1f}%"
    return f"{100 * value:.1f}% [{100 * low:.1f}, {100 * high:.1f}]"


def _images(count: int) -> str:
    return f"{count} image{'s' * (count != 1)}"
