"""What can be wrong with a question about reconciliations."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_RECONCILIATION: Final = Kind(
    "unknown_reconciliation", 404, "Unknown reconciliation", "list them with GET /v1/reconciliations"
)
