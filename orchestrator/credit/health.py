"""Debt against the value of the collateral: ratios, room, and the prices at which a line crosses a threshold.

Two readings of the price exist (contract: ``IOracleAdapter``). The *risk* price passes every check and is the lower of
the feeds: drawing, withdrawing in debt and paying in kind use it. The *measuring* price is the higher fresh feed: LTV
and liquidation use it. Functions here take the one their docstring names. States are accrued to now by the caller.
"""

from orchestrator.credit.accrual import debt
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import (
    BPS,
    PRICE_SCALE,
    UINT256_MAX,
    Bps,
    CollateralWei,
    PriceE36,
    Wei,
    div_up,
    mul_div_down,
    mul_div_up,
    zero_floor_sub,
)

NO_PRICE = PriceE36(0)
"""Below every price: a threshold that is never crossed."""

ANY_PRICE = PriceE36(UINT256_MAX)
"""At or above every price: a threshold that is crossed whatever the price."""


def value_down(collateral: CollateralWei, price: PriceE36) -> Wei:
    """V: what ``collateral`` is worth in loan base units, rounded down."""
    return Wei(mul_div_down(collateral, price, PRICE_SCALE))


def exceeds_ltv(debt_wei: Wei, value: Wei, ltv_bps: Bps) -> bool:
    """Whether the debt is more than ``ltv_bps`` of the value. Exact: nothing is divided."""
    return debt_wei * BPS > ltv_bps * value


def ltv_bps_up(state: LineState, price: PriceE36) -> Bps | None:
    """Debt over value at the measuring price, rounded up, for people; None when there is debt and no value.

    Decisions use ``exceeds_ltv``, which does not round.
    """
    debt_wei, value = debt(state), value_down(state.collateral, price)
    if debt_wei == 0:
        return Bps(0)
    return Bps(mul_div_up(debt_wei, BPS, value)) if value else None


def unhealthy(state: LineState, terms: Terms, price: PriceE36) -> bool:
    """Whether the line can be liquidated at the measuring price."""
    return exceeds_ltv(debt(state), value_down(state.collateral, price), terms.liquidation_ltv_bps)


def excess_over_initial_ltv_up(state: LineState, terms: Terms, value: Wei) -> Wei:
    """What must be repaid, without touching the collateral, to be back at the initial LTV; at most the debt.

    ``value`` is V at the measuring price.
    """
    return Wei(div_up(zero_floor_sub(debt(state) * BPS, terms.initial_ltv_bps * value), BPS))


def max_draw(state: LineState, terms: Terms, price: PriceE36) -> Wei:
    """The most that ``operations.draw`` allows at the risk price; 0 when it allows nothing."""
    if state.over or state.terminated or state.bill_unpaid or state.accrued_at >= terms.window_ends_at:
        return Wei(0)
    max_debt = mul_div_down(terms.initial_ltv_bps, value_down(state.collateral, price), BPS)
    room = min(state.undrawn, zero_floor_sub(max_debt, debt(state)))
    return Wei(room if state.principal + room >= terms.min_debt else 0)


def max_withdrawal(state: LineState, terms: Terms, price: PriceE36 | None) -> CollateralWei:
    """The most collateral that ``operations.withdraw`` allows at the risk price; no price counts as a price of zero."""
    if state.over or leaves_through_close(state, terms):
        return CollateralWei(0)
    debt_wei = debt(state)
    if debt_wei == 0:
        return state.collateral
    if not price or terms.initial_ltv_bps == 0:
        return CollateralWei(0)
    value_needed = mul_div_up(debt_wei, BPS, terms.initial_ltv_bps)
    return CollateralWei(zero_floor_sub(state.collateral, mul_div_up(value_needed, PRICE_SCALE, price)))


def leaves_through_close(state: LineState, terms: Terms) -> bool:
    """With no principal and more to draw, the lender's minimum collateral stays until the line is closed.

    A terminated line has nothing to draw, so its window counts as over.
    """
    return state.principal == 0 and not state.terminated and state.accrued_at < terms.window_ends_at


def highest_price_above_ltv(debt_wei: Wei, collateral: CollateralWei, ltv_bps: Bps) -> PriceE36:
    """The greatest price at which the debt exceeds ``ltv_bps`` of the value: at every lower price it does too.

    ``NO_PRICE`` when it never does (no debt), ``ANY_PRICE`` when it always does (no collateral, or an LTV of zero).
    """
    if debt_wei == 0:
        return NO_PRICE
    if collateral == 0 or ltv_bps == 0:
        return ANY_PRICE
    value_needed = mul_div_up(debt_wei, BPS, ltv_bps)
    return PriceE36(min(mul_div_up(value_needed, PRICE_SCALE, collateral) - 1, ANY_PRICE))


def unhealthy_price(state: LineState, terms: Terms) -> PriceE36:
    """The greatest measuring price at which the line is unhealthy, as its debt stands."""
    return highest_price_above_ltv(debt(state), state.collateral, terms.liquidation_ltv_bps)
