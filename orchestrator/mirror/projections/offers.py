"""What the chain knows of offers: how much a group has lent, and each lender's epoch."""

from __future__ import annotations

from typing import Any

from orchestrator.db.models import LenderEpochVersion, OfferGroupVersion
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, Unprojectable, provenance, vault_of
from orchestrator.mirror.watch import Role

CANCELLED = 2**96 - 1
"""What the vault's `consumed` says of a cancelled group."""


def _group(event: Event, loan_token: str, *, consumed: int, cancelled: bool) -> Row:
    values: dict[str, Any] = {
        **provenance(event),
        "vault": vault_of(event),
        "lender": event.args["lender"],
        "loan_token": loan_token,
        "group": event.args["group"],
        "consumed": consumed,
        "cancelled": cancelled,
    }
    return Row(OfferGroupVersion, values)


def filled(event: Event) -> list[Row]:
    """The event names the market; the group belongs to the market's loan token, which `MarketCreated` told."""
    market = (vault_of(event), event.args["terms"]["marketId"])
    if market not in event.loan_tokens:
        raise Unprojectable(f"market {market[1]} was never created")
    return [_group(event, event.loan_tokens[market], consumed=event.args["consumed"], cancelled=False)]


def cancelled(event: Event) -> list[Row]:
    return [_group(event, event.args["loanToken"], consumed=CANCELLED, cancelled=True)]


def epoch_bumped(event: Event) -> list[Row]:
    values = {
        **provenance(event),
        "vault": vault_of(event),
        "lender": event.args["lender"],
        "epoch": event.args["epoch"],
    }
    return [Row(LenderEpochVersion, values)]


PROJECTIONS: Projections = {
    (Role.VAULT, "Opened"): filled,
    (Role.VAULT, "GroupCancelled"): cancelled,
    (Role.VAULT, "EpochBumped"): epoch_bumped,
}
