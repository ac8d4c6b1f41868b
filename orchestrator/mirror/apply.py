"""Writing what logs make: all of it at once, or log by log when the database refuses some of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psycopg
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.copy import CopyForm, copy_lines, copy_text
from orchestrator.delivery.positions import newest_position
from orchestrator.mirror.batch import ProjectedLog
from orchestrator.mirror.outbox import OUTBOX_FORM, numbered
from orchestrator.mirror.stored_logs import LOG_FORM
from orchestrator.mirror.written import Piece, Written

REFUSED = (psycopg.DataError, psycopg.IntegrityError)


async def store_logs(connection: AsyncConnection, projected: Iterable[ProjectedLog]) -> None:
    """Keep canonical logs as they are."""
    await copy_lines(connection, LOG_FORM, [item.stored for item in projected])


async def apply_logs(
    connection: AsyncConnection, chain_id: int, projected: Sequence[ProjectedLog]
) -> list[ProjectedLog]:
    """Write the rows and outbox events of logs. Returns those with a fault, their own or the database's.

    The caller's transaction holds the lock on the chain's cursor.
    """
    sound = [item for item in projected if item.fault is None]
    faulty = [item for item in projected if item.fault is not None]
    try:
        async with connection.begin_nested():
            await _write(connection, chain_id, sound)
    except REFUSED:
        for item in sound:
            fault = await _write_alone(connection, chain_id, item)
            if fault is not None:
                faulty.append(item._replace(rows=(), told=None, fault=fault))
    return faulty


async def apply_written(connection: AsyncConnection, chain_id: int, written: Written) -> list[ProjectedLog]:
    """Store the logs of a range with all that they make. Returns those with a fault of their own.

    Raises:
        psycopg.DataError, psycopg.IntegrityError (``REFUSED``): the database refuses some of it.
    """
    for statement in written.statements:
        await copy_text(connection, statement, (piece.rows.get(statement, b"") for piece in written.pieces))
    reached = (await connection.execute(newest_position(chain_id))).scalar_one()
    await copy_text(connection, OUTBOX_FORM.statement, _numbered_pieces(written.pieces, reached))
    return [item for piece in written.pieces for item in piece.faulty]


def _numbered_pieces(pieces: Iterable[Piece], reached: int) -> Iterator[bytes]:
    for piece in pieces:
        yield "".join(numbered(piece.told, reached)).encode()
        reached += len(piece.told)


async def _write_alone(connection: AsyncConnection, chain_id: int, item: ProjectedLog) -> str | None:
    """Write what one log makes; the reason when the database refuses it."""
    try:
        async with connection.begin_nested():
            await _write(connection, chain_id, [item])
    except REFUSED as error:
        return f"{type(error).__name__}: {str(error).splitlines()[0]}"
    return None


async def _write(connection: AsyncConnection, chain_id: int, items: Iterable[ProjectedLog]) -> None:
    lines: dict[CopyForm, list[str]] = {}
    told: list[str] = []
    for item in items:
        for form, text in item.rows:
            lines.setdefault(form, []).append(text)
        if item.told is not None:
            told.append(item.told)
    for form, texts in lines.items():
        await copy_lines(connection, form, texts)
    if told:
        reached = (await connection.execute(newest_position(chain_id))).scalar_one()
        await copy_lines(connection, OUTBOX_FORM, numbered(told, reached))
