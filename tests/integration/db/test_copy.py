"""COPY: whatever goes in comes out, however it is written on the way."""

from collections.abc import AsyncIterator
from typing import Any

import orjson
import psycopg
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.copy import ROWS_AT_ONCE, copy_rows
from orchestrator.db.models import Log, OutboxEvent, Quarantine
from orchestrator.db.models.registry import table_of
from orchestrator.db.session import open_engine

LOG: dict[str, Any] = {
    "chain_id": 1, "block_number": 2**62, "block_hash": "0x" + "ab" * 32, "log_index": 0, "tx_hash": "0x" + "00" * 32,
    "tx_index": 3, "address": "0x" + "ff" * 20, "topic0": "0x" + "5c" * 32, "topic1": None, "topic2": None,
    "topic3": None, "data": "0x5c6e090a0d00", "canonical": True,
}  # fmt: skip


@pytest.fixture
async def connection(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = open_engine(database_url, process="test")
    async with engine.connect() as connection:
        yield connection
    await engine.dispose()


async def test_bytes_numbers_truth_and_nothing(connection: AsyncConnection) -> None:
    await copy_rows(connection, table_of(Log), [LOG, LOG | {"log_index": 1, "data": "0x", "canonical": False}])
    first, second = (await connection.execute(select(table_of(Log)).order_by(Log.log_index))).mappings()
    assert dict(first) == LOG | {"data": bytes.fromhex("5c6e090a0d00")}
    assert (second["data"], second["canonical"]) == (b"", False)


@pytest.mark.parametrize("words", ["", "a\tb\nc\rd", "\\N", "\\x41\\", "0x12", "None", "Größe · 'quoted' \"twice\""])
async def test_free_text(connection: AsyncConnection, words: str) -> None:
    row = {"chain_id": 1, "block_number": 1, "block_hash": LOG["block_hash"], "log_index": 0, "reason": words}
    await copy_rows(connection, table_of(Quarantine), [row])
    assert await connection.scalar(select(Quarantine.reason)) == words


@pytest.mark.parametrize(
    "payload", [{}, {"words": "a\tb\nc\\d\"e'\\N"}, {"large": str(2**255), "list": [1, None, True]}]
)
async def test_json(connection: AsyncConnection, payload: dict[str, Any]) -> None:
    row = {
        "id": "0" * 32, "position": 1, "chain_id": 1, "vault": None, "line_id": None, "kind": "line.drawn",
        "block_number": 1, "block_hash": LOG["block_hash"], "log_index": 0, "tx_hash": LOG["tx_hash"],
        "payload": orjson.dumps(payload).decode(),
    }  # fmt: skip
    await copy_rows(connection, table_of(OutboxEvent), [row])
    event = (await connection.execute(select(OutboxEvent.payload, OutboxEvent.vault, OutboxEvent.line_id))).one()
    assert tuple(event) == (payload, None, None)


async def test_more_rows_than_are_formatted_at_once(connection: AsyncConnection) -> None:
    rows = [LOG | {"log_index": index} for index in range(2 * ROWS_AT_ONCE + 1)]
    await copy_rows(connection, table_of(Log), rows)
    assert list(await connection.scalars(select(Log.log_index).order_by(Log.log_index))) == list(range(len(rows)))


async def test_a_value_that_does_not_fit_is_refused_and_nothing_is_written(connection: AsyncConnection) -> None:
    with pytest.raises(psycopg.DataError):
        async with connection.begin_nested():
            await copy_rows(connection, table_of(Log), [LOG, LOG | {"log_index": 2**31}])
    assert await connection.scalar(select(Log.log_index)) is None
