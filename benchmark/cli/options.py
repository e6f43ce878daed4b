"""Options that several commands share, and how a path is shown."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from benchmark.defaults import ADAPT, ARMS, BUNDLED, LOCAL, MARGIN, SEEDS, option
from benchmark.errors import UserError

BACKBONE_HELP = (
    "timm names, hf-hub:ORG/NAME, local-dir:FOLDER or checkpoint:ARCHITECTURE:FILE; the command "
    "backbones lists what is at hand."
)

FOLDER: Any = click.Path(path_type=Path, file_okay=False)
FILE: Any = click.Path(path_type=Path, dir_okay=False)
JOBS = click.option("--jobs", type=click.IntRange(1), help="Processes.  [default: one per core]")
MARGIN_OPTION = click.option(
    "--margin",
    type=click.FloatRange(0, 1, max_open=True),
    default=MARGIN,
    show_default=True,
    help="Gain that counts as no help, as a share of 1.",
)


def command(example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command whose ``--help`` ends with how it is called, without its name before it."""
    name = example.partition(" ")[0]
    return click.command(name, epilog=f"Example:  small-data-benchmark {example}")


def shown(path: Path) -> str:
    """The path as seen from the current folder, where it lies below it."""
    path = path.resolve()
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


class Words(click.ParamType[Any]):
    """Names separated by blanks or commas."""

    name = "names"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        """Splits the text; refuses an empty one."""
        words = tuple(dict.fromkeys(str(value).replace(",", " ").split()))
        if not words:
            self.fail("name at least one", param, ctx)
        return words


class Numbers(Words):
    """Whole numbers from 1 on, separated by blanks or commas."""

    name = "numbers"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[Any, ...]:
        """Converts each word to a number."""
        words = super().convert(value, param, ctx)
        if not all(map(_is_count, words)):
            self.fail(f"{value!r}: whole numbers from 1 on are expected", param, ctx)
        return tuple(sorted({int(word) for word in words}))


class Seeds(click.ParamType[Any]):
    """One number for every N, or ``N:SEEDS`` for each, separated by blanks or commas."""

    name = "numbers"

    def convert(self, value: Any, param: Any, ctx: Any) -> int | dict[int, int]:
        """A number, or N -> a number."""
        words = str(value).replace(",", " ").split()
        if len(words) == 1 and _is_count(words[0]):
            return int(words[0])
        pairs = [word.split(":") for word in words]
        if not all(len(p) == 2 and all(map(_is_count, p)) for p in pairs) or not pairs:
            self.fail(f"{value!r}: a number is expected, or N:SEEDS for each N", param, ctx)
        seeds = {int(n): int(count) for n, count in pairs}
        if len(seeds) < len(pairs):
            self.fail(f"{value!r}: the same N comes twice", param, ctx)
        return dict(sorted(seeds.items()))


class Part(click.ParamType[Any]):
    """``i/k``: the i-th of k parts, counted from 1."""

    name = "i/k"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        """The two numbers."""
        number, _, parts = str(value).partition("/")
        if not (_is_count(number) and _is_count(parts) and int(number) <= int(parts)):
            self.fail(f"{value!r}: 1/3 is the first of three parts, 3/3 the last", param, ctx)
        return int(number), int(parts)


def _is_count(word: str) -> bool:
    return word.isascii() and word.isdigit() and int(word) > 0


def _refuse_both(seeds: int | dict[int, int] | None, adapt: bool, sizes: object) -> None:
    if adapt and seeds is not None:
        raise UserError(
            "seeds cannot both be given and be chosen",
            where=f"{option('seeds')} and {option('adapt')}",
            mend="leave one of them out",
        )
    if isinstance(seeds, dict) and sizes is not None:
        raise UserError(
            "the images per class are named twice",
            where=f"{option('n')} and {option('seeds')}",
            mend=f"leave {option('n')} out",
        )


def _adapts(arms: tuple[str, ...]) -> bool:
    """Whether trials of these arms are chosen where nobody says so."""
    from benchmark.harness import grown

    return ADAPT and grown.decides(arms)


