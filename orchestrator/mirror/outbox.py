"""Which events are told to streams and webhooks, and in what words."""

from __future__ import annotations

from typing import Any

import orjson

from orchestrator.chain.codec import checksummed
from orchestrator.chain.contracts import Contract
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import BIGINT_MAX
from orchestrator.mirror.watch import Role

KINDS: dict[tuple[Role, str], str] = {
    (Role.VAULT, "MarketCreated"): "market.created",
    (Role.VAULT, "Opened"): "line.opened",
    (Role.VAULT, "CollateralDeposited"): "line.collateral_deposited",
    (Role.VAULT, "CollateralWithdrawn"): "line.collateral_withdrawn",
    (Role.VAULT, "ReserveDeposited"): "line.reserve_deposited",
    (Role.VAULT, "ReserveWithdrawn"): "line.reserve_withdrawn",
    (Role.VAULT, "Drawn"): "line.drawn",
    (Role.VAULT, "Repaid"): "line.repaid",
    (Role.VAULT, "SeizedInKind"): "line.seized_in_kind",
    (Role.VAULT, "KeeperPaid"): "line.keeper_paid",
    (Role.VAULT, "Liquidated"): "line.liquidated",
    (Role.VAULT, "WrittenOff"): "line.written_off",
    (Role.VAULT, "Terminated"): "line.terminated",
    (Role.VAULT, "Closed"): "line.closed",
    (Role.VAULT, "Claimed"): "line.claimed",
    (Role.VAULT, "LineState"): "line.state",
    (Role.VAULT, "GroupCancelled"): "offer.group_cancelled",
    (Role.VAULT, "EpochBumped"): "offer.epoch_bumped",
    (Role.VAULT, "OperatorSet"): "vault.operator_set",
    (Role.VAULT, "Stopped"): "vault.stopped",
    (Role.VAULT, "Resumed"): "vault.resumed",
    (Role.NFT, "Transfer"): "note.transferred",
    (Role.TRIGGER, "MandateRegistered"): "mandate.registered",
    (Role.TRIGGER, "MandateRevoked"): "mandate.revoked",
    (Role.TRIGGER, "Fired"): "mandate.fired",
    (Role.TRIGGER, "FiringFailed"): "mandate.firing_failed",
    (Role.FEED, "AnswerUpdated"): "feed.answered",
}

REVERTED = ".reverted"
"""Ends the kind of the event that takes another one back."""

_LINE_ARGUMENTS = ("id", "lineId", "tokenId")


def outbox_row(event: Event, codec: Contract) -> dict[str, Any] | None:
    """The values of the event's outbox row; None for events that nobody is told of.

    Id and position come when it is written. The payload is JSON text.
    """
    kind = KINDS.get((event.source.role, event.name))
    if kind is None:
        return None
    return {
        "chain_id": event.chain_id,
        "vault": event.source.vault,
        "line_id": _line_of(event),
        "kind": kind,
        "block_number": event.log.block_number,
        "block_hash": event.log.block_hash,
        "log_index": event.log.log_index,
        "tx_hash": event.log.tx_hash,
        "payload": _payload(event, codec),
    }


def _line_of(event: Event) -> int | None:
    """Anyone can make the trigger tell of a failed firing on a line that never was, so an absurd id is no error."""
    for name in _LINE_ARGUMENTS:
        line_id: int | None = event.args.get(name)
        if line_id is not None:
            return line_id if line_id <= BIGINT_MAX else None
    return None


def _payload(event: Event, codec: Contract) -> str:
    """A round's event comes from an aggregator; its reader knows the feed."""
    if event.source.role is not Role.FEED:
        return codec.event_to_json_text(event.name, event.args)
    feed = {"feed": checksummed(event.source.feed or event.log.address), "pair": event.source.label}
    return orjson.dumps(codec.event_to_json(event.name, event.args) | feed).decode()
