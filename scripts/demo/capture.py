"""`python -m scripts.demo.capture`: runs the demo and puts what it said, shortened, between the marks in README.md."""

from __future__ import annotations

import asyncio
import re
import sys
from io import StringIO
from typing import Final

from rich.console import Console

from orchestrator.errors import CovenantError
from scripts.demo.playlist import own_rounds
from scripts.demo.run import Show
from scripts.demo.stage import WIDTH, Stage
from scripts.deploy.artifacts import ROOT

README: Final = ROOT / "README.md"
BEGIN: Final = "<!-- a run of `make demo`, written by `make readme` -->"
END: Final = "<!-- the end of the run -->"

EVENT: Final = re.compile(r"^   (\d\d [A-Z][a-z]{2} \d\d:\d\d|a bill is due) ")
"""A round, or a bill: what repayments are told below of."""

RULE: Final = re.compile(r"^ ─+$")
"""Between the head of the table and its rows."""

REPAYMENTS_SHOWN: Final = 3
ROWS_SHOWN: Final = 3


def shortened(told: str) -> str:
    """A whole run on one screen: first and last round, the first repayments, the bill; the first rows of the table."""
    lines = [line.rstrip() for line in told.strip("\n").splitlines()]
    begins = [index for index, line in enumerate(lines) if EVENT.match(line)]
    ends = [*begins[1:], next(index for index in range(begins[-1], len(lines)) if not lines[index])]
    events = [lines[begin:end] for begin, end in zip(begins, ends, strict=True)]
    shown = _events_shown(events)
    market: list[str] = []
    for index, event in enumerate(events):
        if index in shown:
            market += event
        elif index - 1 in shown:
            market.append("   …")
    return "\n".join([*lines[: begins[0]], *market, *_shortened_table(lines[ends[-1] :])])


def with_run(readme: str, run: str) -> str:
    """The README with `run` between its marks. Raises ValueError when the marks are missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError("the README has no place for a run of the demo")
    return f"{before}{BEGIN}\n```text\n{run}\n```\n{END}{after}"


def _shortened_table(lines: list[str]) -> list[str]:
    first = next((index for index, line in enumerate(lines, start=1) if RULE.match(line)), len(lines))
    end = next((index for index in range(first, len(lines)) if not lines[index]), first)
    left_out = [" …"] if end - first > ROWS_SHOWN else []
    return [*lines[: min(first + ROWS_SHOWN, end)], *left_out, *lines[end:]]


def _events_shown(events: list[list[str]]) -> set[int]:
    paid = [index for index, event in enumerate(events) if len(event) > 1]
    bills = [index for index in paid if "a bill" in events[index][0]]
    return {0, len(events) - 1, *paid[:REPAYMENTS_SHOWN], *bills}


def main() -> int:
    told, build = StringIO(), ROOT / "build"
    stage = Stage(Console(file=told, width=WIDTH, highlight=False))
    try:
        asyncio.run(Show(own_rounds(), stage, build / "demo-logs", build / "demo.json").run())
    except CovenantError as error:
        sys.stderr.write(f"capture: {error.message} — {error.hint}\n")
        return 1
    README.write_text(with_run(README.read_text(encoding="utf-8"), shortened(told.getvalue())), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
