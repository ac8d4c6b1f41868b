"""The mirror under faults, seed by seed: ``make simulate SEEDS=0..999``.

Seeds that passed are kept in a file and not run again, until the contracts, the service or the simulation change.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import RELEASE, ROOT, Artifacts
from scripts.local.runtime import open_runtime
from tests.seeds import Kept, fingerprint, seed_range
from tests.simulation.outcome import Outcome, outcome_of_seed
from tests.simulation.running import WORKERS, run_seeds
from tests.simulation.workshop import open_workshop, start_template_server

KEPT: Final = ROOT / "build" / "simulation.jsonl"
CONTRACTS: Final = ("CreditVault", "RepayTrigger", "OracleAdapter", "LocalFeed", "LocalToken")
SOURCES: Final = ("orchestrator", "scripts/processes", "tests/simulation")


def main(arguments: list[str] | None = None, kept_in: Path = KEPT) -> int:
    """Exit code 0 when all seeds passed, now or before."""
    parser = argparse.ArgumentParser(prog="simulate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=seed_range, help="first..last, both included, or one seed")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes that run seeds ({WORKERS})")
    parser.add_argument("--json", action="store_true", help="one JSON object at the end; progress on standard error")
    given = parser.parse_args(arguments)
    say = sys.stderr if given.json else sys.stdout
    try:
        kept = Kept(kept_in, _fingerprint())
        failed = run_seeds(given.seeds, kept, _work, Outcome, workers=given.workers, say=say)
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    passed = len(given.seeds) - len(failed)
    totals = sum((Counter(kept.passed[seed]) for seed in given.seeds if seed in kept.passed), Counter[str]())
    if given.json:
        failures = [outcome.as_json() for outcome in failed]
        print(json.dumps({"passed": passed, "failed": len(failed), "totals": totals, "failures": failures}))
    else:
        print("all told: " + ", ".join(f"{count} {what}" for what, count in totals.most_common()))
        print(f"{passed} passed, {len(failed)} failed")
    return 1 if failed else 0


def _work(waiting: Any, done: Any) -> None:
    """One process: seeds come in until there are no more, outcomes go out."""
    logging.disable(logging.CRITICAL)  # the indexer as a task would talk in between
    with asyncio.Runner() as runner:
        runner.run(_work_off(waiting, done))


async def _work_off(waiting: Any, done: Any) -> None:
    async with open_runtime() as runtime:
        server = await start_template_server(runtime)
        try:
            workshop = await open_workshop(runtime)
            while (seed := waiting.get()) is not None:
                done.put(await outcome_of_seed(seed, workshop))
        finally:
            await server.stop()


def _fingerprint() -> str:
    """What the seeds pass with: the compiled contracts, the service and the simulation itself."""
    codes = [Artifacts(RELEASE).contract(name).creation for name in CONTRACTS]
    sources = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    return fingerprint([*codes, *(source.read_bytes() for source in sources)])


if __name__ == "__main__":
    sys.exit(main())
