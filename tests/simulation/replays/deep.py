"""Whole files of rounds over books of 200 lines, against brute force: ``make deep-replays``.

Chapters that passed are kept in a file and not played again, until the contracts, the service or the replay change.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.deploy.artifacts import BUILD, ROOT, Artifacts
from scripts.local.anvil import start_anvil
from scripts.local.postgres import create_database, url_of
from scripts.local.runtime import Runtime, open_runtime
from tests.integration.triggers.conftest import deploy
from tests.integration.triggers.ground import SAFE_BEHIND, open_service
from tests.seeds import Kept, fingerprint
from tests.simulation.replays.chapters import Chapter, chapters_of
from tests.simulation.replays.replay import Played, open_book, replay
from tests.simulation.replays.rounds import chainlink, generated, march_2020
from tests.simulation.running import WORKERS, run_seeds
from tests.simulation.workshop import TEMPLATE, start_template_server

LINES: Final = 200
SEED: Final = 7
KEPT: Final = ROOT / "build" / "replays.jsonl"
CONTRACTS: Final = ("CreditVault", "RepayTrigger", "OracleAdapter")
SOURCES: Final = ("orchestrator", "tests/simulation/replays")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of one chapter; ``seed`` is its number. ``failure`` is None when all fired that should, and nothing else."""

    seed: int
    chapter: str
    failure: str | None
    seconds: float
    counts: dict[str, int]

    def __str__(self) -> str:
        if self.failure is None:
            return f"{self.chapter}: passed in {self.seconds:.0f} s"
        return f"{self.chapter}: FAILED after {self.seconds:.0f} s\n{self.failure}"


def main(arguments: list[str] | None = None, kept_in: Path = KEPT) -> int:
    """Exit code 0 when all chapters passed, now or before."""
    parser = argparse.ArgumentParser(prog="deep-replays", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=LINES, help=f"in each book ({LINES})")
    parser.add_argument("--rounds", type=int, help="of each file, at most")
    parser.add_argument("--workers", type=int, default=WORKERS, help=f"processes that play chapters ({WORKERS})")
    given = parser.parse_args(arguments)
    chapters = _chapters(given.rounds)
    try:
        kept = Kept(kept_in, _passed_with(given.lines, chapters))
        numbers = range(len(chapters))
        work = partial(_work, given.lines, given.rounds)
        failed = len(run_seeds(numbers, kept, work, Outcome, workers=given.workers))
    except CovenantError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    counts: Counter[str] = sum((Counter(kept.passed[number]) for number in numbers if number in kept.passed), Counter())
    print("all told: " + ", ".join(f"{count} {what}" for what, count in counts.items()))
    print(f"{len(chapters) - failed} passed, {failed} failed")
    return 1 if failed else 0


def _chapters(at_most: int | None) -> Sequence[Chapter]:
    """Of the files that are there."""
    files = {"generated": generated(SEED), "Chainlink's ETH/USD": chainlink(), "March 2020": march_2020()}
    return chapters_of({name: rounds for name, rounds in files.items() if rounds is not None}, at_most)


def _passed_with(lines: int, chapters: Sequence[Chapter]) -> str:
    """The compiled contracts, the service, the replay itself, and what is replayed."""
    codes = [Artifacts(BUILD).contract(name).creation for name in CONTRACTS]
    sources = sorted(path for folder in SOURCES for path in (ROOT / folder).rglob("*.py"))
    return fingerprint([*codes, *(source.read_bytes() for source in sources), repr((lines, chapters)).encode()])


def _work(lines: int, at_most: int | None, waiting: Any, done: Any) -> None:
    """One process: numbers of chapters come in until there are no more, outcomes go out."""
    logging.disable(logging.CRITICAL)
    with asyncio.Runner() as runner:
        runner.run(_work_off(_chapters(at_most), lines, waiting, done))


async def _work_off(chapters: Sequence[Chapter], lines: int, waiting: Any, done: Any) -> None:
    async with open_runtime() as runtime:
        server = await start_template_server(runtime)
        try:
            while (number := waiting.get()) is not None:
                done.put(await _outcome(runtime, number, chapters[number], lines))
        finally:
            await server.stop()


async def _outcome(runtime: Runtime, number: int, chapter: Chapter, lines: int) -> Outcome:
    """Whatever goes wrong is in it."""
    started, counts, failure = time.monotonic(), dict[str, int](), None
    try:
        played = await _play(runtime, number, chapter, lines)
        counts = {"rounds": played.rounds, "blocks compared": played.compared, "firings": played.fired, **played.kinds}
    except (Exception, ExceptionGroup) as error:
        failure = "".join(traceback.format_exception(error))
    return Outcome(number, str(chapter), failure, time.monotonic() - started, counts)


async def _play(runtime: Runtime, number: int, chapter: Chapter, lines: int) -> Played:
    """On a chain and a database of its own."""
    log = runtime.directory / f"anvil-{number}.log"
    anvil = await start_anvil(runtime, log, safe_behind=SAFE_BEHIND, any_code_size=True, long=True)
    try:
        chain = await deploy(anvil.url)
        name = f"replay_{number}"
        await create_database(runtime.directory / "pg", name, template=TEMPLATE)
        async with open_service(url_of(runtime.directory / "pg", name), anvil.url, chain.addresses) as service:
            book = await open_book(service, lines, Random(SEED + number), chapter.first_answer)
            return await replay(service, book, chapter.rounds)
    finally:
        await anvil.stop()


if __name__ == "__main__":
    sys.exit(main())
