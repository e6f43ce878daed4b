"""The page of what was tried and what happened, made from the reports of a test run."""

import os
import sys
from collections import Counter
from pathlib import Path

WHOLE = bool(os.environ.get("RELIABILITY"))
"""Whether this is the long run, which writes the page that the variable names."""


def tries(short: int, whole: int) -> int:
    """How often to try: in each run of the tests, and in the long one; ``$KILLS`` limits that."""
    return min(whole, int(os.environ.get("KILLS") or whole)) if WHOLE else short


def sentence(node: str) -> str:
    """The name of a test as one reads it."""
    return node.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")


def page(reports, titles) -> str:
    """``reports`` of tests below ``tests/faults``; ``titles``: file -> what it is about."""
    tried, failed, skipped, said = Counter(), Counter(), {}, {}
    for report in reports:
        row = report.nodeid.partition("::")[0], sentence(report.nodeid)
        known = dict(report.user_properties)
        if report.skipped:
            skipped[row] = str(report.longrepr[2] if report.longrepr else "").removeprefix(
                "Skipped: "
            )
        elif report.failed or report.when == "call":
            tried[row] += known.get("tried", 1)
            failed[row] += known.get("tried", 1) if report.failed else 0
            said.setdefault(row, []).extend(filter(None, [known.get("happened")]))
    lines = [_HEAD.format(tries=sum(tried.values()), failed=sum(failed.values()))]
    for file, title in titles.items():
        lines += ["", f"## {title}", "", "| what was tried | times | what happened |"]
        lines += ["| --- | --- | --- |"]
        for row in dict.fromkeys([*tried, *skipped]):
            if row[0] == file:
                lines.append(_row(row, tried, failed, skipped, said))
    return "\n".join(lines) + "\n"


def _row(row, tried, failed, skipped, said) -> str:
    if not tried[row]:
        return f"| {row[1]} | 0 | not tried: {skipped[row]} |"
    held = "held every time" if not failed[row] else f"**failed {failed[row]} times**"
    return f"| {row[1]} | {tried[row]} | {'; '.join([held, *dict.fromkeys(said[row])])} |"


_HEAD = f"""# What can go wrong, and what happened when it was tried

Written by `make test-faults`, which runs the tests below `tests/faults`: {{tries}} attempts, of
which {{failed}} failed.
Python {sys.version.split()[0]} on {sys.platform}. A row is a test; it says what is to hold.
""".rstrip()


def titles(folder: Path) -> dict[str, str]:
    """File of tests -> the first line of what it says of itself."""
    found = {}
    for file in sorted(folder.glob("test_*.py")):
        found[f"tests/faults/{file.name}"] = file.read_text().split('"""')[1].splitlines()[0]
    return found
