"""Webhooks: where events are sent, how far each endpoint has got, and every attempt."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    String,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address


class WebhookEndpoint(Model):
    """An endpoint of an account. Its row lock is its queue: who holds it sends the next event, and nobody else.

    `position`: the last event that is done with. `status`: enabled, paused (by its owner) or dead (given up, see
    `why_dead`). `failures` counts attempts in a row that failed, since `failing_since`. `secret_version` names the
    secret, which follows from a key of the service (`delivery.signing`); the version before counts too until
    `previous_until`.
    """

    __tablename__ = "webhook_endpoints"
    __table_args__ = (
        Index("ix_webhook_endpoints_account", "account_id", "created_at", "id"),
        Index("ix_webhook_endpoints_due", "next_attempt_at", postgresql_where=text("status = 'enabled'")),
    )

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"))
    chain_id: Mapped[int] = mapped_column(BigInteger)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]] = mapped_column(ARRAY(String(64)))
    vault: Mapped[str | None] = mapped_column(Address())
    line_id: Mapped[int | None] = mapped_column(BigInteger)
    secret_version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    previous_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    position: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(16), server_default=text("'enabled'"))
    why_dead: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failing_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_attempt_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))


class WebhookDelivery(Model):
    """One attempt to send one message, or one that its owner asked for and that was not made yet (no `attempted_at`).

    `message_id` is the event's id, the same in every attempt; a test has one of its own and no `position`.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        Index("ix_webhook_deliveries_endpoint", "endpoint_id", "number"),
        Index("ix_webhook_deliveries_wanted", "endpoint_id", "number", postgresql_where=text("attempted_at IS NULL")),
    )

    number: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    endpoint_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("webhook_endpoints.id", ondelete="CASCADE"))
    message_id: Mapped[uuid.UUID] = mapped_column(Uuid)
    position: Mapped[int | None] = mapped_column(BigInteger)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    attempted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    status_code: Mapped[int | None] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    duration_ms: Mapped[int | None] = mapped_column(Integer)
