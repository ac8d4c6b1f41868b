"""Which events are told to streams and webhooks, and in what words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Final

import orjson

from orchestrator.chain.codec import checksummed
from orchestrator.chain.contracts import Contract
from orchestrator.db.copy import copy_form
from orchestrator.db.ids import time_ordered_ids
from orchestrator.db.models import OutboxEvent
from orchestrator.db.models.registry import table_of
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

_TOLD: Final = (
    "chain_id", "vault", "line_id", "kind", "block_number", "block_hash", "log_index", "tx_hash", "payload",
)  # fmt: skip
TOLD_FORM: Final = copy_form(table_of(OutboxEvent), _TOLD)
OUTBOX_FORM: Final = copy_form(table_of(OutboxEvent), ("id", "position", *_TOLD))


def told_line(event: Event, codec: Contract) -> str | None:
    """The event's outbox row in ``TOLD_FORM``; None for events that nobody is told of.

    Id and position come when it is written (``numbered``).
    """
    kind = KINDS.get((event.source.role, event.name))
    if kind is None:
        return None
    log, vault = event.log, event.source.vault
    place = (log.block_number, log.block_hash, log.log_index, log.tx_hash)
    return TOLD_FORM.line(event.chain_id, vault, _line_of(event), kind, *place, _payload(event, codec))


def numbered(told: Sequence[str], reached: int) -> list[str]:
    """The rows of events in ``OUTBOX_FORM``, with the positions after ``reached``."""
    ids = time_ordered_ids(len(told))
    return [
        f"{event_id}\t{position}\t{line}"
        for event_id, position, line in zip(ids, count(reached + 1), told, strict=False)
    ]


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
