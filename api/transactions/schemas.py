"""JSON forms of transactions. Signed bytes never leave the database this way."""

from __future__ import annotations

import uuid

from pydantic import Field

from api.wire import Address, ChainPosition, DecimalString, Hash, Instant, Snapshotted, WireModel
from orchestrator.transactions.states import IntentStatus


class Attempt(WireModel):
    """One signed transaction. All attempts share a nonce, so at most one is ever mined."""

    number: int
    tx_hash: Hash
    max_fee_per_gas_wei: DecimalString
    max_priority_fee_per_gas_wei: DecimalString
    signed_at: Instant
    broadcast_at: Instant | None
    broadcast_count: int


class Transaction(WireModel):
    """Something the service wants mined once, with everything it tried."""

    id: uuid.UUID
    chain_id: int
    signer: Address | None
    to: Address
    value_wei: DecimalString
    description: str
    status: IntentStatus
    nonce: int | None
    gas_limit: int | None
    gas_used: int | None
    tx_hash: Hash | None = Field(description="Of the attempt that was mined.")
    mined: ChainPosition | None
    error_kind: str | None
    error: str | None
    created_at: Instant
    mined_at: Instant | None
    finished_at: Instant | None
    attempts: list[Attempt]
    trigger_ids: list[uuid.UUID] = Field(description="The triggers that it carries.")


class TransactionDetail(Transaction, Snapshotted):
    """One transaction."""


class TransactionPage(Snapshotted):
    """Transactions, the newest first."""

    items: list[Transaction]
    next_cursor: str | None
