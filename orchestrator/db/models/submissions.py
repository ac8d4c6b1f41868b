"""Transactions that people signed themselves and told us of, to be followed."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, LargeBinary, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash


class Submission(Model):
    """A signed transaction to one of our contracts. What became of it is asked of the chain, not kept here."""

    __tablename__ = "submissions"
    __table_args__ = (
        Index("uq_submissions_transaction", "account_id", "chain_id", "tx_hash", unique=True),
        Index("ix_submissions_account", "account_id", "submitted_at", "id"),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    tx_hash: Mapped[str] = mapped_column(Hash())
    sender: Mapped[str] = mapped_column(Address())
    nonce: Mapped[int] = mapped_column(BigInteger)
    to_address: Mapped[str] = mapped_column(Address())
    function: Mapped[str] = mapped_column(String(64))
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    raw: Mapped[bytes | None] = mapped_column(LargeBinary)
    submitted_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
