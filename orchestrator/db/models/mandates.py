"""Borrowers' mandates and their firings, as the chain says."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.provenance import FromLog
from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash, Integer256


class Mandate(Model):
    """A mandate (event `MandateRegistered`). `kind` is due, ltv, level or share; `source` reserve, collateral or
    top_up."""

    __tablename__ = "mandates"
    __table_args__ = (
        Index("ix_mandates_line", "chain_id", "vault", "line_id"),
        Index("ix_mandates_block", "chain_id", "block_number"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    trigger: Mapped[str] = mapped_column(Address(), primary_key=True)
    mandate_hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    vault: Mapped[str] = mapped_column(Address())
    line_id: Mapped[int] = mapped_column(BigInteger)
    borrower: Mapped[str] = mapped_column(Address())
    kind: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    threshold_bps: Mapped[int] = mapped_column(Integer)
    share_bps: Mapped[int] = mapped_column(Integer)
    fee_bps: Mapped[int] = mapped_column(Integer)
    period_hours: Mapped[int] = mapped_column(Integer)
    cap_per_period: Mapped[int] = mapped_column(Integer256())
    amount: Mapped[int] = mapped_column(Integer256())
    feed: Mapped[str] = mapped_column(Address())
    above: Mapped[bool] = mapped_column(Boolean)
    level: Mapped[int] = mapped_column(Integer256())
    expires_at: Mapped[int] = mapped_column(BigInteger)
    nonce: Mapped[int] = mapped_column(Integer256())
    registered_at: Mapped[int] = mapped_column(BigInteger)
    block_number: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str] = mapped_column(Hash())
    log_index: Mapped[int] = mapped_column(Integer)
    tx_hash: Mapped[str] = mapped_column(Hash())


class MandateRevocation(FromLog, Model):
    """A burned nonce (event `MandateRevoked`), whether or not a mandate was registered under it."""

    __tablename__ = "mandate_revocations"
    __table_args__ = (Index("ix_mandate_revocations_block", "chain_id", "block_number"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    trigger: Mapped[str] = mapped_column(Address(), primary_key=True)
    borrower: Mapped[str] = mapped_column(Address(), primary_key=True)
    nonce: Mapped[int] = mapped_column(Integer256(), primary_key=True)
    mandate_hash: Mapped[str] = mapped_column(Hash())


class Firing(FromLog, Model):
    """One firing of a mandate (event `Fired`). The newest row of a mandate is its state: fires = occurrence + 1."""

    __tablename__ = "firings"
    __table_args__ = (
        Index("ix_firings_line", "chain_id", "line_id"),
        Index("ix_firings_block", "chain_id", "block_number"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    trigger: Mapped[str] = mapped_column(Address(), primary_key=True)
    mandate_hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger)
    keeper: Mapped[str] = mapped_column(Address())
    occurrence: Mapped[int] = mapped_column(BigInteger)
    period: Mapped[int] = mapped_column(BigInteger)
    paid: Mapped[int] = mapped_column(Integer256())
    spent: Mapped[int] = mapped_column(Integer256())
    closed: Mapped[bool] = mapped_column(Boolean)
