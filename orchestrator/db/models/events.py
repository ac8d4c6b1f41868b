"""The outbox: what happened, for streams and webhooks."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, Integer, String, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash


class OutboxEvent(Model):
    """One event, written in the transaction of the block it came from.

    `position` counts the events of a chain, without gaps and in the order in which they can be seen (see
    `orchestrator.delivery.positions`). An event of an orphaned block stays and is followed by one of kind
    `<kind>.reverted` that names it in `reverts`.
    """

    __tablename__ = "outbox_events"
    __table_args__ = (
        Index("uq_outbox_events_position", "chain_id", "position", unique=True),
        Index("ix_outbox_events_line", "chain_id", "vault", "line_id", "position"),
        Index("ix_outbox_events_block", "chain_id", "block_number"),
        Index("uq_outbox_events_reverts", "reverts", unique=True, postgresql_where=text("reverts IS NOT NULL")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    vault: Mapped[str | None] = mapped_column(Address())
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(64))
    block_number: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str] = mapped_column(Hash())
    log_index: Mapped[int] = mapped_column(Integer)
    tx_hash: Mapped[str] = mapped_column(Hash())
    payload: Mapped[dict[str, Any]] = mapped_column(JSONB)
    reverts: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
