"""What can be wrong with a question about transactions."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_TRANSACTION: Final = Kind(
    "unknown_transaction", 404, "Unknown transaction",
    "list transactions with GET /v1/transactions; the id is ours, not the transaction's hash",
)  # fmt: skip
