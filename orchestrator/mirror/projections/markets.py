"""Markets, from the vault's `MarketCreated`."""

from __future__ import annotations

from orchestrator.db.models import Market
from orchestrator.mirror.decode import Event
from orchestrator.mirror.projections.rows import Projections, Row, provenance, vault_of
from orchestrator.mirror.watch import Role


def created(event: Event) -> list[Row]:
    values = {
        **provenance(event),
        "vault": vault_of(event),
        "market_id": event.args["marketId"],
        "loan_token": event.args["loanToken"],
        "collateral_token": event.args["collateralToken"],
        "oracle": event.args["oracle"],
        "min_debt": event.args["minDebt"],
    }
    return [Row(Market, values)]


PROJECTIONS: Projections = {(Role.VAULT, "MarketCreated"): created}
