"""How fast the API is (`make bench-api`): the real web process over 50,000 lines and 500,000 events, blocks arriving.

Clients, web process and PostgreSQL share the machine's cores.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from typing import Annotated, Any, Final

import psutil
import psycopg
import typer
from rich.console import Console
from rich.table import Table

from api.paging import encode_cursor
from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db import migrate
from scripts.bench.api_data import furnish
from scripts.bench.api_load import Client, Latencies, Paths, Size, closed_loop, open_loop
from scripts.local.anvil import start_anvil
from scripts.local.bootstrap import bootstrap
from scripts.local.output import Output
from scripts.local.postgres import DATABASE, conninfo, start_postgres
from scripts.local.redis import start_redis
from scripts.local.runtime import open_runtime

RESULTS: Final = Path("build/bench-api.json")
HOST: Final = "127.0.0.1"
RATE: Final = 100.0
CLIENTS: Final = 50
COMPARING_CLIENTS: Final = 16
PAGE: Final = 50

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Served:
    """A web server that runs."""

    port: int
    process: psutil.Process

    def cpu_s(self) -> float:
        times = self.process.cpu_times()
        return float(times.user + times.system)


def main(
    lines: Annotated[int, typer.Option(min=1_000)] = 50_000,
    events: Annotated[int, typer.Option(min=1_000)] = 500_000,
    seconds: Annotated[float, typer.Option(min=1.0, help="of each run")] = 15.0,
    block_every_s: Annotated[float, typer.Option(min=0.1, help="how long a block lasts")] = 12.0,
) -> None:
    """Measure, print a table, and write the figures to build/bench-api.json."""
    figures = asyncio.run(_measure(Size(lines, events), seconds, block_every_s))
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    if not _print(figures):
        sys.exit(1)


async def _measure(size: Size, seconds: float, block_every_s: float) -> Figures:
    output = Output(sys.stdout, as_json=False)
    with tempfile.TemporaryDirectory(prefix="covenant-bench-", ignore_cleanup_errors=True) as home:
        logs = Path(home)
        async with open_runtime() as runtime:
            postgres = await start_postgres(runtime, runtime.directory / "postgres", logs / "postgres.log", keep=True)
            redis = await start_redis(runtime, logs / "redis.log")
            anvil = await start_anvil(runtime, logs / "anvil.log")
            try:
                await asyncio.to_thread(migrate.upgrade, postgres.url)
                local = await bootstrap(anvil.url, logs)
                libpq = conninfo(runtime.directory / "pg", DATABASE)
                output.say(f"making {size.lines:,} lines and {size.events:,} events")
                async with aclosing(JsonRpc(anvil.url)) as rpc:
                    head = await rpc.call("eth_getBlockByNumber", ["latest", False])
                    await asyncio.to_thread(
                        furnish, libpq, local.book, size.lines, head["hash"], integer(head["timestamp"]), size
                    )
                    env = {
                        **{name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
                        "DATABASE_URL": postgres.url,
                        "REDIS_URL": redis.url,
                        "RPC_URL": anvil.url,
                        "COVENANT_CHAIN_ID": str(local.book.chain_id),
                        "COVENANT_BOOK": str(local.book_path),
                        "COVENANT_API_PORT": "0",
                        "COVENANT_REQUESTS_PER_MINUTE": "1000000000",
                        "COVENANT_LOG_LEVEL": "info",
                    }
                    with _web(env, logs / "web.log") as web:
                        async with _blocks_arriving(rpc, libpq, local.book.chain_id, block_every_s):
                            runs = await _runs(web, env, size, seconds, logs, output)
                            return {**runs, "block_every_s": block_every_s}
            finally:
                for part in (anvil, redis, postgres):
                    part.child.kill()
                    await part.child.wait()


async def _runs(web: Served, env: dict[str, str], size: Size, seconds: float, logs: Path, output: Output) -> Figures:
    port = web.port
    mixed = _mix(size, random.Random(1))
    output.say("reading every line once")
    first_reading = await _read_all(port, size)
    await closed_loop(HOST, port, mixed, 4, 2.0)
    output.say(f"{RATE:g} requests a second, open loop")
    at_rate = await open_loop(HOST, port, mixed, RATE, seconds)
    output.say(f"{CLIENTS} clients, as fast as they are answered")
    saturated = await closed_loop(HOST, port, mixed, CLIENTS, seconds)
    figures: Figures = {
        "machine": {"cores": len(os.sched_getaffinity(0)), "system": platform.platform(), "python": sys.version},
        "size": {"lines": size.lines, "events": size.events},
        "first_reading": first_reading.figures(),
        "at_rate": at_rate.figures(),
        "saturated": saturated.figures(),
    }
    figures |= await _first_and_last(port, size, output)
    output.say("all lines, added up")
    for name in ("portfolio", "reserves"):
        figures[name] = (await closed_loop(HOST, port, cycle((f"/v1/{name}",)).__next__, 4, seconds / 3)).figures()
    documents = {"line": json.loads(await _get(port, "/v1/lines/1")), "page": json.loads(await _get(port, _page(0)))}
    (logs / "documents.json").write_text(json.dumps(documents), encoding="utf-8")
    with _bare(env, logs) as bare:
        output.say("against the bare endpoint")
        draw = random.Random(2)
        pairs = {
            "line": (
                lambda: f"/v1/lines/{draw.randint(1, size.lines)}",
                lambda: f"/line/{draw.randint(1, size.lines)}",
            ),
            "page": (
                lambda: _page(draw.randint(0, size.lines - PAGE - 1)),
                lambda: f"/page?after={draw.randint(0, size.lines - PAGE - 1)}&limit={PAGE}",
            ),
        }
        for name, (ours, theirs) in pairs.items():
            figures[f"{name}_against_bare"] = await _against(web, ours, bare, theirs, seconds / 2)
    figures["web_memory_mb"] = round(web.process.memory_info().rss / 1e6, 1)
    return figures


async def _against(web: Served, ours: Paths, bare: Served, theirs: Paths, seconds: float) -> Figures:
    """Turn by turn, so that what else the machine does meets both. CPU time is each server's own."""
    found: dict[str, Figures] = {}
    for name, served, paths in (("ours", web, ours), ("bare", bare, theirs)):
        await closed_loop(HOST, served.port, paths, COMPARING_CLIENTS, 0.5)
        found[name] = {"requests": 0, "elapsed_s": 0.0, "cpu_s": 0.0}
    for _ in range(3):
        for name, served, paths in (("ours", web, ours), ("bare", bare, theirs)):
            before = served.cpu_s()
            run = await closed_loop(HOST, served.port, paths, COMPARING_CLIENTS, seconds / 3)
            found[name]["requests"] += len(run.seconds)
            found[name]["elapsed_s"] += run.elapsed_s
            found[name]["cpu_s"] += served.cpu_s() - before
    mine, other = ({**of, "per_second": of["requests"] / of["elapsed_s"]} for of in found.values())
    return {
        "per_second": round(mine["per_second"], 1),
        "bare_per_second": round(other["per_second"], 1),
        "share": round(mine["per_second"] / other["per_second"], 3),
        "cpu_ms": round(mine["cpu_s"] / mine["requests"] * 1000, 3),
        "bare_cpu_ms": round(other["cpu_s"] / other["requests"] * 1000, 3),
    }


