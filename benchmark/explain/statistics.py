"""BatchNorm's statistics for weights that no training led to: taken anew on training images."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def renew(model: nn.Module, batches: Iterable[Tensor]) -> None:
    """Replaces the statistics of ``model`` by the mean of those of all ``batches``.

    Between two networks the statistics of neither fit, and their mean fits less (Izmailov et al.
    2018, "Averaging weights leads to wider optima", section 3.2). Nothing is dropped meanwhile.
    Leaves the model in evaluation mode; one without BatchNorm stays as it is.
    """
    model.eval()
    norms = [part for part in model.modules() if isinstance(part, _BatchNorm)]
    if not norms:
        return
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the plain mean over batches
        norm.train()
    for batch in batches:
        model(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()
