"""JSON forms of submissions."""

from __future__ import annotations

import uuid
from typing import Literal, Self

from pydantic import ConfigDict, Field, model_validator

from api.wire import Address, ChainPosition, Hash, Instant, Snapshotted, WireModel


class NewSubmission(WireModel):
    """A transaction that a wallet signed: its bytes, to be passed on; or its hash, if the wallet has sent it itself."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"example": {"signed_transaction": "0x02f8b0827a69…", "tx_hash": None}},
    )

    signed_transaction: str | None = Field(default=None, pattern="^0x([0-9a-fA-F]{2}){1,16384}$")
    tx_hash: Hash | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.signed_transaction is None) == (self.tx_hash is None):
            raise ValueError("give either `signed_transaction` or `tx_hash`")
        return self


class Submission(WireModel):
    """A transaction of yours, and what became of it.

    `dropped`: its nonce was used by another transaction, so it will never be mined. `unknown`: no node answers now.
    """

    id: uuid.UUID
    chain_id: int
    tx_hash: Hash
    sender: Address = Field(description="Who signed it.")
    to: Address
    function: str = Field(description="Of the contract, such as `repay`.")
    line_id: int | None
    submitted_at: Instant
    status: Literal["pending", "mined", "reverted", "dropped", "unknown"]
    block: ChainPosition | None = Field(description="Null until it is mined.")
    why_reverted: str | None


class SubmissionDetail(Submission, Snapshotted):
    """One submission."""


class SubmissionPage(Snapshotted):
    """Your submissions, the newest first."""

    items: list[Submission]
    next_cursor: str | None
