"""What is wrong with a signed transaction."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_SUBMISSION: Final = Kind(
    "unknown_submission", 404, "Unknown submission", "list your own submissions with GET /v1/submissions"
)
MALFORMED_TRANSACTION: Final = Kind(
    "malformed_transaction", 422, "The bytes are no signed transaction",
    "send the raw signed transaction as the wallet returned it, with its 0x",
)  # fmt: skip
FOREIGN_TRANSACTION: Final = Kind(
    "foreign_transaction", 422, "The transaction is not one for this service",
    "submit only what an operation of /v1/prepare built, signed for the chain that it names",
)  # fmt: skip
UNKNOWN_TRANSACTION: Final = Kind(
    "unknown_transaction", 422, "The node knows no such transaction",
    "wait until the wallet has sent it, or submit the signed bytes themselves",
)  # fmt: skip
BROADCAST_REFUSED: Final = Kind(
    "broadcast_refused", 422, "The node does not take the transaction",
    "sign it again: with the sender's next nonce, enough for gas, and fees of today",
)  # fmt: skip
