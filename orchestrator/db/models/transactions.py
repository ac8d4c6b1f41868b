"""What we send: intents, their signed attempts, and one nonce lane per signer."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    Uuid,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash, Integer256


class Intent(Model):
    """A transaction that we want mined once. All its attempts share one nonce, so at most one of them can be.

    `status`: queued, signed (bytes are stored), broadcast, mined, finalized, failed, cancelled. `error_kind` is one of
    retry, already_done, nonce, revert, fatal, unprofitable, cancelled; on a mined intent, revert says that it was mined
    and reverted. `cost_wei` is what its gas cost, known once it is mined.
    """

    __tablename__ = "intents"
    __table_args__ = (
        Index(
            "uq_intents_nonce", "chain_id", "signer", "nonce", unique=True, postgresql_where=text("nonce IS NOT NULL")
        ),
        Index("ix_intents_status", "chain_id", "status", "created_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    signer: Mapped[str | None] = mapped_column(Address())
    to_address: Mapped[str] = mapped_column(Address())
    data: Mapped[bytes] = mapped_column(LargeBinary)
    value_wei: Mapped[int] = mapped_column(Integer256())
    description: Mapped[str] = mapped_column(Text)
    gas_limit: Mapped[int | None] = mapped_column(BigInteger)
    nonce: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(16))
    mined_tx_hash: Mapped[str | None] = mapped_column(Hash())
    mined_block_number: Mapped[int | None] = mapped_column(BigInteger)
    mined_block_hash: Mapped[str | None] = mapped_column(Hash())
    gas_used: Mapped[int | None] = mapped_column(BigInteger)
    cost_wei: Mapped[int | None] = mapped_column(Integer256())
    error_kind: Mapped[str | None] = mapped_column(String(16))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    mined_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cancel_requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Attempt(Model):
    """One signed transaction of an intent. The bytes are stored before they are ever sent.

    With `cancels` it is an empty transfer of the signer to itself: the nonce is used and the intent is not.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_signed", "signed_at", postgresql_where=text("number = 1")),)

    intent_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("intents.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    tx_hash: Mapped[str] = mapped_column(Hash(), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    max_fee_per_gas_wei: Mapped[int] = mapped_column(Integer256())
    max_priority_fee_per_gas_wei: Mapped[int] = mapped_column(Integer256())
    cancels: Mapped[bool] = mapped_column(Boolean, server_default=false())
    signed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    broadcast_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    broadcast_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))


class Lane(Model):
    """The next unused nonce of a signer. Its row lock is the lane: nonce, signature and bytes commit together."""

    __tablename__ = "lanes"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    signer: Mapped[str] = mapped_column(Address(), primary_key=True)
    next_nonce: Mapped[int] = mapped_column(BigInteger)


class Signer(Model):
    """A key that signs, or did. `place`: where it stands among those that the sender has loaded; null: not loaded.

    The first that is loaded and not retired signs what is new. `spent_until`: it has no budget left for the next
    transaction until then.
    """

    __tablename__ = "signers"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    address: Mapped[str] = mapped_column(Address(), primary_key=True)
    place: Mapped[int | None] = mapped_column(Integer)
    retired_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    spent_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
