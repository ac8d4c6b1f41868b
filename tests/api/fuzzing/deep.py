"""The API asked at random, seed by seed, each on a database of its own: ``make deep-api SEEDS=0..99``.

Seeds that passed are kept in a file and not run again, until the service or these tests change.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
import traceback
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import ROOT
from scripts.local.anvil import start_anvil
from scripts.local.postgres import create_database, url_of
from scripts.local.redis import start_redis
from scripts.local.runtime import Runtime, open_runtime
from tests.api.fuzzing.asking import Asking, document_of
from tests.api.fuzzing.served import served
from tests.api.ground import prepare
from tests.seeds import Kept, fingerprint, seed_range
from tests.simulation.running import WORKERS, run_seeds
from tests.simulation.workshop import TEMPLATE, start_template_server

KEPT: Final = ROOT / "build" / "deep-api.jsonl"
SOURCES: Final = ("api", "orchestrator", "tests/api")
EXAMPLES: Final = 8
WALKS: Final = 8
STEPS: Final = 12


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one seed; as text, with the requests that failed and the command that repeats it."""

    seed: int
    failure: str | None
    seconds: float
    counts: dict[str, int]

    def __str__(self) -> str:
        if self.failure is None:
            return f"seed {self.seed}: passed in {self.seconds:.1f} s"
        again = f"  again: make deep-api SEEDS={self.seed}"
        return f"seed {self.seed}: FAILED after {self.seconds:.1f} s\n{self.failure}\n{again}"


def main(arguments: list[str] | None = None, kept_in: Path = KEPT) -> int:
    """Exit code 0 when all seeds passed, now or before."""
    parser = argparse.ArgumentParser(prog="deep-api", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", type=seed_range, help="first..last, both included, or one seed")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes that run seeds ({WORKERS})")
    given = parser.parse_args(arguments)
    try:
        kept = Kept(kept_in, _fingerprint())
        failed = run_seeds(given.seeds, kept, _work, Outcome, workers=given.workers)
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    totals = sum((Counter(kept.passed[seed]) for seed in given.seeds if seed in kept.passed), Counter[str]())
    print("all told: " + ", ".join(f"{what} {count} times" for what, count in totals.most_common()))
    print(f"{len(given.seeds) - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _work(waiting: Any, done: Any) -> None:
    """One process: seeds come in until there are no more, outcomes go out."""
    logging.disable(logging.CRITICAL)
    with asyncio.Runner() as runner:
        runner.run(_work_off(waiting, done))


async def _work_off(waiting: Any, done: Any) -> None:
    async with open_runtime() as runtime:
        parts = [
            await start_template_server(runtime),
            await start_anvil(runtime, runtime.directory / "anvil.log", safe_behind=1, any_code_size=True),
            await start_redis(runtime, runtime.directory / "redis.log"),
        ]
        try:
            _, anvil, redis = parts
            ground = await prepare(anvil.url)
            while (seed := waiting.get()) is not None:
                url = await _database(runtime, seed)
                done.put(await asyncio.to_thread(_outcome, seed, ground, url, redis.url))
        finally:
            for part in reversed(parts):
                await part.stop()


async def _database(runtime: Runtime, seed: int) -> str:
    name, socket_dir = f"seed_{seed}", runtime.directory / "pg"
    await create_database(socket_dir, name, template=TEMPLATE)
    return url_of(socket_dir, name)


def _outcome(seed: int, ground: Any, database_url: str, redis_url: str) -> Outcome:
    """Whatever goes wrong is in it."""
    started = time.monotonic()
    failure, counts = None, dict[str, int]()
    try:
        with served(ground, database_url, redis_url) as api:
            asking = Asking(api, document_of(api.url), seed, examples=EXAMPLES, walks=WALKS, steps=STEPS)
            asking.ask_each()
            asking.walk()
            counts = dict(asking.counts)
    except BaseException as error:  # a group of failures is no Exception
        failure = "".join(traceback.format_exception(error, limit=-3))
    return Outcome(seed, failure, time.monotonic() - started, counts)


def _fingerprint() -> str:
    """What the seeds pass with: the service, and these tests."""
    sources = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    return fingerprint([*(source.read_bytes() for source in sources), (ROOT / "api/examples.json").read_bytes()])


if __name__ == "__main__":
    sys.exit(main())
