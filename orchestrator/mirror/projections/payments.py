"""Payments, from the vault's `Repaid`."""

from __future__ import annotations

from orchestrator.db.models import Payment
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, Unprojectable, bigint, provenance, vault_of
from orchestrator.mirror.watch import Role

SOURCES = ("cash", "reserve", "collateral", "liquidation")
"""The contract's `Source`, in its order."""


def repaid(event: Event) -> list[Row]:
    source: int = event.args["source"]
    if source >= len(SOURCES):
        raise Unprojectable(f"source = {source} is none of {', '.join(SOURCES)}")
    values = {
        **provenance(event),
        "vault": vault_of(event),
        "line_id": bigint(event.args["id"], "id"),
        "payer": event.args["payer"],
        "source": SOURCES[source],
        "charges": event.args["charges"],
        "principal": event.args["principal"],
    }
    return [Row(Payment, values)]


PROJECTIONS: Projections = {(Role.VAULT, "Repaid"): repaid}
