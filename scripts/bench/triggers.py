"""`make bench-triggers`: what one new round costs the engine with many open lines, on a real chain and database.

The chain, the contracts, the mirror and the engine are real; only the lines are written by the thousand into the
mirror's tables instead of being opened one by one. A round is pushed, mirrored, and then evaluated: that is timed,
reading the prices from the node included.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import statistics
import sys
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.lease import acquire_lease
from orchestrator.db.migrate import upgrade
from orchestrator.db.models import Intent, Trigger
from orchestrator.db.session import Sessions, open_engine, sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.commit import Committer
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.follow import Follower, Step
from orchestrator.mirror.start import open_mirror
from orchestrator.mirror.watch import sources_of_book, sources_of_feeds
from orchestrator.triggers.cursor import open_cursor
from orchestrator.triggers.engine import Engine, EnginePolicy, Evaluation
from orchestrator.triggers.telling import EngineAlerts
from scripts.bench.book_of_lines import FALLING, FIRES_AT_PERCENT, Book, write
from scripts.bench.inclusion import measure_inclusion
from scripts.deploy.artifacts import RELEASE, Artifacts
from scripts.deploy.create2 import PROXY, address_of, salt_of
from scripts.local.accounts import Role
from scripts.local.bootstrap import FEED_DECIMALS, FIRST_ANSWER, LocalDeployment, bootstrap
from scripts.local.ground import Given, open_ground
from scripts.local.output import Output
from scripts.local.people import Contracts, Deployed, Person
from scripts.local.rounds import publish

RESULTS: Final = Path("build/bench-triggers.json")
ROUNDS: Final = 40
QUIET_TARGET_MS: Final = 20.0
FIRING_TARGET_MS: Final = 1_000.0
BYTES_PER_KIB: Final = 1_024


@dataclass(frozen=True, slots=True)
class Measured:
    """Of one size of book. Times in milliseconds, of the engine's whole step; memory of this process.

    ``first_evaluation_s``: until no line waits any more.
    """

    lines: int
    first_evaluation_s: float
    quiet_p50_ms: float
    quiet_p95_ms: float
    quiet_max_ms: float
    firing_ms: float
    fired: int
    intents: int
    in_flight_p50_ms: float
    peak_memory_mb: float


@dataclass(slots=True)
class Bench:
    """One chain, one mirror and one engine over them."""

    deployment: LocalDeployment
    database: AsyncEngine
    sessions: Sessions
    contracts: Contracts
    oracle: Person
    rpc: JsonRpc
    reader: ChainReader
    follower: Follower
    engine: Engine

    async def catch_up(self) -> None:
        while await self.follower.step(self.reader) is Step.MOVED:
            pass

    async def round(self, answer: int) -> tuple[Evaluation, float]:
        """Pushes and mirrors a round, and evaluates it. Returns what it came to and how many milliseconds it took."""
        await publish(self.oracle, self.contracts.feed, answer)
        await self.catch_up()
        began = time.perf_counter()
        evaluation = await self.engine.step()
        took_ms = 1_000 * (time.perf_counter() - began)
        assert evaluation is not None, "a new head is evaluated"
        return evaluation, took_ms

    async def look_at_all(self) -> float:
        """Pushes and mirrors a round, and lets the engine look at whatever waits. Returns how many seconds it took."""
        await publish(self.oracle, self.contracts.feed, FIRST_ANSWER)
        await self.catch_up()
        began = time.perf_counter()
        await self.engine.catch_up()
        return time.perf_counter() - began

    async def quiet(self, rounds: int) -> list[float]:
        """Rounds near the first price, in which nothing fires."""
        times = []
        for number in range(rounds):
            evaluation, took_ms = await self.round(FIRST_ANSWER + number % 7 * 10**6)
            assert evaluation.stored == 0, f"{evaluation.stored} fired in a round that should fire none"
            times.append(took_ms)
        return times

    async def stored(self) -> tuple[int, int]:
        """Triggers with an intent, and intents."""
        async with self.sessions() as session:
            carried = select(func.count()).select_from(Trigger).where(Trigger.intent_id.is_not(None))
            return (
                (await session.scalar(carried)) or 0,
                (await session.scalar(select(func.count()).select_from(Intent))) or 0,
            )


@asynccontextmanager
async def open_bench(logs: Path) -> AsyncIterator[Bench]:
    """Everything that `covenant up` would start, but for the processes."""
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / "parts.log").open("w", encoding="utf-8") as log:
        output = Output(log, as_json=False)
        async with open_ground(Given(), migrate=upgrade, logs=logs, output=output) as ground:
            deployment = await bootstrap(ground.rpc_url, ground.runtime.directory / "state")
            database = open_engine(
                ground.database_url.replace("postgresql://", "postgresql+psycopg://"), process="bench"
            )
            rpc = JsonRpc(ground.rpc_url)
            try:
                yield await _bench(deployment, database, rpc)
            finally:
                await rpc.aclose()
                await database.dispose()


async def _bench(deployment: LocalDeployment, database: AsyncEngine, rpc: JsonRpc) -> Bench:
    book, sessions, metrics, reader = deployment.book, sessions_of(database), Metrics(), ChainReader(rpc)
    alerts = Alerts(sessions, metrics)
    lease = await acquire_lease(database, f"mirror:{book.chain_id}", f"bench {uuid.uuid4()}", timedelta(hours=2))
    assert lease is not None, "the database is new"
    wanted = sources_of_book(book) + await sources_of_feeds(reader, book, (await reader.heads()).latest.hash)
    projector = await open_mirror(database, lease, reader, book.chain_id, wanted, load_codecs())
    await open_cursor(sessions, book.chain_id)
    return Bench(
        deployment=deployment,
        database=database,
        sessions=sessions,
        contracts=Contracts.of(book),
        oracle=Person.of(deployment.accounts, Role.ORACLE, rpc, book.chain_id),
        rpc=rpc,
        reader=reader,
        follower=Follower(database, Committer(database, lease, projector), alerts),
        engine=Engine(
            sessions=sessions,
            readers=[reader],
            book=book,
            oracle=load_contract("OracleAdapter"),
            trigger=load_contract("RepayTrigger"),
            alerts=EngineAlerts(alerts, book.chain_id, book.vault.lower()),
            metrics=metrics,
            policy=EnginePolicy(),
        ),
    )


async def measure(bench: Bench, lines: int) -> Measured:
    """Writes the book, lets the engine work all of it out once, and then times rounds."""
    price_e36 = await bench.contracts.oracle.read(bench.rpc, "measuringPrice")
    revenue = await _revenue_feed(bench)
    await bench.catch_up()
    book = bench.deployment.book
    await write(
        bench.database,
        Book(lines, book.chain_id, book.vault, book.trigger, bench.contracts.feed.address, revenue, price_e36),
    )
    first_s = await bench.look_at_all()
    await bench.quiet(5)  # plans and caches as they are in a process that has run for a while
    quiet = await bench.quiet(ROUNDS)
    evaluation, firing_ms = await bench.round(FIRST_ANSWER * FIRES_AT_PERCENT // 100)
    assert evaluation.stored == FALLING, f"{evaluation.stored} fired instead of {FALLING}"
    fired, intents = await bench.stored()
    in_flight = [(await bench.round(FIRST_ANSWER * FIRES_AT_PERCENT // 100 + 1))[1] for _ in range(ROUNDS)]
    return Measured(
        lines=lines,
        first_evaluation_s=round(first_s, 1),
        quiet_p50_ms=round(statistics.median(quiet), 1),
        quiet_p95_ms=round(_p95(quiet), 1),
        quiet_max_ms=round(max(quiet), 1),
        firing_ms=round(firing_ms, 1),
        fired=fired,
        intents=intents,
        in_flight_p50_ms=round(statistics.median(in_flight), 1),
        peak_memory_mb=round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / BYTES_PER_KIB, 0),
    )


async def _revenue_feed(bench: Bench) -> str:
    """A feed of a borrower that has earned nothing yet."""
    creation = (
        Artifacts(RELEASE).contract("LocalFeed").creation_with(bench.oracle.address, FEED_DECIMALS, "revenue, nobody's")
    )
    salt = salt_of("covenant bench")
    await bench.oracle.wallet.send("deploying a feed", PROXY, salt + creation)
    feed = Deployed(load_contract("LocalFeed"), address_of(salt, creation))
    await publish(bench.oracle, feed, 0)
    return feed.address


def _p95(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def show(console: Console, measured: Measured) -> None:
    table = Table(box=None, header_style="bold", pad_edge=False, title=f"{measured.lines:,} open lines")
    for column in ("", "measured", "target"):
        table.add_column(column)
    quiet_target = f"≤ {QUIET_TARGET_MS:g} ms" if measured.lines <= 100_000 else ""
    firing_target = f"≤ {FIRING_TARGET_MS:g} ms" if measured.lines <= 100_000 else ""
    table.add_row("a round that fires none, p50", f"{measured.quiet_p50_ms} ms", quiet_target)
    table.add_row("the same, p95 and longest", f"{measured.quiet_p95_ms} and {measured.quiet_max_ms} ms", "")
    table.add_row(
        f"a round that fires {measured.fired:,}: all stored, in {measured.intents} intents",
        f"{measured.firing_ms} ms",
        firing_target,
    )
    table.add_row("a round while those are on their way, p50", f"{measured.in_flight_p50_ms} ms", "")
    table.add_row("the engine's first look at the whole book", f"{measured.first_evaluation_s} s", "")
    table.add_row("peak memory", f"{measured.peak_memory_mb:g} MB", "")
    console.print(table)


async def run(lines: int, results: Path) -> Measured:
    async with open_bench(results.parent / "bench-triggers-logs") as bench:
        return await measure(bench, lines)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    console = Console(highlight=False)
    found = []
    for lines in arguments.lines:
        found.append(asyncio.run(run(lines, arguments.results)))
        show(console, found[-1])
        _keep(arguments.results, {"books": [asdict(one) for one in found]})
    inclusion = asyncio.run(measure_inclusion(arguments.results.parent / "bench-inclusion-logs"))
    console.print(
        f"from a round to its repayments, blocks every second, {inclusion.repayments} of them: "
        f"p50 {inclusion.blocks_p50:g}, p95 {inclusion.blocks_p95:g}, at most {inclusion.blocks_max} blocks "
        "(target: p95 ≤ 2)"
    )
    _keep(arguments.results, {"books": [asdict(one) for one in found], "inclusion": asdict(inclusion)})
    return 0


def _keep(results: Path, measured: dict[str, object]) -> None:
    results.parent.mkdir(parents=True, exist_ok=True)
    results.write_text(json.dumps(measured, indent=2) + "\n")


if __name__ == "__main__":
    sys.exit(main())
