"""Regularisation or optimisation? In words, a table and a figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from benchmark.analysis.board import FINETUNE
from benchmark.analysis.explained.answers import at_each_n
from benchmark.analysis.explained.effects import FEWEST, Effects, effects
from benchmark.analysis.stats import Estimate
from benchmark.pages import printer
from benchmark.pages.explained import figures
from benchmark.pages.explained.part import Part, Said, Section, number, still_falling
from benchmark.records.explained.finding import EFFECT, RANDOM_START, Effect, Finding

_OPEN = "**undecided**"


def _part(found: Sequence[Finding]) -> Part | None:
    answers = at_each_n(found, Effect)
    if not answers:
        return None
    classes = found[0].data.classes
    known = {n: effects(there, classes) for n, there in answers.items()}
    return Part(
        tuple(Said(n, _verdict(one), _sentence(one)) for n, one in known.items()),
        (_levels(known),),
        partial(figures.courses, answers),
        "Above: test loss against training loss, training runs from left to right. Below: training "
        "loss against views. One line per seed.",
    )


def _verdict(one: Effects) -> str:
    return f"regularises: {one.regularises}; makes optimisation easier: {one.optimises}"


def _sentence(one: Effects) -> str:
    if one.test_loss is None or one.doublings is None:
        return (
            f"**undecided**: all trainings come down to only {len(one.levels)} of the training "
            f"losses, and {FEWEST} are needed."
        )
    loss = {"yes": "**it regularises**", "no": "**it does not regularise**"}
    views = {
        "yes": "**it makes optimisation easier**",
        "no": "**it does not make optimisation easier**",
    }
    return (
        "at equal training loss the test loss from random weights is "
        f"{number(one.test_loss, sign=True)} nats above that of fine-tuning: "
        f"{loss.get(one.regularises, _OPEN)}. To get there random weights need "
        f"{_times(one.doublings)} as many views: {views.get(one.optimises, _OPEN)}."
        f"{still_falling(one.unfinished, one.seeds)}"
    )


def _times(doublings: Estimate) -> str:
    ends = (doublings.mean, doublings.low, doublings.high)
    mean, low, high = (None if end is None else 2.0**end for end in ends)
    interval = "[one seed]" if low is None or high is None else f"[{low:.2g}, {high:.2g}]"
    return f"{mean:.2g} {interval} times"


def _levels(known: Mapping[int, Effects]) -> str:
    header = ("N", "training loss, share of guessing", *_of_both("test loss"), *_of_both("views"))
    rows = [
        (
            *(str(n), f"{level.share:g}"),
            *(number(level.test_loss[arm]) for arm in (RANDOM_START, FINETUNE)),
            *(_views(level.views[arm]) for arm in (RANDOM_START, FINETUNE)),
        )
        for n, one in known.items()
        for level in one.levels
    ]
    return printer.markdown(header, rows)


def _of_both(what: str) -> tuple[str, str]:
    return f"{what}, {RANDOM_START}", f"{what}, {FINETUNE}"


def _views(doublings: Estimate) -> str:
    if doublings.low is None or doublings.high is None:
        return f"{2**doublings.mean:,.0f} [one seed]"
    return "{:,.0f} [{:,.0f}, {:,.0f}]".format(
        *(2**end for end in (doublings.mean, doublings.low, doublings.high))
    )


SECTION = Section(EFFECT, "Is it regularisation or easier optimisation?", _part)
