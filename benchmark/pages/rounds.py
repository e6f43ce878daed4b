"""What an adaptive sweep does next, in a line, and why it stops."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from benchmark.analysis.crossover import Verdict
from benchmark.analysis.next_trials import (
    EVEN_SEEDS,
    LOOK,
    MOST_SEEDS,
    Add,
    Choice,
    Step,
    Stop,
)
from benchmark.defaults import option
from benchmark.errors import one_line
from benchmark.pages import words


def line(what: str, step: Step) -> str:
    """``digits with net: N* in [8.1, 64] so far (98%): ...``; ``what`` may be a stranger's."""
    return f"{one_line(what)}: {_stop(step) if isinstance(step, Stop) else _add(step)}"


def _add(step: Add) -> str:
    new = [one for one in step.choices if one.above is None]
    if step.look is None:
        return _opened(new)
    added = " and ".join(map(_more, step.choices))
    opened = f"{_opened(new)}, where N* may lie"
    return f"{_known(step.look)} so far: {opened if new else added}"


def _opened(new: Sequence[Choice]) -> str:
    """``5 seeds at N = 1, 3 seeds at N = 5, 20``."""
    alike = groupby(new, lambda one: one.seeds)
    return ", ".join(
        f"{seeds} seeds at N = {', '.join(str(one.images_per_class) for one in some)}"
        for seeds, some in alike
    )


def _known(look: Verdict) -> str:
    where = words.bounds(look) if look.kind == "undecided" else ""
    return f"{words.verdict_text(look)}{where and ', N* in '}{where} ({LOOK:.0%})"


def _more(choice: Choice) -> str:
    return (
        f"seeds up to {choice.seeds} at N = {choice.images_per_class} (gain above the margin with "
        f"{choice.above or 0:.0%}, its variance will fall by {choice.drop:.0%})"
    )


def _stop(step: Stop) -> str:
    return f"stopped after {_trials(step.saved)}; {_known(step.look)}{_why(step)}"


def _trials(saved: float) -> str:
    much = f"{abs(saved):.0%} {'fewer' if saved >= 0 else 'more'} trials"
    return f"{much} than {EVEN_SEEDS} seeds at every N"


def _why(step: Stop) -> str:
    images = (
        f": more test images would tell, not more seeds, for these hold {step.by_images:.0%} of "
        f"the variance where it is open (about {words.number(step.test_images or 0)} would hold "
        "half)"
    )
    return {
        "decided": "",
        "images": images,
        "spent": f": the budget is spent, and {option('minutes')}=... would give it more",
        "seeds": f": there are {MOST_SEEDS} seeds at every N that could tell",
        "failed": ": too few trials succeeded",
    }[step.why]
