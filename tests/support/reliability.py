"""The page of what was tried and what happened, made from the reports of a test run."""

import os
import re
import sys
from collections import Counter
from pathlib import Path

WHOLE = bool(os.environ.get("RELIABILITY"))
"""Whether this is the long run, which writes the page that the variable names."""


def tries(short: int, whole: int) -> int:
    """How often to try: in each run of the tests, and in the long one; ``$KILLS`` limits that."""
    return min(whole, int(os.environ.get("KILLS") or whole)) if WHOLE else short


def write(page: Path, reports, titles: dict[str, str]) -> None:
    """``reports`` of tests below ``tests/faults``; ``titles``: file -> what it is about.

    What the page says of files that were not run stays.
    """
    before = page.read_text(encoding="utf-8") if page.is_file() else ""
    said = dict(re.findall(r"^## (.+?)\n\n(.+?)(?=\n\n## |\n*\Z)", before, re.S | re.M))
    for file, title in titles.items():
        if section := _section([one for one in reports if one.nodeid.startswith(f"{file}::")]):
            said[title] = section
    sections = [f"## {title}\n\n{said[title]}" for title in titles.values() if title in said]
    page.write_text("\n\n".join([_HEAD, *sections]) + "\n", encoding="utf-8")


_HEAD = """# What can go wrong, and what happened when it was tried

Written by `make test-faults`, which runs the tests below `tests/faults`. A row is a test: its name
says what is to hold."""


def _section(reports) -> str:
    """One row for each test, whatever it was tried with."""
    tried, failed, why, said = Counter(), Counter(), {}, {}
    for report in reports:
        row, known = sentence(report.nodeid), dict(report.user_properties)
        why.setdefault(row, "")
        if report.skipped:
            why[row] = str(report.longrepr[2]).removeprefix("Skipped: ")
        elif report.failed or report.when == "call":
            tried[row] += known.get("tried", 1)
            failed[row] += known.get("tried", 1) if report.failed else 0
            said.setdefault(row, []).append(known.get("happened"))
    if not why:
        return ""
    lines = [
        f"{sum(tried.values())} attempts, of which {sum(failed.values())} failed; Python "
        f"{sys.version.split()[0]} on {sys.platform}.\n",
        "| what was tried | times | what happened |\n| --- | --- | --- |",
    ]
    for row in why:
        held = f"**failed {failed[row]} times**" if failed[row] else "held every time"
        details = [held, *dict.fromkeys(filter(None, said.get(row, [])))]
        outcome = "; ".join(details) if tried[row] else f"not tried: {why[row]}"
        lines.append(f"| {row} | {tried[row]} | {outcome} |")
    return "\n".join(lines)


def sentence(node: str) -> str:
    """The name of a test as one reads it."""
    return node.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")


def titles(folder: Path) -> dict[str, str]:
    """File of tests -> the first line of what it says of itself."""
    found = {}
    for file in sorted(folder.glob("test_*.py")):
        _, said, _ = file.read_text(encoding="utf-8").split('"""', 2)
        found[f"tests/faults/{file.name}"] = said.splitlines()[0]
    return found
