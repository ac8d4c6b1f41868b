"""Whoever asked for an intent learns what becomes of it, in the same database transaction that records it."""

from __future__ import annotations

import uuid
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.transactions.errors import TransactionError
from orchestrator.transactions.intents import Call
from orchestrator.transactions.node import Node, Receipt


class Outcomes(Protocol):
    """Each method may be called again with the same facts after a crash, and must then change nothing."""

    async def explain(self, intent_id: uuid.UUID, error: TransactionError, node: Node, sender: str) -> TransactionError:
        """A better reason than ``error`` for a simulated revert, if there is one. Called outside of a transaction."""
        ...

    async def worth_wei(self, session: AsyncSession, intent_id: uuid.UUID) -> int | None:
        """What its success would bring us, in the currency of gas; None when nobody can say."""
        ...

    async def split(self, session: AsyncSession, intent_id: uuid.UUID, call: Call) -> int:
        """Queues smaller intents for what this queued one was to do; how many, or none if there is nothing to split."""
        ...

    async def signed(self, session: AsyncSession, intent_id: uuid.UUID) -> None:
        """Its bytes are stored: from here on it will be mined."""
        ...

    async def mined(self, session: AsyncSession, intent_id: uuid.UUID, receipt: Receipt) -> None:
        """It is in a canonical block, which is not final yet."""
        ...

    async def unmined(self, session: AsyncSession, intent_id: uuid.UUID) -> None:
        """A reorg took its block; its bytes go out again."""
        ...

    async def finalized(self, session: AsyncSession, intent_id: uuid.UUID, receipt: Receipt) -> None:
        """It succeeded in a final block."""
        ...

    async def failed(self, session: AsyncSession, intent_id: uuid.UUID, error: TransactionError) -> None:
        """It never will happen: refused before it was signed, or for good reverted, cancelled or displaced."""
        ...
