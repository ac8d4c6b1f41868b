"""Oracle feeds: their rounds as mirrored, and what is thought of their health."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Boolean, DateTime, Index, Integer, String, Text, true
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.provenance import FromLog
from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Integer256


class OracleRound(FromLog, Model):
    """One answer of a feed (event `AnswerUpdated`), in the feed's own decimals, unjudged: even zero or negative."""

    __tablename__ = "oracle_rounds"
    __table_args__ = (
        Index("ix_oracle_rounds_round", "chain_id", "feed", "round_id"),
        Index("ix_oracle_rounds_block", "chain_id", "block_number"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    feed: Mapped[str] = mapped_column(Address(), primary_key=True)
    round_id: Mapped[int] = mapped_column(Integer256())
    answer: Mapped[int] = mapped_column(Integer256())
    updated_at: Mapped[int] = mapped_column(BigInteger)


class Feed(Model):
    """A feed that we follow, and the last judgement on it.

    `is_price`: an adapter reads it, which takes positive answers only. Other feeds are facts that mandates read.
    `status`: unknown, fresh, late, stale, jumped, frozen or out_of_bounds.
    """

    __tablename__ = "feeds"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    address: Mapped[str] = mapped_column(Address(), primary_key=True)
    pair: Mapped[str] = mapped_column(Text)
    decimals: Mapped[int] = mapped_column(Integer)
    heartbeat_s: Mapped[int] = mapped_column(Integer)
    margin_s: Mapped[int] = mapped_column(Integer)
    is_price: Mapped[bool] = mapped_column(Boolean, server_default=true())
    status: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    judged_at_block: Mapped[int | None] = mapped_column(BigInteger)
    judged_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
