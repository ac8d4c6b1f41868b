"""Events as JSON, built from plain values: the form that ``schemas.Event`` describes; a test holds the two together."""

from __future__ import annotations

from typing import Any

import orjson

from api.events.repository import EventRow
from api.snapshot import View
from api.wire import checksum, clock_document


def event_document(row: EventRow, view: View) -> dict[str, Any]:
    """For orjson, which copies the payload as it is."""
    return {
        "position": row.position,
        "id": row.id,
        "kind": row.kind,
        "vault": None if row.vault is None else checksum(row.vault),
        "line_id": row.line_id,
        "block_number": row.block_number,
        "block_hash": f"0x{row.block_hash.hex()}",
        "log_index": row.log_index,
        "tx_hash": f"0x{row.tx_hash.hex()}",
        "finality": view.block_status(row.block_number, row.canonical),
        "payload": orjson.Fragment(row.payload),
        "reverts": row.reverts,
        "recorded_at": clock_document(row.created_at),
    }
