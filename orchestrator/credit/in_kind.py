"""Paying with collateral: how much may be paid so, what a budget of collateral buys, what is seized for it.

The lender signed an in-kind LTV and a discount. Collateral goes to the holder's claim at the risk price less the
discount, rounded up, against the borrower. States are accrued to now by the caller.
"""

from dataclasses import dataclass

from orchestrator.credit.accrual import debt, due
from orchestrator.credit.errors import InKindNotNeeded, InKindRefused, Unhealthy
from orchestrator.credit.health import exceeds_ltv, value_down
from orchestrator.credit.keeper import keeper_fee_down
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import (
    BPS,
    PRICE_SCALE,
    Bps,
    CollateralWei,
    PriceE36,
    Wei,
    div_up,
    mul_div_down,
    mul_div_up,
    zero_floor_sub,
)


@dataclass(frozen=True, slots=True)
class InKindQuote:
    """``paid`` is what the debt falls by; ``seized`` goes to the holder's claim, ``fee`` to the keeper."""

    paid: Wei
    seized: CollateralWei
    fee: CollateralWei


def need_in_kind_up(state: LineState, terms: Terms, value: Wei) -> Wei:
    """What must be paid in kind to be back at the initial LTV, at most the debt; ``value`` is V at the measuring price.

    More than the cash that would do it, because the collateral shrinks too: the x that solves
    debt − x ≤ t0·(V − x/(1 − discount)).
    """
    kept_bps = BPS - terms.in_kind_discount_bps
    excess = zero_floor_sub(debt(state) * BPS, terms.initial_ltv_bps * value)
    return Wei(min(debt(state), div_up(excess * kept_bps, BPS * kept_bps - terms.initial_ltv_bps * BPS)))


def allowance_in_kind(state: LineState, terms: Terms, value: Wei) -> Wei:
    """The most that may be paid in kind now: what is due, or above the in-kind LTV what restores the initial LTV.

    ``value`` is V at the measuring price.
    """
    if not exceeds_ltv(debt(state), value, terms.in_kind_ltv_bps):
        return due(state)
    return max(due(state), need_in_kind_up(state, terms, value))


def seized_in_kind_up(paid: Wei, discount_bps: Bps, risk_price: PriceE36) -> CollateralWei:
    """⌈paid·1e36·1e4 / (price·(1e4 − discount))⌉."""
    return CollateralWei(mul_div_up(paid * PRICE_SCALE, BPS, risk_price * (BPS - discount_bps)))


def affordable_in_kind_down(budget: CollateralWei, discount_bps: Bps, fee_bps: Bps, risk_price: PriceE36) -> Wei:
    """A payment whose seizure and fee together take at most ``budget``.

    One paid wei takes 1/(1 − discount) wei of value for the holder and ``fee`` for the keeper. The value is rounded
    down before the quotient is, so the result can be a wei below the greatest that would fit, never above it.
    """
    kept_bps = BPS - discount_bps
    return Wei(mul_div_down(value_down(budget, risk_price), kept_bps * BPS, BPS * BPS + fee_bps * kept_bps))


def check_in_kind_offered(terms: Terms, oracle: OracleReading) -> None:
    """Whether prices and terms allow it at all, whatever is owed. Raises PriceUnavailable, InKindRefused."""
    oracle.to_add_risk()
    if terms.in_kind_discount_bps == 0 or terms.in_kind_discount_bps < oracle.deviation_bps:
        raise InKindRefused(terms.in_kind_discount_bps, oracle.deviation_bps)
    oracle.to_measure()


def quote_in_kind(
    state: LineState, terms: Terms, max_paid: Wei, max_spent: CollateralWei, fee_bps: Bps, oracle: OracleReading
) -> InKindQuote:
    """What a payment in kind of at most ``max_paid`` does, spending at most ``max_spent`` collateral with the fee.

    Raises:
        PriceUnavailable: the oracle does not pass every check.
        InKindRefused: the discount is zero, or smaller than the feeds' deviation.
        InKindNotNeeded: no bill is unpaid, and the LTV is not above the in-kind LTV.
        Unhealthy: a healthy line would be unhealthy after it.
    """
    check_in_kind_offered(terms, oracle)
    risk_price, measuring_price = oracle.to_add_risk(), oracle.to_measure()
    discount_bps = terms.in_kind_discount_bps
    value = value_down(state.collateral, measuring_price)
    allowance = allowance_in_kind(state, terms, value)
    if allowance == 0:
        raise InKindNotNeeded(debt(state), value, terms.in_kind_ltv_bps)
    budget = min(state.collateral, max_spent)
    paid = min(max_paid, allowance, affordable_in_kind_down(budget, discount_bps, fee_bps, risk_price))
    quote = InKindQuote(
        paid=paid,
        seized=seized_in_kind_up(paid, discount_bps, risk_price),
        fee=CollateralWei(mul_div_down(keeper_fee_down(paid, fee_bps), PRICE_SCALE, risk_price)),
    )
    _check_health(state, terms, quote, measuring_price)
    return quote


def _check_health(state: LineState, terms: Terms, quote: InKindQuote, measuring_price: PriceE36) -> None:
    """Far apart feeds seize more than the LTV gains: that must not hand a healthy line to its liquidators."""
    ltv_bps = terms.liquidation_ltv_bps
    if exceeds_ltv(debt(state), value_down(state.collateral, measuring_price), ltv_bps):
        return
    debt_left = Wei(debt(state) - quote.paid)
    value_left = value_down(CollateralWei(state.collateral - quote.seized - quote.fee), measuring_price)
    if exceeds_ltv(debt_left, value_left, ltv_bps):
        raise Unhealthy(debt_left, value_left, ltv_bps)
