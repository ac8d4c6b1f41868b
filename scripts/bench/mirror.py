"""How fast the mirror is (`make bench-mirror`): the real indexer process, with anvil and PostgreSQL on its cores."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.chain.book import AddressBook
from orchestrator.db import migrate
from scripts.bench.chain import BenchChain, open_chain
from scripts.bench.indexer import Indexer, cpu_seconds, running_indexer
from scripts.bench.load import EVENTS_A_BLOCK
from scripts.bench.mirror_floor import measure_floor
from scripts.bench.mirror_live import LIVE_BLOCKS, REORG_DEPTH, measure_latency, measure_reorg
from scripts.local.output import Output
from scripts.local.part import Part
from scripts.local.postgres import DATABASE, conninfo, start_postgres
from scripts.local.runtime import Runtime, open_runtime

RESULTS: Final = Path("build/bench-mirror.json")
EVENTS: Final = 60_000
WINDOW_EVENTS: Final = 60_000
BACKFILL_WITHIN_S: Final = 1_800.0


@dataclass(frozen=True, slots=True)
class Goal:
    """A figure with its limit, in the table's words."""

    name: str
    value: float | None
    limit: str
    met: bool

    def cells(self) -> tuple[str, str, str]:
        shown = "not measured" if self.value is None else f"{self.value:,.2f}".rstrip("0").rstrip(".")
        return self.name, f"[{'green' if self.met else 'red'}]{shown}[/]", self.limit


def main(events: Annotated[int, typer.Option(help="Events of the vault to be mirrored.", min=600)] = EVENTS) -> None:
    """Measure, print a table, and keep the figures in build/bench-mirror.json under the number of events."""
    figures = asyncio.run(_measure(events))
    kept: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    kept[str(events)] = figures
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    _print(events, figures, kept.get(str(EVENTS)))


async def _measure(events: int) -> dict[str, Any]:
    output = Output(sys.stdout, as_json=False)
    with tempfile.TemporaryDirectory(prefix="covenant-bench-", ignore_cleanup_errors=True) as home:
        logs = Path(home)
        async with open_runtime() as runtime, open_chain(runtime, logs, -(-events // EVENTS_A_BLOCK), output) as chain:
            data = runtime.directory / "postgres"
            database = await start_postgres(runtime, data, logs / "postgres.log", keep=True)
            try:
                await asyncio.to_thread(migrate.upgrade, database.url)
                return await _run(runtime, chain, database, logs, output)
            finally:
                database.child.kill()
                await database.child.wait()


async def _run(runtime: Runtime, chain: BenchChain, database: Part, logs: Path, output: Output) -> dict[str, Any]:
    book = AddressBook.load(chain.book_path)
    addresses = [book.vault, book.nft, book.trigger, *(feed.address for feed in book.feeds.values())]
    finalized = await chain.finalized()
    libpq = conninfo(runtime.directory / "pg", DATABASE)
    output.say("measuring the floor")
    floor_s, floor_logs = await measure_floor(chain.rpc, libpq, addresses, finalized)
    env = {
        "DATABASE_URL": database.url,
        "RPC_URL": chain.url,
        "RPC_WS_URL": chain.ws_url,
        "COVENANT_CHAIN_ID": str(book.chain_id),
        "COVENANT_BOOK": str(chain.book_path),
    }
    output.say("measuring the backfill")
    others = {"postgres_cpu_s": database.child.pid, "anvil_cpu_s": chain.pid}
    spent = {name: -cpu_seconds(pid) for name, pid in others.items()}
    async with running_indexer(runtime, env, libpq, logs / "indexer.log") as indexer:
        last = await indexer.commits.reach(finalized, BACKFILL_WITHIN_S)
        backfill = _backfill_figures(chain.events, indexer, last.seen_at_s, floor_s, floor_logs)
        backfill |= {name: spent[name] + cpu_seconds(pid) for name, pid in others.items()}
        backfill["peak_memory_mb"] = indexer.memory.peak_mb
        await indexer.commits.reach(await chain.head(), BACKFILL_WITHIN_S)
        load = await chain.more_load()
        output.say(f"measuring {LIVE_BLOCKS} live blocks")
        latency = await measure_latency(chain.rpc, load, indexer.commits, libpq)
        output.say(f"measuring a reorg of {REORG_DEPTH} blocks")
        reorg = await measure_reorg(chain.rpc, load, indexer.commits, libpq)
        return {
            "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "python": sys.version},
            "backfill": backfill,
            "latency": latency,
            "reorg": reorg,
            "peak_memory_mb": indexer.memory.peak_mb,
        }


def _backfill_figures(events: int, indexer: Indexer, ended_at_s: float, floor_s: float, logs: int) -> dict[str, Any]:
    seconds = ended_at_s - indexer.ready_at_s
    windows = list(_windows(indexer, ended_at_s))
    return {
        "events": events,
        "logs": logs,
        "seconds": seconds,
        "seconds_with_process_start": ended_at_s - indexer.spawned_at_s,
        "events_per_s": events / seconds,
        "indexer_cpu_s": indexer.cpu_seconds(),
        "floor_s": floor_s,
        "times_the_floor": seconds / floor_s,
        "commits": len(indexer.commits.seen),
        "window_events": WINDOW_EVENTS,
        "window_events_per_s": windows,
    }


def _windows(indexer: Indexer, ended_at_s: float) -> Iterator[float]:
    """Events a second in each stretch of about ``WINDOW_EVENTS`` events."""
    at_s, at_block = indexer.ready_at_s, 0
    for commit in indexer.commits.seen:
        events = (commit.block_number - at_block) * EVENTS_A_BLOCK
        if events >= WINDOW_EVENTS or commit.seen_at_s == ended_at_s:
            yield events / (commit.seen_at_s - at_s)
            at_s, at_block = commit.seen_at_s, commit.block_number


def _print(events: int, figures: dict[str, Any], base: dict[str, Any] | None) -> None:
    backfill, latency, reorg = figures["backfill"], figures["latency"], figures["reorg"]
    memory = figures["peak_memory_mb"]
    repaired = f"reorg of {reorg['depth']} blocks, {reorg['events']:,} events, s"
    goals = [
        Goal("events a second", backfill["events_per_s"], "≥ 30,000", backfill["events_per_s"] >= 30_000),
        Goal("times the floor", backfill["times_the_floor"], "≤ 3.5", backfill["times_the_floor"] <= 3.5),
        Goal("peak memory, MB", memory, "< 200", memory is not None and memory < 200),
        Goal("mined → visible, p50, ms", latency["p50_ms"], "", True),
        Goal("mined → visible, p95, ms", latency["p95_ms"], "≤ 75", latency["p95_ms"] <= 75),
        Goal(repaired, reorg["seconds"], "< 1", reorg["seconds"] < 1),
    ]
    if events > EVENTS and base is not None:
        growth = base["backfill"]["events_per_s"] / backfill["events_per_s"] - 1
        goals.append(Goal(f"cost of an event against {EVENTS:,} events, %", growth * 100, "≤ +25", growth <= 0.25))
    title = f"{events:,} events of the vault, {backfill['logs']:,} logs, floor {backfill['floor_s']:.2f} s"
    table = Table(title=title, title_justify="left")
    table.add_column("what")
    table.add_column("measured", justify="right")
    table.add_column("goal", justify="right")
    for goal in goals:
        table.add_row(*goal.cells())
    console = Console()
    console.print(table)
    console.print(f"the figures are in {RESULTS}")


if __name__ == "__main__":
    typer.run(main)
