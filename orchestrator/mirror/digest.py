"""One number for all that the mirror says of a chain: equal rows have equal digests, however they came to be."""

from __future__ import annotations

import hashlib

from psycopg import sql
from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.copy import driver_of
from orchestrator.db.models import Block, Cursor, Line, Log, Model, Quarantine
from orchestrator.db.models.registry import table_of
from orchestrator.mirror.rewind import PROJECTED

VOLATILE = frozenset(
    ("seen_at", "quarantined_at", "resolved_at", "updated_at", "epoch", "head_number", "safe_number", "frozen")
)
"""Columns that say when and by whom something was written, or how far others were; not what the chain says."""

_FINALITY = frozenset(("finalized_number", "finalized_hash"))

MODELS: tuple[type[Model], ...] = (Cursor, Block, Log, *PROJECTED, Line, Quarantine)


async def digest(connection: AsyncConnection, chain_id: int, from_block: int) -> str:
    """SHA-256 over all canonical rows of a chain, blocks from ``from_block`` on."""
    by_table = await table_digests(connection, chain_id, from_block)
    return hashlib.sha256("".join(by_table.values()).encode()).hexdigest()


async def table_digests(connection: AsyncConnection, chain_id: int, from_block: int) -> dict[str, str]:
    """SHA-256 over the canonical rows of each mirrored table, in the order of their keys."""
    driver = await driver_of(connection)
    digests: dict[str, str] = {}
    for table in map(table_of, MODELS):
        hasher = hashlib.sha256()
        async with driver.cursor() as cursor, cursor.copy(_rows(table, chain_id, from_block)) as rows:
            async for chunk in rows:
                hasher.update(chunk)
        digests[table.name] = hasher.hexdigest()
    return digests


def _rows(table: Table, chain_id: int, from_block: int) -> sql.Composed:
    columns = [column.name for column in table.columns if column.name not in VOLATILE | _FINALITY]
    where: list[sql.Composable] = [sql.SQL("chain_id = {}").format(chain_id)]
    if "canonical" in table.columns:
        where.append(sql.SQL("canonical"))
    if table.name == Block.__tablename__:
        where.append(sql.SQL("number >= {}").format(from_block))
    return sql.SQL("COPY (SELECT {} FROM {} WHERE {} ORDER BY {}) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(table.name),
        sql.SQL(" AND ").join(where),
        sql.SQL(", ").join(sql.Identifier(column.name) for column in table.primary_key),
    )
