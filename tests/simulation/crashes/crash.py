"""Engine and sender killed at every named step, seed by seed: ``make crash SEEDS=0..999``.

Seeds that passed are kept in a file and not run again, until the contracts, the service or this simulation change.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import multiprocessing
import queue
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import BUILD, ROOT, Artifacts
from scripts.local.anvil import start_anvil
from scripts.local.runtime import open_runtime
from tests.seeds import Kept, fingerprint, seed_range
from tests.simulation.crashes.outcome import Outcome, outcome_of
from tests.simulation.crashes.world import SAFE_BEHIND, open_world
from tests.simulation.workshop import start_template_server

KEPT: Final = ROOT / "build" / "crashes.jsonl"
WORKERS: Final = 2
TELL_EVERY_S: Final = 10.0
CONTRACTS: Final = ("CreditVault", "RepayTrigger", "OracleAdapter")
SOURCES: Final = ("orchestrator", "scripts/processes", "tests/simulation/crashes")


class WorkerLost(CovenantError):
    """A process that ran seeds ended by itself."""


def main(arguments: list[str] | None = None, kept_in: Path = KEPT) -> int:
    """Exit code 0 when all seeds passed, now or before."""
    parser = argparse.ArgumentParser(prog="crash", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=seed_range, help="first..last, both included, or one seed")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes that run seeds ({WORKERS})")
    given = parser.parse_args(arguments)
    try:
        failed = _run(given.seeds, Kept(kept_in, _fingerprint()), max(1, given.workers))
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"{len(given.seeds) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _run(seeds: range, kept: Kept, workers: int) -> int:
    """Runs what has not passed before; how many seeds failed."""
    left = [seed for seed in seeds if seed not in kept.passed]
    print(f"{len(seeds)} seeds, {len(seeds) - len(left)} of which passed before", flush=True)
    failed = kills = 0
    started = told_at = time.monotonic()
    with _outcomes(left, min(workers, len(left))) as outcomes:
        for done, outcome in enumerate(outcomes, start=1):
            kills += outcome.kills
            if outcome.failure is None:
                kept.add(outcome.seed, {"kills": outcome.kills})
            else:
                failed += 1
                print(outcome, flush=True)
            now = time.monotonic()
            if now - told_at > TELL_EVERY_S or done == len(left):
                told_at = now
                rest_s = (now - started) / done * (len(left) - done)
                told = f"{done} of {len(left)} run, {kills} kills, {failed} failed"
                print(f"{told}, about {rest_s / 60:.0f} minutes left", flush=True)
    return failed


@contextmanager
def _outcomes(seeds: Sequence[int], workers: int) -> Iterator[Iterator[Outcome]]:
    """The outcomes of all seeds, as they come from that many processes."""
    context = multiprocessing.get_context("spawn")
    waiting, done = context.Queue(), context.Queue()
    for seed in (*seeds, *(None for _ in range(workers))):
        waiting.put(seed)
    processes = [context.Process(target=_work, args=(waiting, done)) for _ in range(workers)]
    for process in processes:
        process.start()

    def come() -> Iterator[Outcome]:
        left = len(seeds)
        while left:
            try:
                yield done.get(timeout=1)
                left -= 1
            except queue.Empty:
                if any(process.exitcode for process in processes):
                    raise WorkerLost("a process that ran seeds ended by itself", "see what it said above") from None

    try:
        yield come()
    finally:
        if any(process.exitcode for process in processes):
            for process in processes:
                process.terminate()
        for process in processes:
            process.join()


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
