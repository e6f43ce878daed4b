"""What a training ran on, for records and tables."""

from __future__ import annotations

import functools
import platform
from pathlib import Path


@functools.cache
def processor(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's model and architecture, as in ``AMD EPYC 7B13, x86_64``."""
    return ", ".join(filter(None, (_model_name(cpuinfo), platform.machine())))


def _model_name(cpuinfo: Path) -> str:
    if not cpuinfo.is_file():
        return platform.processor()
    lines = (line.partition(":") for line in cpuinfo.read_text(encoding="utf-8").splitlines())
    return next((value.strip() for key, _, value in lines if key.strip() == "model name"), "")
