"""Debt against the value of the collateral, at the oracle's price or at any other."""

from __future__ import annotations

from api.lines.schemas import Health
from api.lines.service import AccruedLine
from api.lines.units import Units
from orchestrator.credit.accrual import debt
from orchestrator.credit.errors import PriceUnavailable
from orchestrator.credit.health import ANY_PRICE, NO_PRICE, ltv_bps_up, unhealthy, unhealthy_price, value_down
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.units import PriceE36


def health_of(accrued: AccruedLine, oracle: OracleReading, unavailable: str | None, units: Units) -> Health:
    """At the measuring price of ``oracle``; ``unavailable`` says why it has none."""
    state, terms, price = accrued.state, accrued.terms, oracle.measuring_price
    threshold = NO_PRICE if state.over else unhealthy_price(state, terms)
    return Health(
        price=None if price is None else units.price(price),
        price_from=None if price is None else "oracle",
        price_unavailable=unavailable,
        collateral_value=None if price is None else units.loan(value_down(state.collateral, price)),
        ltv_bps=None if price is None else ltv_bps_up(state, price),
        healthy=_healthy(accrued, oracle),
        unhealthy_at_or_below=None if threshold in (NO_PRICE, ANY_PRICE) else units.price(threshold),
    )


def health_at_asked_price(accrued: AccruedLine, price: PriceE36, units: Units) -> Health:
    asked = health_of(accrued, OracleReading(None, price), None, units)
    return asked.model_copy(update={"price_from": "asked"})


def _healthy(accrued: AccruedLine, oracle: OracleReading) -> bool | None:
    """None when it depends on a price that is not there: without debt it does not, nor without collateral."""
    state, terms = accrued.state, accrued.terms
    if debt(state) == 0:
        return True
    if state.collateral == 0:
        return False
    try:
        return not unhealthy(state, terms, oracle.to_measure())
    except PriceUnavailable:
        return None
