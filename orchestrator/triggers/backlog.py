"""Lines that changed, more of them than one step takes, and wait for their candidates to be worked out anew.

As after the first start over a large book. They are rows, so a step takes some of them, and whoever comes after a crash
finds the rest.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, exists, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.arrays import among
from orchestrator.db.models import WaitingLine


@dataclass(frozen=True, slots=True)
class Backlog:
    """Of one vault. Nothing here commits."""

    chain_id: int
    vault: str

    async def put(self, session: AsyncSession, line_ids: Select[int]) -> None:
        """Adds the lines that a statement finds; those that wait already wait once."""
        found = line_ids.subquery()
        rows = select(literal(self.chain_id), literal(self.vault, WaitingLine.vault.type), *found.c)
        columns = ["chain_id", "vault", "line_id"]
        await session.execute(insert(WaitingLine).from_select(columns, rows).on_conflict_do_nothing())

    async def first(self, session: AsyncSession, count: int) -> Sequence[int]:
        """The smallest ids of lines that wait, ``count`` of them at most, in ascending order."""
        statement = select(WaitingLine.line_id).where(*self._ours()).order_by(WaitingLine.line_id).limit(count)
        return (await session.scalars(statement)).all()

    async def take(self, session: AsyncSession, line_ids: Collection[int]) -> None:
        """Removes lines whose candidates are worked out in this transaction."""
        if line_ids:
            await session.execute(delete(WaitingLine).where(*self._ours(), among(WaitingLine.line_id, line_ids)))

    async def count(self, session: AsyncSession) -> int:
        """How many lines wait. It reads all of them."""
        return (await session.scalar(select(func.count()).select_from(WaitingLine).where(*self._ours()))) or 0

    async def waits(self, session: AsyncSession) -> bool:
        """Whether any line does."""
        return bool(await session.scalar(select(self.any_waits())))

    def any_waits(self) -> ColumnElement[bool]:
        """The same as a condition of another statement."""
        return exists().where(*self._ours())

    def _ours(self) -> tuple[Any, Any]:
        return (WaitingLine.chain_id == self.chain_id, WaitingLine.vault == self.vault)
