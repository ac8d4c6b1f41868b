"""JSON forms of alerts."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import Field

from api.wire import AsOf, Instant, WireModel
from orchestrator.alerts import Severity


class Alert(WireModel):
    """Something a person should know. While a condition lasts there is one open alert with its key, which counts."""

    id: uuid.UUID
    key: str = Field(description="The condition: `<kind>:<what>`.")
    severity: Severity
    message: str
    hint: str
    details: dict[str, Any]
    count: int
    raised_at: Instant
    last_seen_at: Instant
    resolved_at: Instant | None


class AlertPage(WireModel):
    """Alerts, the newest first."""

    as_of: AsOf | None = Field(description="Null while no block is mirrored; alerts are told all the same.")
    items: list[Alert]
    next_cursor: str | None
