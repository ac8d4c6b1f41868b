"""Changes the contracts a little, one change at a time, and expects a test to fail: ``make mutate``.

Results are kept and not made again while contract, mutant and tests are the same, so a run that was broken off goes on.
"""

import json
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.errors import CovenantError
from scripts.audit.bench.compiler import open_compiler
from scripts.audit.bench.sources import Sources
from scripts.audit.mutation.campaign import Project, find_target, list_mutants, try_all
from scripts.audit.mutation.mutants import Mutant
from scripts.audit.mutation.report import BAR_PERCENT, Report, diff, summarize
from scripts.audit.mutation.store import Outcome, Result
from scripts.audit.mutation.survivors import read_explanations

ROOT = Path(__file__).resolve().parents[3]
CONTRACTS = ("CreditVault", "Escrow", "RepayTrigger", "OracleAdapter")
EXPLANATIONS = ROOT / "tests" / "contracts" / "survivors.toml"
WORK = ROOT / "build" / "mutation"

# Between two lines of progress where nobody is looking.
QUIET_S = 15.0


def mutate(
    contracts: Annotated[list[str] | None, typer.Argument(help="Which contracts; else all four.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Mutants tried at once, each in a copy of its own.")] = 2,
    only: Annotated[str, typer.Option(help="Only mutants whose id contains this.")] = "",
    list_only: Annotated[bool, typer.Option("--list", help="Print the mutants, and try none.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Try every mutant; exit 1 on a survivor that is not explained, or when less than 95 % are killed."""
    # What is under way is finished and kept; the next run goes on from there.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        passed = _mutate(contracts or list(CONTRACTS), workers, only, list_only, as_json)
    except CovenantError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    raise typer.Exit(0 if passed else 1)


def _mutate(contracts: Sequence[str], workers: int, only: str, list_only: bool, as_json: bool) -> bool:
    sources = Sources(ROOT)
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    targets = [find_target(contract, sources) for contract in contracts]
    with open_compiler() as compiler:
        mutants = [mutant for mutant in list_mutants(targets, sources, compiler) if only in mutant.id]
    if list_only:
        for mutant in mutants:
            typer.echo(f"{mutant.file}:{mutant.line}: {mutant.id}: {mutant.change}")
        return True
    explanations = {id_: why for id_, why in read_explanations(EXPLANATIONS).items() if only in id_}
    project = Project(ROOT, WORK, forge, sources)
    results = try_all(targets, mutants, project, workers, ProgressLine())
    report = summarize(contracts, mutants, results, explanations)
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / "report.json").write_text(json.dumps(report.facts(), indent=2) + "\n")
    if as_json:
        typer.echo(json.dumps(report.facts(), indent=2))
    else:
        show(report, sources)
    return report.passed


class ProgressLine:
    """Where the run is, on stderr: one line, redrawn on a terminal, else said now and then; and each survivor."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._said = -QUIET_S
        self._survived = 0

    def __call__(self, done: int, total: int, mutant: Mutant, result: Result) -> None:
        elapsed = time.monotonic() - self._started
        live = sys.stderr.isatty()
        if result.outcome is Outcome.SURVIVED:
            self._survived += 1
            typer.echo(f"{mutant.file}:{mutant.line}: survived: {mutant.id}: {mutant.change}", err=True)
        if live or elapsed - self._said >= QUIET_S or done == total:
            self._said = elapsed
            left = elapsed / done * (total - done)
            line = f"{done}/{total}, {self._survived} survived, {left / 60:.0f} min left, {elapsed / done:.1f} s each"
            typer.echo(f"\r{line}   " if live else line, nl=not live or done == total, err=True)


def show(report: Report, sources: Sources) -> None:
    """The figures, and every survivor with its change."""
    console = Console(highlight=False, soft_wrap=True)
    table = Table("contract", "killed", "explained", "unexplained", "invalid", "killed %", box=None, pad_edge=False)
    for figures in report.figures:
        counts = (figures.killed, figures.explained, figures.unexplained, figures.invalid, figures.percent_killed)
        table.add_row(figures.contract, *map(str, counts))
    for mutant, why in report.explained:
        console.print(f"{mutant.file}:{mutant.line}: explained: {mutant.id}: {why}", markup=False)
    for mutant in report.unexplained:
        console.print(f"{mutant.file}:{mutant.line}: survived: {mutant.id}", markup=False)
        console.print(diff(mutant, sources.text(mutant.file)), markup=False)
    for id_ in report.idle:
        console.print(f"{EXPLANATIONS.name}: {id_} did not survive: remove it", markup=False)
    console.print(table)
    verdict = (
        "passed" if report.passed else f"failed: kill or explain every survivor, and {BAR_PERCENT:g} % must be killed"
    )
    console.print(f"mutation testing {verdict}")


if __name__ == "__main__":
    typer.run(mutate)
