"""What the API is measured against: the same rows and the same bytes, by a bare FastAPI endpoint over a psycopg pool.

It knows no rules and no snapshots. It asks the database for the rows that the API asks for, and writes JSON that the
API wrote before, so it costs what the database, JSON and HTTP cost.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import orjson
import psycopg
import uvicorn
from fastapi import FastAPI, Response
from psycopg_pool import AsyncConnectionPool
from uvicorn.loops.auto import auto_loop_factory

from orchestrator.chain.book import AddressBook
from scripts.processes.web import listening

POOL_SIZE = 10
_ROWS = """
    SELECT line.*, market.loan_token, market.collateral_token, market.oracle, note.to_address
    FROM (
        SELECT * FROM lines WHERE chain_id = %s AND vault = %s AND line_id > %s ORDER BY line_id LIMIT %s
    ) AS line
    JOIN markets AS market USING (chain_id, vault, market_id)
    LEFT JOIN LATERAL (
        SELECT to_address FROM note_transfers AS moved
        WHERE moved.chain_id = line.chain_id AND moved.nft = %s AND moved.line_id = line.line_id
        ORDER BY block_number DESC, log_index DESC LIMIT 1
    ) AS note ON true
    """


def bare_app(pool: AsyncConnectionPool, book: AddressBook, documents: dict[str, Any]) -> FastAPI:
    """``documents``: what the API answered for one line and for one page."""
    app = FastAPI(openapi_url=None)
    vault, nft = bytes.fromhex(book.vault[2:]), bytes.fromhex(book.nft[2:])

    async def rows(after: int, limit: int) -> list[tuple[Any, ...]]:
        async with pool.connection() as connection:
            cursor: psycopg.AsyncCursor[Any] = await connection.execute(
                _ROWS, (book.chain_id, vault, after, limit, nft)
            )
            return await cursor.fetchall()

    @app.get("/line/{line_id}")
    async def line(line_id: int) -> Response:
        await rows(line_id - 1, 1)
        return Response(orjson.dumps(documents["line"]), media_type="application/json")

    @app.get("/page")
    async def page(after: int, limit: int) -> Response:
        await rows(after, limit + 1)
        return Response(orjson.dumps(documents["page"]), media_type="application/json")

    return app


async def run(database_url: str, book: AddressBook, documents: Path, port_file: Path) -> None:
    pool = AsyncConnectionPool(
        database_url.replace("+psycopg", ""), min_size=1, max_size=POOL_SIZE, open=False, kwargs={"autocommit": True}
    )
    await pool.open()
    app = bare_app(pool, book, json.loads(documents.read_text(encoding="utf-8")))
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, lifespan="off")
    with listening("127.0.0.1", 0) as listener:
        port_file.write_text(str(listener.getsockname()[1]), encoding="utf-8")
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    address_book = AddressBook.load(Path(os.environ["COVENANT_BOOK"]))
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        runner.run(run(os.environ["DATABASE_URL"], address_book, Path(sys.argv[1]), Path(sys.argv[2])))
