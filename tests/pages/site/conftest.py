import dataclasses

import pytest
from made_site import judged, records


@pytest.fixture(scope="session")
def boards():
    """Two tasks, one of them with an older protocol and a failed trial."""
    older = records("old", protocol=1)
    first = next(one for one in older if one.trial.arm == "finetune")
    nothing = {"accuracy": None, "predictions": (), "correct": "", "status": "failed"}
    trial = dataclasses.replace(first.trial, seed=7)
    lost = dataclasses.replace(first, trial=trial, reason="loss was NaN", **nothing)
    return judged(records(), [*older, lost])