def selecting(command: Callable[..., None]) -> Callable[..., None]:
    """The options that select trials, the same for every command that runs them."""
    options = [
        click.option("--task", type=Words(), default="digits", show_default=True, help="Tasks."),
        click.option(
            "--backbone",
            type=Words(),
            default=BUNDLED,
            show_default=True,
            help=BACKBONE_HELP,
        ),
        click.option(
            "--pretrained-on",
            metavar="TEXT",
            help="What its weights were trained on: ImageNet-1k, ImageNet-21k, web, iNaturalist, "
            "distilled, own or other words.  [default: by the tag in its name]",
        ),
        click.option(
            "--arms",
            type=Words(),
            default=" ".join(ARMS),
            show_default=True,
            help="Arms, or all.",
        ),
        click.option(
            "--n", "sizes", type=Numbers(), help="Images per class.  [default: each task's grid]"
        ),
        click.option(
            "--seeds",
            type=Seeds(),
            help=f"At every N, or N:SEEDS for each.  [default: {'--adapt' if ADAPT else SEEDS}]",
        ),
        click.option("--adapt", is_flag=True, help="As many seeds at each N as decide something."),
        click.option(
            "--image-size", type=click.IntRange(8, 1024), help="Pixels.  [default: each task's]"
        ),
        MARGIN_OPTION,
        JOBS,
        click.option(
            "--executor",
            type=click.Choice(["processes", "ray"]),
            default="processes",
            show_default=True,
            help="ray: on the cluster at $RAY_ADDRESS, or one that is started here.",
        ),
        click.option("--records", type=FOLDER, default=LOCAL, help="Folder of the records."),
    ]

    @functools.wraps(command)
    def selected(
        task: tuple[str, ...],
        backbone: tuple[str, ...],
        arms: tuple[str, ...],
        sizes: tuple[int, ...] | None,
        seeds: int | dict[int, int] | None,
        adapt: bool,
        image_size: int | None,
        executor: str,
        pretrained_on: str | None,
        **others: Any,
    ) -> None:
        _refuse_both(seeds, adapt, sizes)
        from benchmark.harness import executors

        others["jobs"] = others["jobs"] or executors.default_workers()
        if others["jobs"] > 1 and executor == "processes":
            executors.warm_up("benchmark.harness.job")  # while this process imports the same
        from benchmark.harness import plan
        from benchmark.tasks import load as tasks

        loaded = tuple(tasks.load_tasks(task))
        if isinstance(seeds, dict):
            sizes = tuple(seeds)
        chosen = plan.Selection(
            loaded, backbone, arms, sizes, seeds or SEEDS, image_size, pretrained_on
        )
        by_itself = seeds is None and not others.get("shard") and _adapts(arms)
        with executors.named(executor) as run:
            command(chosen, adapt=adapt or by_itself, executor=run, **others)

    return _with_options(options, selected)


def describing(command: Callable[..., None]) -> Callable[..., None]:
    """The options that say what somebody's images are, and whether an old task may go for them."""
    options = [
        click.option(
            "--label",
            type=click.Choice(["path", "leaf", "top"]),
            help="Which of nested folders name the class.",
        ),
        click.option("--image-column", help="Column of a table with the images or their paths."),
        click.option("--label-column", help="Column of a table with the classes."),
        click.option("--group-column", help="Column whose equal values stay on one side."),
        click.option("--force", is_flag=True, help="Write over a task of that name."),
    ]

    @functools.wraps(command)
    def described(
        label: str | None,
        image_column: str | None,
        label_column: str | None,
        group_column: str | None,
        **others: Any,
    ) -> None:
        from benchmark.tasks.proposal.columns import Options

        command(options=Options(image_column, label_column, group_column, label), **others)

    return _with_options(options, described)


def _with_options(
    options: Sequence[Callable[[Any], Any]], command: Callable[..., None]
) -> Callable[..., None]:
    for one in reversed(options):
        command = one(command)
    return command
