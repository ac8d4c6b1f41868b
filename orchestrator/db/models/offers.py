"""Offers: the order book that lenders post to, and what the chain says of their groups and epochs."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, DateTime, Index, LargeBinary, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.provenance import FromLog
from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash, Integer256


class Offer(Model):
    """A signed offer as posted. `fields` holds the EIP-712 message with integers as decimal strings."""

    __tablename__ = "offers"
    __table_args__ = (Index("ix_offers_lender", "chain_id", "lender", "posted_at"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    offer_hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    lender: Mapped[str] = mapped_column(Address())
    borrower: Mapped[str | None] = mapped_column(Address())
    loan_token: Mapped[str] = mapped_column(Address())
    collateral_token: Mapped[str] = mapped_column(Address())
    group: Mapped[int] = mapped_column(Integer256())
    epoch: Mapped[int] = mapped_column(BigInteger)
    limit_amount: Mapped[int] = mapped_column(Integer256())
    group_cap: Mapped[int] = mapped_column(Integer256())
    expires_at: Mapped[int] = mapped_column(BigInteger)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB)
    signature: Mapped[bytes] = mapped_column(LargeBinary)
    account_id: Mapped[str | None]
    posted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))


class OfferGroupVersion(FromLog, Model):
    """What a group of offers has lent after a fill or a cancellation (events `Opened`, `GroupCancelled`)."""

    __tablename__ = "offer_group_versions"
    __table_args__ = (Index("ix_offer_group_versions_block", "chain_id", "block_number"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    lender: Mapped[str] = mapped_column(Address(), primary_key=True)
    loan_token: Mapped[str] = mapped_column(Address(), primary_key=True)
    group: Mapped[int] = mapped_column(Integer256(), primary_key=True)
    consumed: Mapped[int] = mapped_column(Integer256())
    cancelled: Mapped[bool] = mapped_column(Boolean)


class LenderEpochVersion(FromLog, Model):
    """A lender's epoch after a bump (event `EpochBumped`); offers of other epochs can't be filled."""

    __tablename__ = "lender_epoch_versions"
    __table_args__ = (Index("ix_lender_epoch_versions_block", "chain_id", "block_number"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    lender: Mapped[str] = mapped_column(Address(), primary_key=True)
    epoch: Mapped[int] = mapped_column(BigInteger)
