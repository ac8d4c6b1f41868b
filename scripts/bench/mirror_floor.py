"""The floor: what it costs to have the same logs in the same database at all, undecoded, unchecked, without indexes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

import psycopg

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc

BLOCKS_AT_ONCE: Final = 200

_TABLE = """
    CREATE TABLE bench_floor (
        block_number bigint, block_hash bytea, log_index integer, tx_hash bytea, tx_index integer, address bytea,
        topics bytea[], data bytea
    )
"""
_COPY = "COPY bench_floor FROM STDIN"


async def measure_floor(rpc: JsonRpc, conninfo: str, addresses: Sequence[str], last: int) -> tuple[float, int]:
    """Seconds for download, JSON and COPY of the logs of ``addresses`` up to block ``last``; and how many logs."""
    async with await psycopg.AsyncConnection.connect(conninfo) as connection:
        await connection.execute(_TABLE)
        await connection.commit()
        began, logs = time.monotonic(), 0
        for first in range(0, last + 1, BLOCKS_AT_ONCE):
            to = min(first + BLOCKS_AT_ONCE - 1, last)
            place = {"fromBlock": quantity(first), "toBlock": quantity(to), "address": list(addresses)}
            answer = await rpc.call("eth_getLogs", [place])
            async with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                await copy.write("".join(map(_line, answer)))
            logs += len(answer)
        await connection.commit()
        seconds = time.monotonic() - began
        await connection.execute("DROP TABLE bench_floor")
    return seconds, logs


def _line(log: dict[str, Any]) -> str:
    """A row in COPY's text form."""
    topics = ",".join(f'"\\\\\\\\x{topic[2:]}"' for topic in log["topics"])
    return (
        f"{integer(log['blockNumber'])}\t\\\\x{log['blockHash'][2:]}\t{integer(log['logIndex'])}\t"
        f"\\\\x{log['transactionHash'][2:]}\t{integer(log['transactionIndex'])}\t\\\\x{log['address'][2:]}\t"
        f"{{{topics}}}\t\\\\x{log['data'][2:]}\n"
    )
