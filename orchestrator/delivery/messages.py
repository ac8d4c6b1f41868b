"""What a webhook says: an event of the outbox in the form that Standard Webhooks recommends."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import Any, Final

import orjson

from orchestrator.chain.codec import checksummed
from orchestrator.db.models import OutboxEvent

TEST_KIND: Final = "webhook.test"


def body_of(event: OutboxEvent) -> bytes:
    """The same bytes for the same event, whenever it is sent."""
    data = {
        "position": event.position,
        "id": str(event.id),
        "kind": event.kind,
        "vault": None if event.vault is None else checksummed(event.vault),
        "line_id": event.line_id,
        "chain_id": event.chain_id,
        "block_number": event.block_number,
        "block_hash": event.block_hash,
        "log_index": event.log_index,
        "tx_hash": event.tx_hash,
        "payload": event.payload,
        "reverts": None if event.reverts is None else str(event.reverts),
    }
    return _body(event.kind, event.created_at, data)


def body_of_test(message_id: uuid.UUID, requested_at: datetime) -> bytes:
    return _body(TEST_KIND, requested_at, {"id": str(message_id), "kind": TEST_KIND})


def _body(kind: str, moment: datetime, data: dict[str, Any]) -> bytes:
    timestamp = moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return orjson.dumps({"type": kind, "timestamp": timestamp, "data": data}, option=orjson.OPT_SORT_KEYS)
