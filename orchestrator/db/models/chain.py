"""What the chain said: blocks, logs, the cursor that says how far we read, and who may write."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, Index, Integer, LargeBinary, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash


class Block(Model):
    """A header as it was read. Orphans stay, with `canonical` false, and may become canonical again."""

    __tablename__ = "blocks"
    __table_args__ = (
        Index("uq_blocks_canonical", "chain_id", "number", unique=True, postgresql_where=text("canonical")),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    parent_hash: Mapped[str] = mapped_column(Hash())
    timestamp: Mapped[int] = mapped_column(BigInteger)
    receipts_root: Mapped[str] = mapped_column(Hash())
    canonical: Mapped[bool] = mapped_column(Boolean)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))


class Log(Model):
    """One log of a watched contract, undecoded."""

    __tablename__ = "logs"
    __table_args__ = (Index("ix_logs_address", "chain_id", "address", "block_number"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block_hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    tx_hash: Mapped[str] = mapped_column(Hash())
    tx_index: Mapped[int] = mapped_column(Integer)
    address: Mapped[str] = mapped_column(Address())
    topic0: Mapped[str | None] = mapped_column(Hash())
    topic1: Mapped[str | None] = mapped_column(Hash())
    topic2: Mapped[str | None] = mapped_column(Hash())
    topic3: Mapped[str | None] = mapped_column(Hash())
    data: Mapped[bytes] = mapped_column(LargeBinary)
    canonical: Mapped[bool] = mapped_column(Boolean)


class Cursor(Model):
    """The last block of a chain whose logs, projections and events are committed, and the heads seen with it.

    `safe_number` and `finalized_number` are at most `number`. `frozen` says why nobody should act on the mirror: the
    provider contradicts a finalized block. It is null otherwise.
    """

    __tablename__ = "cursors"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str] = mapped_column(Hash())
    timestamp: Mapped[int] = mapped_column(BigInteger)
    head_number: Mapped[int] = mapped_column(BigInteger)
    safe_number: Mapped[int] = mapped_column(BigInteger)
    finalized_number: Mapped[int] = mapped_column(BigInteger)
    finalized_hash: Mapped[str] = mapped_column(Hash())
    epoch: Mapped[int] = mapped_column(BigInteger)
    frozen: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class WatchedContract(Model):
    """A contract whose logs the mirror keeps. `role` is vault, nft, trigger or feed.

    A feed may speak through another contract: for an aggregator behind a proxy, `feed` is the proxy, and `phase` what
    the proxy puts before the aggregator's round ids (phase · 2^64 + round). A feed that speaks for itself has its own
    address and phase 0. No log tells of it: `read_at_hash` is the block at which the feed was asked who speaks for it.
    """

    __tablename__ = "watched_contracts"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    address: Mapped[str] = mapped_column(Address(), primary_key=True)
    role: Mapped[str] = mapped_column(String(16))
    vault: Mapped[str | None] = mapped_column(Address())
    label: Mapped[str] = mapped_column(Text)
    from_block: Mapped[int] = mapped_column(BigInteger)
    feed: Mapped[str | None] = mapped_column(Address())
    phase: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    read_at_hash: Mapped[str | None] = mapped_column(Hash())


class Quarantine(Model):
    """A log that could not be decoded or applied. It stops nothing else and can be retried."""

    __tablename__ = "quarantine"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block_number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block_hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    log_index: Mapped[int] = mapped_column(Integer, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    quarantined_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    resolved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Lease(Model):
    """Who writes now. The epoch grows with each takeover and is checked inside the writer's transaction."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    holder: Mapped[str] = mapped_column(Text)
    epoch: Mapped[int] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
