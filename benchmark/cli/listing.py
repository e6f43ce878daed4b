"""Commands that show what is at hand: ``backbones``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmark.cli.options import FOLDER, command
from benchmark.defaults import backbone_folders
from benchmark.errors import UserError, one_line

if TYPE_CHECKING:
    from benchmark.harness.usable import Usable


@command("backbones --folder ~/networks")
@click.option(
    "--folder",
    type=FOLDER,
    multiple=True,
    help="One in timm's local-dir format, or a folder of some; may be repeated.  "
    "[default: those in $BENCHMARK_BACKBONES]",
)
@click.option(
    "--image-size",
    type=click.IntRange(8, 1024),
    default=64,
    show_default=True,
    help="Pixels, for measuring the speed.",
)
def backbones(folder: Sequence[Path], image_size: int) -> None:
    """List the backbones that can be used here without any download."""
    from tqdm import tqdm

    from benchmark.harness import usable

    found = usable.candidates(folder or backbone_folders())
    bar = tqdm(found, unit="backbone", disable=None)
    seen = [(one, usable.look_at(one, image_size)) for one in bar]
    click.echo(_table([one for _, one in seen if not isinstance(one, UserError)], image_size))
    for one, looked in seen:
        if isinstance(looked, UserError):
            mend = f"; to mend: {looked.mend}" if looked.mend else ""
            click.echo(one_line(f"{one.name} ({one.source}) cannot be used: {looked.what}{mend}"))


def _table(found: Sequence[Usable], image_size: int) -> str:
    from benchmark.pages import printer

    header = ["BACKBONE", "source", "parameters", "pretrained on", "tuned"]
    rows = [
        [
            one.candidate.name,
            one.candidate.source,
            f"{one.parameters / 1e6:.2f} M",
            one.pretrained_on,
            "yes" if one.tuned else "no",
            f"{one.images_per_second:.0f}",
        ]
        for one in found
    ]
    return printer.plain([*header, f"training images/s at {image_size} px"], rows)