async def _read_all(port: int, size: Size) -> Latencies:
    """Every page of lines once. What follows finds what stays of a line written, as in a process that runs for long."""
    client, seconds, began = Client(HOST, port), [], time.perf_counter()
    for after in range(0, size.lines, PAGE):
        asked = time.perf_counter()
        await client.get(_page(after))
        seconds.append(time.perf_counter() - asked)
    client.close()
    return Latencies(sorted(seconds), time.perf_counter() - began)


async def _first_and_last(port: int, size: Size, output: Output) -> Figures:
    """Pages at the beginning and at the end of each list, one after the other."""
    output.say("the first pages against the last ones")
    asked = {
        "first_pages_by_id": _page(0),
        "last_pages_by_id": _page(size.lines - 2 * PAGE),
        "first_pages_of_events": f"/v1/events?after=0&limit={PAGE}",
        "last_pages_of_events": f"/v1/events?after={size.events - 2 * PAGE}&limit={PAGE}",
    }
    runs = {name: await closed_loop(HOST, port, cycle((path,)).__next__, 1, 3.0) for name, path in asked.items()}
    return {name: run.figures() for name, run in runs.items()}


def _mix(size: Size, draw: random.Random) -> Paths:
    def path() -> str:
        line_id = draw.randint(1, size.lines)
        match draw.randrange(20):
            case 0 | 1 | 2:
                return f"/v1/lines/{line_id}/schedule"
            case 3 | 4 | 5:
                return f"/v1/events?after={draw.randint(0, size.events - PAGE)}&limit={PAGE}"
            case 6 | 7 | 8 | 9 | 10 | 11:
                return _page(draw.randint(0, size.lines - PAGE - 1))
            case _:
                return f"/v1/lines/{line_id}"

    return path


