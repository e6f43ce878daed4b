"""Which of many questions are answered, when a few answers are bound to look sure by chance."""

from __future__ import annotations

from collections.abc import Sequence

from scipy import stats

FALSE_SHARE = 0.05
"""Of what is found, the share that may be false on average."""


def discoveries(p_values: Sequence[float]) -> list[bool]:
    """Whether each null hypothesis, of all that were asked together, is rejected.

    Keeps the expected share of false rejections at `FALSE_SHARE` (Benjamini and Hochberg 1995,
    Journal of the Royal Statistical Society B 57:289); where nothing is there to be found, so is
    the chance that anything is. ``p_values`` in 0..1, each of a question asked of the same records
    or of others.
    """
    if not p_values:
        return []
    return [bool(p <= FALSE_SHARE) for p in stats.false_discovery_control(p_values)]
