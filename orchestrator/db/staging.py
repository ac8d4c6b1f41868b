"""Many rows at once into a table that may have some: COPY into a temporary table, then one INSERT from there."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import MetaData, Table, select, text
from sqlalchemy.dialects.postgresql import Insert, insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.copy import copy_rows

Rows = Sequence[Mapping[str, Any]]


async def insert_new_rows(session: AsyncSession, table: Table, rows: Rows) -> Collection[uuid.UUID]:
    """Inserts those ``rows`` that violate no unique key, and returns their ids. All have the keys of the first."""
    if not rows:
        return ()
    statement = (await _from_staging(session, table, rows)).on_conflict_do_nothing().returning(table.c.id)
    return set((await session.execute(statement)).scalars())


async def replace_rows(session: AsyncSession, table: Table, rows: Rows) -> None:
    """Inserts ``rows``, or writes them over those with the same primary key. All have the keys of the first."""
    if not rows:
        return
    statement = await _from_staging(session, table, rows)
    keys = list(table.primary_key.columns)
    others = {column.name: statement.excluded[column.name] for column in table.columns if column not in keys}
    await session.execute(statement.on_conflict_do_update(index_elements=keys, set_=others))


async def _from_staging(session: AsyncSession, table: Table, rows: Rows) -> Insert:
    """The temporary table is the connection's, and empty again when the transaction ends."""
    staging = table.to_metadata(MetaData(), name=f"new_{table.name}")
    await session.execute(
        text(
            f"CREATE TEMPORARY TABLE IF NOT EXISTS {staging.name} "
            f"(LIKE {table.name} INCLUDING DEFAULTS) ON COMMIT DELETE ROWS"
        )
    )
    await session.execute(text(f"TRUNCATE {staging.name}"))  # rows that are deleted would be read again by each batch
    await copy_rows(await session.connection(), staging, rows)
    names = list(rows[0])
    return insert(table).from_select(names, select(*(staging.c[name] for name in names)))