def _page(after: int) -> str:
    return f"/v1/lines?limit={PAGE}&cursor={encode_cursor('id', after)}"


async def _get(port: int, path: str) -> bytes:
    client = Client(HOST, port)
    try:
        return await client.get(path)
    finally:
        client.close()


@asynccontextmanager
async def _blocks_arriving(rpc: JsonRpc, libpq: str, chain_id: int, block_every_s: float) -> AsyncIterator[None]:
    """A new block, and the mirror's cursor with it: what is kept for a block is thrown away."""

    async def arrive() -> None:
        async with await psycopg.AsyncConnection.connect(libpq, autocommit=True) as connection:
            while True:
                await asyncio.sleep(block_every_s)
                await rpc.call("evm_mine")
                head = await rpc.call("eth_getBlockByNumber", ["latest", False])
                await connection.execute(
                    "UPDATE cursors SET hash = %s, timestamp = %s, number = number + 1, head_number = number + 1,"
                    " updated_at = clock_timestamp(), safe_number = number - 31, finalized_number = number - 63"
                    " WHERE chain_id = %s",
                    (bytes.fromhex(head["hash"][2:]), integer(head["timestamp"]), chain_id),
                )

    arriving = asyncio.create_task(arrive())
    try:
        yield
    finally:
        arriving.cancel()
        await asyncio.gather(arriving, return_exceptions=True)


@contextmanager
def _web(env: dict[str, str], log: Path) -> Iterator[Served]:
    """The web process; its port, from its own log."""
    with log.open("w", encoding="utf-8") as file, _process(env, file, "scripts.processes.web") as process:
        yield Served(_port_in(log, '"message": "listening on http://127.0.0.1:'), process)


@contextmanager
def _bare(env: dict[str, str], logs: Path) -> Iterator[Served]:
    port_file = logs / "bare.port"
    arguments = (str(logs / "documents.json"), str(port_file))
    with (
        (logs / "bare.log").open("w", encoding="utf-8") as file,
        _process(env, file, "scripts.bench.api_bare", *arguments) as process,
    ):
        yield Served(_port_in(port_file, ""), process)


@contextmanager
def _process(env: dict[str, str], log: Any, module: str, *arguments: str) -> Iterator[psutil.Process]:
    process = subprocess.Popen([sys.executable, "-m", module, *arguments], env=env, stdout=log, stderr=log)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=20)


def _port_in(file: Path, before: str) -> int:
    """Once it is written, after ``before``."""
    for _ in range(600):
        text = file.read_text(encoding="utf-8") if file.exists() else ""
        digits = text.partition(before)[2] if before else text
        if digits:
            return int("".join(char for char in digits[:6] if char.isdigit()))
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens: {file.read_text(encoding='utf-8')[-2000:]}")


def _print(figures: Figures) -> bool:
    """Whether every limit is kept."""
    first, last = figures["first_pages_by_id"]["p50_ms"], figures["last_pages_by_id"]["p50_ms"]
    at_rate, saturated = figures["at_rate"]["p95_ms"], figures["saturated"]["p95_ms"]
    line, page = figures["line_against_bare"]["share"], figures["page_against_bare"]["share"]
    goals = [
        (f"p95 at {RATE:g} requests a second, ms", at_rate, "< 50", at_rate < 50),
        (f"p95 of {CLIENTS} clients, ms", saturated, "< 300", saturated < 300),
        ("one line, share of the bare endpoint", line, "≥ 0.5", line >= 0.5),
        ("a page, share of the bare endpoint", page, "≥ 0.5", page >= 0.5),
        ("last pages against first ones", round(last / first, 2), "≤ 1.5", last <= 1.5 * first),
    ]
    shown = [("pages a second, each line read the first time", figures["first_reading"]["per_second"])]
    shown += [(f"p95 of /v1/{name}, ms", figures[name]["p95_ms"]) for name in ("portfolio", "reserves")]
    shown += [("memory of the web process, MB", figures["web_memory_mb"])]
    table = Table("figure", "value", "limit", box=None, pad_edge=False)
    for name, value, limit, met in goals:
        table.add_row(name, f"[{'green' if met else 'red'}]{value:g}[/]", limit)
    for name, value in shown:
        table.add_row(name, f"{value:g}", "")
    console = Console(highlight=False)
    console.print(table)
    console.print(f"saturated: {figures['saturated']['per_second']:g} requests a second; written to {RESULTS}")
    return all(met for *_, met in goals)


if __name__ == "__main__":
    typer.run(main)
