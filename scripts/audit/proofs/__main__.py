"""Proves the maths for all arguments, property by property: ``make proofs``."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.errors import CovenantError
from scripts.audit.proofs.halmos import Outcome, Prover, set_up
from scripts.audit.proofs.properties import Property, find_properties

ROOT = Path(__file__).resolve().parents[3]
WORK = ROOT / "build" / "proofs"
HALMOS = ROOT / ".venv-audit" / "bin" / "halmos"


def prove(
    only: Annotated[str, typer.Option(help="Only properties whose name contains this.")] = "",
    workers: Annotated[int, typer.Option(min=1, help="Properties looked at at once.")] = 2,
    timeout_s: Annotated[float, typer.Option(min=1, help="The most seconds that one property may take.")] = 1800,
) -> None:
    """Exit 1 unless every property is proven."""
    properties = [property_ for property_ in find_properties(ROOT) if only in str(property_)]
    forge = next(ROOT.glob("node_modules/@foundry-rs/forge-*/bin/forge"))
    try:
        prover = set_up(ROOT, WORK, HALMOS, forge)
        outcomes = _prove_all(properties, prover, workers, timeout_s)
    except CovenantError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from error
    proven = outcomes.pop(Outcome.PROVEN, 0)
    rest = "".join(f", {count} {outcome}" for outcome, count in outcomes.items())
    typer.echo(f"{proven} of {len(properties)} properties proven{rest}")
    raise typer.Exit(0 if properties and proven == len(properties) else 1)


def _prove_all(properties: list[Property], prover: Prover, workers: int, timeout_s: float) -> Counter[Outcome]:
    def prove_one(property_: Property) -> tuple[Property, Outcome, float]:
        started = time.monotonic()
        return property_, prover.prove(property_, timeout_s), time.monotonic() - started

    outcomes: Counter[Outcome] = Counter()
    with ThreadPoolExecutor(workers) as pool:
        attempts = [pool.submit(prove_one, property_) for property_ in properties]
        for attempt in as_completed(attempts):
            property_, outcome, seconds = attempt.result()
            outcomes[outcome] += 1
            typer.echo(f"{outcome:8} {property_} ({seconds:.0f} s)")
    return outcomes


if __name__ == "__main__":
    typer.run(prove)
