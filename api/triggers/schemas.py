"""JSON forms of triggers."""

from __future__ import annotations

import uuid

from pydantic import Field

from api.wire import Address, ChainPosition, DecimalString, Hash, Instant, Snapshotted, TokenAmount, WireModel
from orchestrator.triggers.states import Action, TriggerStatus


class RoundCause(WireModel):
    """The oracle round that made it fire."""

    feed: Address
    pair: str | None
    round_id: DecimalString
    answer: DecimalString | None = Field(description="In the feed's decimals; null when the round is not mirrored.")
    decimals: int | None
    updated_at: Instant | None


class TriggerCause(WireModel):
    """What made it fire: a round, or a bill that became due."""

    round: RoundCause | None
    due_at: Instant | None


class Trigger(WireModel):
    """One thing that had to be sent once: why, and what became of it.

    Its key is (chain, vault, line, action, mandate, occurrence); `generation` counts the tries after a final failure.
    """

    id: uuid.UUID
    chain_id: int
    vault: Address
    line_id: int
    action: Action
    trigger_contract: Address
    mandate_hash: Hash
    occurrence: int
    generation: int
    status: TriggerStatus
    why: str
    error: str | None
    cause: TriggerCause
    price_e36: DecimalString | None = Field(
        description="The measuring price it was judged at: loan base units for one collateral base unit, times 10^36."
    )
    need: TokenAmount
    pays: TokenAmount
    evaluated: ChainPosition = Field(description="The block it was judged at.")
    transaction_id: uuid.UUID | None
    tx_hash: Hash | None = Field(description="Of the mined transaction.")
    mined: ChainPosition | None
    cause_seen_at: Instant
    created_at: Instant
    mined_at: Instant | None
    finished_at: Instant | None
    latency_ms: int | None = Field(description="From when its cause was seen to when its transaction was seen mined.")


class TriggerDetail(Trigger, Snapshotted):
    """One trigger."""


class TriggerPage(Snapshotted):
    """Triggers, the newest first."""

    items: list[Trigger]
    next_cursor: str | None
