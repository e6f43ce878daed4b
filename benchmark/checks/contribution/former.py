"""What the suite's own recipes were under each protocol: frozen, so that sound records stay sound.

A new protocol leaves its predecessor's rule here; the current one is what arms say today.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmark.records.recipe import StoredRecipe, stored
from benchmark.records.record import Trial
from benchmark.tasks.definition.schema import Task

_STEPS = {"scratch": 600, "finetune": 400}
_DEFAULT_RATES = {"scratch": 3e-3, "finetune": 1e-3}
_TUNED_RATES = {
    "mobilenetv2_035.keras_in1k": {"scratch": 0.03, "finetune": 0.001},
    "test_resnet.distilled_in1k": {"scratch": 0.01, "finetune": 0.003},
}
_TUNING_LABELS = 4808
_BUDGETS = {"digits": 0.8, "pneumoniamnist": 1.0} | dict.fromkeys(
    ("arabic_letters", "cifar10", "clothing", "dtd10", "eurosat", "flowers"), 2.0
)
_BUDGETS |= dict.fromkeys(("sign_digits", "trashnet"), 2.0)
_PROBE = {
    "strengths": [1e-4, 1e-3, 1e-2, 1e-1, 1.0, 10.0],
    "folds": 5,
    "fallback": 0.01,
    "smallest_n": 3,
}


def _protocol_1(trial: Trial, task: Task) -> StoredRecipe | None:
    """The same at every N; None for an arm that there was not."""
    if trial.arm == "probe":
        return stored(_PROBE)
    if trial.arm not in _STEPS:
        return None
    tuned = _TUNED_RATES.get(trial.backbone)
    recipe: dict[str, Any] = {
        "learning_rate": (tuned or _DEFAULT_RATES)[trial.arm],
        "steps": max(1, round(_STEPS[trial.arm] * _BUDGETS.get(task.name, task.budget))),
        "tuning_labels": _TUNING_LABELS if tuned else 0,
        "batch_size": 32,
        "weight_decay": 0.05,
        "warmup": 0.1,
        "label_smoothing": 0.0,
        "floor": 0.005,
        "frozen_batch_norm": False,
        "augmentation": {"shift": 0.1, "zoom": 0.15, "turn": 10.0, "flip": task.flip},
    }
    return stored(recipe)


RULES: Mapping[int, Callable[[Trial, Task], StoredRecipe | None]] = {1: _protocol_1}
"""Protocol -> the suite's own recipe for a trial of a task."""
