"""Mandates, burned nonces and firings, from the trigger's events."""

from __future__ import annotations

from orchestrator.db.models import Firing, Mandate, MandateRevocation
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, Unprojectable, bigint, provenance, vault_of
from orchestrator.mirror.watch import Role

KINDS = ("due", "ltv", "level", "share")
"""The contract's `Kind`, in its order."""

SOURCES = ("reserve", "collateral", "top_up")
"""The contract's `From`, in its order."""


def registered(event: Event) -> list[Row]:
    mandate = event.args["mandate"]
    if mandate["kind"] >= len(KINDS) or mandate["source"] >= len(SOURCES):
        raise Unprojectable(f"no such kind or source of a mandate: {mandate['kind']}, {mandate['source']}")
    values = {
        **provenance(event),
        "trigger": event.log.address,
        "mandate_hash": event.args["mandateHash"],
        "vault": vault_of(event),
        "line_id": bigint(event.args["lineId"], "lineId"),
        "borrower": event.args["borrower"],
        "kind": KINDS[mandate["kind"]],
        "source": SOURCES[mandate["source"]],
        "threshold_bps": mandate["thresholdBps"],
        "share_bps": mandate["shareBps"],
        "fee_bps": mandate["feeBps"],
        "period_hours": mandate["periodHours"],
        "cap_per_period": mandate["capPerPeriod"],
        "amount": mandate["amount"],
        "feed": mandate["feed"],
        "above": mandate["above"],
        "level": mandate["level"],
        "expires_at": mandate["expiry"],
        "nonce": mandate["nonce"],
        "registered_at": event.block_timestamp,
    }
    return [Row(Mandate, values)]


def revoked(event: Event) -> list[Row]:
    values = {
        **provenance(event),
        "trigger": event.log.address,
        "borrower": event.args["borrower"],
        "nonce": event.args["nonce"],
        "mandate_hash": event.args["mandateHash"],
    }
    return [Row(MandateRevocation, values)]


def fired(event: Event) -> list[Row]:
    values = {
        **provenance(event),
        "trigger": event.log.address,
        "mandate_hash": event.args["mandateHash"],
        "line_id": bigint(event.args["lineId"], "lineId"),
        "keeper": event.args["keeper"],
        "occurrence": event.args["occurrence"],
        "period": event.args["period"],
        "paid": event.args["paid"],
        "spent": event.args["spent"],
        "closed": event.args["closed"],
    }
    return [Row(Firing, values)]


PROJECTIONS: Projections = {
    (Role.TRIGGER, "MandateRegistered"): registered,
    (Role.TRIGGER, "MandateRevoked"): revoked,
    (Role.TRIGGER, "Fired"): fired,
}
