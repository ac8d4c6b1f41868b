"""Rows of intents and attempts: queueing, and what the sender reads of them. Nobody here commits."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.copy import copy_rows
from orchestrator.db.models import Attempt, Intent
from orchestrator.db.models.registry import table_of
from orchestrator.db.wakeups import INTENTS
from orchestrator.transactions.errors import TransactionError
from orchestrator.transactions.fees import Fees
from orchestrator.transactions.states import FINAL, UNMINED, IntentStatus, moved


@dataclass(frozen=True, slots=True)
class Call:
    """What to send, whoever signs it. ``description`` is for people."""

    chain_id: int
    to: str
    data: bytes
    description: str
    value_wei: int = 0


@dataclass(frozen=True, slots=True)
class QueuedIntent:
    intent_id: uuid.UUID
    call: Call
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignedAttempt:
    """Stored bytes. ``number`` counts from 1; the newest attempt is the one to broadcast."""

    number: int
    tx_hash: str
    raw: bytes
    fees: Fees
    cancels: bool
    was_broadcast: bool


@dataclass(frozen=True, slots=True)
class Flight:
    """An intent that holds a nonce and is not final, with all its attempts, oldest first."""

    intent_id: uuid.UUID
    status: IntentStatus
    nonce: int
    mined_tx_hash: str | None
    mined_block_hash: str | None
    created_at: datetime
    attempts: tuple[SignedAttempt, ...]
    unwanted: bool = False
    """An operator asked for it to be cancelled, and no attempt does so yet."""

    @property
    def newest(self) -> SignedAttempt:
        return self.attempts[-1]


async def queue(session: AsyncSession, call: Call) -> uuid.UUID:
    """Stores an intent and wakes the sender when the caller commits."""
    (intent_id,) = await queue_all(session, [call])
    return intent_id


async def queue_all(session: AsyncSession, calls: Sequence[Call]) -> Sequence[uuid.UUID]:
    """The same for many at once; their ids in the same order."""
    rows = [
        {
            "id": uuid.uuid4(),
            "chain_id": call.chain_id,
            "to_address": call.to,
            "data": "0x" + call.data.hex(),
            "value_wei": call.value_wei,
            "description": call.description,
            "status": IntentStatus.QUEUED.value,
        }
        for call in calls
    ]
    if rows:
        await copy_rows(await session.connection(), table_of(Intent), rows)
        await session.execute(select(func.pg_notify(INTENTS, str(calls[0].chain_id))))
    return [row["id"] for row in rows]  # type: ignore[misc]


async def queued(session: AsyncSession, chain_id: int, limit: int) -> Sequence[QueuedIntent]:
    """The oldest queued intents."""
    rows = await session.scalars(
        select(Intent)
        .where(Intent.chain_id == chain_id, Intent.status == IntentStatus.QUEUED.value)
        .order_by(Intent.created_at, Intent.id)
        .limit(limit)
    )
    return [QueuedIntent(row.id, call_of(row), row.created_at) for row in rows]


async def in_flight(session: AsyncSession, chain_id: int, signer: str) -> Sequence[Flight]:
    """The signer's intents that hold a nonce and are not final, in the order of their nonces."""
    rows = await session.execute(
        select(Intent, Attempt)
        .join(Attempt, Attempt.intent_id == Intent.id)
        .where(
            Intent.chain_id == chain_id,
            Intent.signer == signer,
            Intent.status.in_([*UNMINED, IntentStatus.MINED]),
        )
        .order_by(Intent.nonce, Attempt.number)
    )
    flights: dict[uuid.UUID, tuple[Intent, list[SignedAttempt]]] = {}
    for intent, attempt in rows:
        _, attempts = flights.setdefault(intent.id, (intent, []))
        attempts.append(
            SignedAttempt(
                attempt.number,
                attempt.tx_hash,
                attempt.raw,
                fees_of(attempt),
                attempt.cancels,
                attempt.broadcast_at is not None,
            )
        )
    return [
        Flight(
            intent.id,
            IntentStatus(intent.status),
            _nonce(intent),
            intent.mined_tx_hash,
            intent.mined_block_hash,
            intent.created_at,
            tuple(attempts),
            unwanted=intent.cancel_requested_at is not None and not attempts[-1].cancels,
        )
        for intent, attempts in flights.values()
    ]


async def nonces_held(session: AsyncSession, chain_id: int, signer: str, start: int, stop: int) -> Collection[int]:
    """Which nonces from ``start`` up to, not including, ``stop`` belong to an intent, final or not."""
    nonces = await session.scalars(
        select(Intent.nonce).where(
            Intent.chain_id == chain_id, Intent.signer == signer, Intent.nonce >= start, Intent.nonce < stop
        )
    )
    return {nonce for nonce in nonces if nonce is not None}


async def lock(session: AsyncSession, intent_id: uuid.UUID, *, skip_locked: bool = False) -> Intent | None:
    """The intent, locked until the end of the transaction; None when ``skip_locked`` and another holds it."""
    statement = select(Intent).where(Intent.id == intent_id).with_for_update(skip_locked=skip_locked)
    return (await session.scalars(statement.execution_options(populate_existing=True))).one_or_none()


async def record_broadcast(session: AsyncSession, intent_id: uuid.UUID, number: int) -> None:
    """A node has the bytes of an attempt."""
    intent = await lock(session, intent_id)
    assert intent is not None
    if intent.status == IntentStatus.SIGNED.value:
        intent.status = moved(intent.status, IntentStatus.BROADCAST)
    if intent.status == IntentStatus.BROADCAST.value:
        intent.error_kind = intent.error = None
    await session.execute(
        update(Attempt)
        .where(Attempt.intent_id == intent_id, Attempt.number == number)
        .values(broadcast_at=func.clock_timestamp(), broadcast_count=Attempt.broadcast_count + 1)
    )


async def record_error(session: AsyncSession, intent_id: uuid.UUID, error: TransactionError) -> bool:
    """Why the intent does not get on; its status stays. False when that is known, or the intent is past it."""
    result = await session.execute(
        update(Intent)
        .where(
            Intent.id == intent_id,
            Intent.status.not_in([*FINAL, IntentStatus.MINED]),
            Intent.error.is_distinct_from(error.words),
        )
        .values(error_kind=error.kind.value, error=error.words)
        .returning(Intent.id)
    )
    return result.first() is not None


def call_of(intent: Intent) -> Call:
    return Call(intent.chain_id, intent.to_address, intent.data, intent.description, intent.value_wei)


def fees_of(attempt: Attempt) -> Fees:
    return Fees(attempt.max_fee_per_gas_wei, attempt.max_priority_fee_per_gas_wei)


def finish(intent: Intent, status: IntentStatus, error: TransactionError | None) -> None:
    """Moves an intent to a final status."""
    intent.status = moved(intent.status, status)
    intent.error_kind = error.kind.value if error else None
    intent.error = error.words if error else None
    intent.finished_at = func.clock_timestamp()


def _nonce(intent: Intent) -> int:
    assert intent.nonce is not None, "an intent in flight has a nonce"
    return intent.nonce
