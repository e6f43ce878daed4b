"""The files of one task on this machine: where they lie, and which of them the YAML means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from benchmark import files
from benchmark.tasks.definition.data_keys import Data, LoadDataset
from benchmark.tasks.pictures.images import is_image
from benchmark.tasks.reading import patterns, split_names
from benchmark.tasks.reading.parts import Refusal, check_no_file_is_in_both
from benchmark.tasks.reading.split_names import Chosen
from benchmark.tasks.reading.walk import Tree, walk
from benchmark.tasks.unused import Unused


@dataclass(frozen=True)
class TableFiles:
    """Files that hold tables, by split."""

    by_split: dict[str, list[str]]
    chosen: Chosen
    unused: list[Unused]


@dataclass(frozen=True)
class LocalData:
    """Files of a task in a folder of this machine."""

    refuse: Refusal
    """Errors about these files."""
    data: Data
    """How they are loaded; its paths are relative to ``root``."""
    root: Path
    confined: bool = True
    """Whether links may not leave ``root``; a mirror, the user's choice, may consist of them."""

    @property
    def spec(self) -> LoadDataset:
        """Which files."""
        assert self.data.load_dataset is not None
        return self.data.load_dataset

    @property
    def top(self) -> str:
        """The folder that holds the data, relative to ``root``."""
        return str(PurePosixPath(self.spec.data_dir or "."))

    @cached_property
    def tree(self) -> Tree:
        """All that lies beneath the files and folders that the YAML names.

        Raises `UserError` for those that are missing and for links that lead elsewhere.
        """
        given = [pattern for found in self.spec.patterns.values() for pattern in found]
        named = [patterns.fixed_base(pattern) for pattern in given] or [self.top]
        for start in named:
            if not os.path.lexists(self.root / start):
                raise self.refuse(f"{start} does not exist", f"paths are relative to {self._where}")
        starts = [self.top] if self.spec.data_dir else named
        tree = walk(self.root, starts, confined=self.confined)
        if self.data.split_file is not None:
            # What may not be read cannot be in the list either, and is one file not used.
            tree.unused += [Unused(*fault) for fault in tree.faults]
        elif tree.faults:
            more = f" and {len(tree.faults) - 1} more" * (len(tree.faults) > 1)
            raise self.refuse(
                " ".join(tree.faults[0]) + more,
                "copy the files into the folder and make it readable; links to elsewhere are not "
                "followed",
            )
        return tree

    @property
    def _where(self) -> str:
        return "the top of the archive" if self.data.archive else str(self.root)

    @property
    def stats(self) -> list[list[Any]]:
        """What changes when any of the files does; images that a table names are not among them."""
        return [[path, *files.state(self.root / path)] for path in self.tree.files]

    def tables(self, endings: tuple[str, ...]) -> TableFiles:
        """The tables of each split, for data whose files, with these endings, are tables.

        Splits are those of ``data_files``. Without them a file's folder or its whole name says it
        (`split_names.of_file`), or, where no file is called like a split, all are one. Raises
        `UserError` for splits that are not there, or that share a file.
        """
        unused = list(self.tree.unused)
        if self.spec.data_files is not None:
            by_split = {split: self._matched(given) for split, given in self.spec.patterns.items()}
        else:
            there = self.tree.files
            by_split = self._by_name([file for file in there if file.lower().endswith(endings)])
            unused += [
                Unused(file, f"neither an image nor {self.spec.path}")
                for file in there
                if not file.lower().endswith(endings) and not is_image(file)
            ]
        chosen = split_names.choose(list(by_split), "splits", self.data, self.refuse)
        unused += [
            Unused(file, f"the split {split!r} is not asked for")
            for split, given in by_split.items()
            if split not in chosen.names
            for file in given
        ]
        used = {split: by_split[split] for split in chosen.names}
        train = [file for split in chosen.train for file in used[split]]
        check_no_file_is_in_both(train, used[chosen.test] if chosen.test else (), self.refuse)
        return TableFiles(used, chosen, unused)

    def _matched(self, given: Sequence[str]) -> list[str]:
        found: dict[str, None] = {}
        for pattern in given:
            matched = patterns.matching(pattern, self.tree.files)
            if not matched:
                raise self.refuse(f"no file matches {pattern!r}", "correct the pattern")
            found |= dict.fromkeys(matched)
        return list(found)

    def _by_name(self, named: Sequence[str]) -> dict[str, list[str]]:
        if not named:
            saved = any(PurePosixPath(file).name == "state.json" for file in self.tree.files)
            raise self.refuse(
                f"{self.top} holds no {self.spec.path} files",
                "it is a folder that save_to_disk wrote: read it with 'path: save_to_disk'"
                if saved
                else "name the files with 'data_files'",
            )
        by_split: dict[str, list[str]] = {}
        for file in named:
            name = split_names.of_file(str(PurePosixPath(file).relative_to(self.top)))
            by_split.setdefault(name, []).append(file)
        if self.data.cuts and not any(map(split_names.kind_of, by_split)):
            return {"train": list(named)}
        return by_split
