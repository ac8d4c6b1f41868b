"""Following live: how soon a mined block can be read from the mirror, and how soon a reorg is repaired."""

from __future__ import annotations

import asyncio
import statistics
import time
from random import Random
from typing import Any, Final

import psycopg

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.bench.indexer import Commits
from scripts.bench.load import EVENTS_A_CALL, Load

LIVE_BLOCKS: Final = 200
WARM_UP_BLOCKS: Final = 10
SHORTEST_PAUSE_S: Final = 0.05
LONGEST_PAUSE_S: Final = 0.3
REORG_DEPTH: Final = 60
CALLS_A_REORGED_BLOCK: Final = 9
WITHIN_S: Final = 30.0

_STATES = "SELECT count(*) FROM line_versions WHERE block_number = %s"
_CURSOR = "SELECT hash FROM cursors"
_TAKEN_BACK = "SELECT count(*) FROM outbox_events WHERE reverts IS NOT NULL"


async def measure_latency(rpc: JsonRpc, load: Load, commits: Commits, conninfo: str) -> dict[str, Any]:
    """Milliseconds from asking anvil to mine a block, mining included, until another connection has read its rows.

    Blocks come at random moments, so that no phase of a poll is met more often than another.
    """
    random, waits_ms = Random(1), []
    await rpc.call("evm_setAutomine", [False])
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as reader:
        for done in range(WARM_UP_BLOCKS + LIVE_BLOCKS):
            await asyncio.sleep(random.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S))
            number = integer(await rpc.call("eth_blockNumber")) + 1
            await rpc.batch(load.transactions(1))
            mined_at_s = time.monotonic()
            await rpc.call("evm_mine")
            await commits.reach(number, WITHIN_S)
            [states] = await _one(reader, _STATES, number)
            assert states == 1, f"block {number} shows {states} states of a line"
            if done >= WARM_UP_BLOCKS:
                waits_ms.append((time.monotonic() - mined_at_s) * 1_000)
    await rpc.call("evm_setAutomine", [True])
    cuts = statistics.quantiles(waits_ms, n=100)
    return {"blocks": LIVE_BLOCKS, "p50_ms": cuts[49], "p95_ms": cuts[94], "max_ms": max(waits_ms)}


async def measure_reorg(rpc: JsonRpc, load: Load, commits: Commits, conninfo: str) -> dict[str, Any]:
    """Seconds from a reorg of blocks full of events, into others just as full, until the mirror is at the new head."""
    events = REORG_DEPTH * CALLS_A_REORGED_BLOCK * EVENTS_A_CALL
    lines_and_events = load.lines, load.events
    await rpc.call("evm_setAutomine", [False])
    for _ in range(REORG_DEPTH):
        await rpc.batch([*load.transactions(CALLS_A_REORGED_BLOCK), ("evm_mine", [])])
    head = integer(await rpc.call("eth_blockNumber"))
    await commits.reach(head, WITHIN_S)
    load.lines, load.events = lines_and_events  # the other history opens the same lines anew
    pairs = await _other_history(rpc, load, head - REORG_DEPTH)
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as reader:
        [taken_back_before] = await _one(reader, _TAKEN_BACK)
        await rpc.call("anvil_reorg", [REORG_DEPTH, pairs])
        began_s = time.monotonic()
        new_head = (await rpc.call("eth_getBlockByNumber", ["latest", False]))["hash"]
        while "0x" + (await _one(reader, _CURSOR))[0].hex() != new_head:
            await asyncio.sleep(0.005)
            assert time.monotonic() - began_s < WITHIN_S, "the mirror does not follow the reorg"
        seconds = time.monotonic() - began_s
        [taken_back] = await _one(reader, _TAKEN_BACK)
        states = sum([(await _one(reader, _STATES, n))[0] for n in range(head - REORG_DEPTH + 1, head + 1)])
    await rpc.call("evm_setAutomine", [True])
    assert states * EVENTS_A_CALL == events, f"{states} states instead of {events // EVENTS_A_CALL}"
    return {
        "depth": REORG_DEPTH,
        "events": events,
        "seconds": seconds,
        "events_taken_back": taken_back - taken_back_before,
    }


async def _other_history(rpc: JsonRpc, load: Load, ancestor: int) -> list[Any]:
    """What anvil shall put into the blocks after ``ancestor`` instead: (transaction, place of its block)."""
    transactions = [
        (params[0], place) for place in range(REORG_DEPTH) for _, params in load.transactions(CALLS_A_REORGED_BLOCK)
    ]
    nonce = integer(await rpc.call("eth_getTransactionCount", [load.borrower, quantity(ancestor)]))
    return [[{**call, "nonce": quantity(nonce + n)}, place] for n, (call, place) in enumerate(transactions)]


async def _one(connection: psycopg.AsyncConnection[Any], query: str, *values: object) -> tuple[Any, ...]:
    row: tuple[Any, ...] | None = await (await connection.execute(query, values)).fetchone()
    assert row is not None, query
    return row
