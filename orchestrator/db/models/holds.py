"""What keeps the sender from sending, and the prices by which the engine notices a jump."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Integer256


class Hold(Model):
    """While one stands, nothing new is signed on its chain. A person lifts it.

    `cause`: operator, price_jump, failures, reconciliation or finalized_mismatch; one stands of each at most.
    """

    __tablename__ = "holds"
    __table_args__ = (
        Index("uq_holds_standing", "chain_id", "cause", unique=True, postgresql_where=text("lifted_at IS NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True, server_default=text("gen_random_uuid()"))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    cause: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    placed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class EvaluatedPrice(Model):
    """The measuring price of a market at the last block that the engine evaluated and that had one."""

    __tablename__ = "evaluated_prices"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    market_id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    price_e36: Mapped[int] = mapped_column(Integer256())
    block_number: Mapped[int] = mapped_column(BigInteger)
