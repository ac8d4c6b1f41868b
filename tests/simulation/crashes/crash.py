"""Engine and sender killed at every named step, seed by seed: ``make crash SEEDS=0..999``.

Seeds that passed are kept in a file and not run again, until the contracts, the service or this simulation change.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import BUILD, ROOT, Artifacts
from scripts.local.anvil import start_anvil
from scripts.local.runtime import open_runtime
from tests.seeds import Kept, fingerprint, seed_range
from tests.simulation.crashes.outcome import Outcome, outcome_of
from tests.simulation.crashes.world import SAFE_BEHIND, open_world
from tests.simulation.running import WORKERS, run_seeds
from tests.simulation.workshop import start_template_server

KEPT: Final = ROOT / "build" / "crashes.jsonl"
CONTRACTS: Final = ("CreditVault", "RepayTrigger", "OracleAdapter")
SOURCES: Final = ("orchestrator", "scripts/processes", "tests/simulation/crashes")


def main(arguments: list[str] | None = None, kept_in: Path = KEPT) -> int:
    """Exit code 0 when all seeds passed, now or before."""
    parser = argparse.ArgumentParser(prog="crash", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=seed_range, help="first..last, both included, or one seed")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes that run seeds ({WORKERS})")
    given = parser.parse_args(arguments)
    try:
        kept = Kept(kept_in, _fingerprint())
        failed = len(run_seeds(given.seeds, kept, _work, Outcome, workers=given.workers))
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    kills = sum(kept.passed[seed].get("kills", 0) for seed in given.seeds if seed in kept.passed)
    print(f"all told: {kills} kills")
    print(f"{len(given.seeds) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _work(waiting: Any, done: Any) -> None:
    """One process: seeds come in until there are no more, outcomes go out."""
    logging.disable(logging.CRITICAL)  # the mirror would talk in between
    with asyncio.Runner() as runner:
        runner.run(_work_off(waiting, done))


async def _work_off(waiting: Any, done: Any) -> None:
    async with open_runtime() as runtime:
        server = await start_template_server(runtime)
        log = runtime.directory / "anvil.log"
        anvil = await start_anvil(runtime, log, safe_behind=SAFE_BEHIND, any_code_size=True)
        try:
            world = await open_world(runtime, anvil.url)
            while (seed := waiting.get()) is not None:
                done.put(await outcome_of(seed, world))
        finally:
            await anvil.stop()
            await server.stop()


def _fingerprint() -> str:
    """What the seeds pass with: the compiled contracts, the service and the simulation itself."""
    codes = [Artifacts(BUILD).contract(name).creation for name in CONTRACTS]
    sources = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    return fingerprint([*codes, *(source.read_bytes() for source in sources)])


if __name__ == "__main__":
    sys.exit(main())
