"""Audit the contracts: Slither, ERC checks, solhint, sizes and coverage, in one report under build/audit/."""

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.audit.policy import load_policy
from scripts.audit.report import by_severity, facts, summary_row, write_report
from scripts.audit.run import Audit, Check, run_audit
from scripts.audit.tools import find_tools
from scripts.audit.workplace import open_workplace

HOME = Path(__file__).parents[2]

app = typer.Typer()


@app.command()
def audit(
    check: Annotated[list[Check] | None, typer.Option(help="Only this, and what else is asked for; else all.")] = None,
    min_coverage: Annotated[
        float | None,
        typer.Option(min=0, max=100, help="Least coverage of lines and branches, in percent; else pyproject.toml's."),
    ] = None,
    root: Annotated[Path, typer.Option(help="The project to audit.", exists=True, file_okay=False)] = HOME,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Run every check on the contracts; exit 1 on a finding that is neither fixed nor justified beside the code."""
    root = root.resolve()
    policy = load_policy(root / "pyproject.toml")
    if min_coverage is not None:
        policy = dataclasses.replace(policy, min_coverage_percent=min_coverage)
    folder = root / "build" / "audit"
    progress = Console(stderr=True, highlight=False)
    with open_workplace(folder), progress.status("compiling the contracts …") as status:

        def announce(what: str) -> None:
            status.update(f"{what} …")
            if not progress.is_terminal:
                progress.print(f"audit: {what}")

        outcome = run_audit(find_tools(HOME, os.environ), root, policy, folder, frozenset(check or Check), announce)
        reports = write_report(outcome, root, folder)
    if as_json:
        sys.stdout.write(json.dumps(facts(outcome, root), indent=2) + "\n")
    else:
        # A log has no width to wrap the table to.
        width = None if sys.stdout.isatty() else 120
        console = Console(highlight=False, soft_wrap=True, width=width)
        show(outcome, console, [os.path.relpath(report) for report in reports])
    raise typer.Exit(0 if outcome.passed else 1)


def show(outcome: Audit, console: Console, reports: list[str]) -> None:
    """The summary, the open findings in one line each, and where to read more."""
    table = Table("check", "outcome", "found", "seconds", box=None, pad_edge=False)
    for result in outcome.results:
        table.add_row(*summary_row(outcome, result))
    console.print(table)
    for finding in by_severity(outcome.judgement.open):
        said = finding.message.splitlines()[0]
        console.print(f"{finding.places[0]}: {finding.severity}: {finding.tool} {finding.rule}: {said}", markup=False)
    open_ = len(outcome.judgement.open)
    verdict = f"audit failed: {open_} open; fix them or justify them" if open_ else "audit passed"
    console.print(f"{verdict} ({', '.join(reports)})", markup=False)
