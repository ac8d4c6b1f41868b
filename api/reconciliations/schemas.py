"""JSON forms of reconciliations."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import Field

from api.wire import Address, ChainPosition, Instant, Snapshotted, WireModel


class Reconciliation(WireModel):
    """One comparison of everything the mirror holds of a vault with the vault itself, at one block."""

    id: uuid.UUID
    chain_id: int
    vault: Address
    block: ChainPosition
    facts_compared: int
    equal: bool
    differences: list[dict[str, Any]] = Field(description="Empty exactly when `equal`.")
    started_at: Instant
    finished_at: Instant
    duration_ms: int


class ReconciliationDetail(Reconciliation, Snapshotted):
    """One reconciliation."""


class ReconciliationPage(Snapshotted):
    """Reconciliations, the newest first."""

    items: list[Reconciliation]
    next_cursor: str | None
