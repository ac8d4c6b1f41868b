"""The borrower's own money in escrow: collateral and reserve, in and out."""

from dataclasses import replace

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.errors import (
    BeyondCollateral,
    BeyondInitialLtv,
    BeyondReserve,
    BillUnpaid,
    LeaveThroughClose,
    Unhealthy,
    ZeroAmount,
)
from orchestrator.credit.health import exceeds_ltv, leaves_through_close, value_down
from orchestrator.credit.liquidation import measured_value_down
from orchestrator.credit.operations.transition import Flow, Party, Token, Transition, live, transition
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, Timestamp, Wei


def deposit(state: LineState, amount: CollateralWei) -> Transition:
    """Adds collateral. Does not accrue: no charge depends on it."""
    _positive(amount)
    state = replace(live(state), collateral=CollateralWei(state.collateral + amount))
    return transition(state, Flow(Token.COLLATERAL, Party.CALLER, Party.VAULT, amount))


def withdraw(
    state: LineState, terms: Terms, amount: CollateralWei, oracle: OracleReading, now: Timestamp
) -> Transition:
    """Returns collateral: with no debt and the window over freely, else down to the initial LTV at the risk price.

    Raises:
        LineClosed, ZeroAmount, BeyondCollateral, PriceUnavailable
        LeaveThroughClose: no principal is drawn and the window is still open.
        BeyondInitialLtv: the debt would exceed the initial LTV.
    """
    _positive(amount)
    state = advance(live(state), terms, now)
    if amount > state.collateral:
        raise BeyondCollateral(amount, state.collateral)
    if leaves_through_close(state, terms):
        raise LeaveThroughClose
    left = CollateralWei(state.collateral - amount)
    if debt(state) > 0:
        value = value_down(left, oracle.to_add_risk())
        if exceeds_ltv(debt(state), value, terms.initial_ltv_bps):
            raise BeyondInitialLtv(debt(state), value, terms.initial_ltv_bps)
    return transition(replace(state, collateral=left), Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, amount))


def deposit_reserve(state: LineState, amount: Wei) -> Transition:
    """Adds to the reserve. Does not accrue: no charge depends on it."""
    _positive(amount)
    state = replace(live(state), reserve=Wei(state.reserve + amount))
    return transition(state, Flow(Token.LOAN, Party.CALLER, Party.VAULT, amount))


def withdraw_reserve(state: LineState, terms: Terms, amount: Wei, oracle: OracleReading, now: Timestamp) -> Transition:
    """Returns reserve while no bill is unpaid and the line is healthy; without debt no price is needed.

    Raises:
        LineClosed, ZeroAmount, BeyondReserve, BillUnpaid, PriceUnavailable, Unhealthy
    """
    _positive(amount)
    state = advance(live(state), terms, now)
    if amount > state.reserve:
        raise BeyondReserve(amount, state.reserve)
    if state.bill_unpaid:
        raise BillUnpaid(state.unpaid_since)
    if debt(state) > 0:
        value = measured_value_down(state, oracle)
        if exceeds_ltv(debt(state), value, terms.liquidation_ltv_bps):
            raise Unhealthy(debt(state), value, terms.liquidation_ltv_bps)
    return transition(
        replace(state, reserve=Wei(state.reserve - amount)), Flow(Token.LOAN, Party.VAULT, Party.RECIPIENT, amount)
    )


def _positive(amount: int) -> None:
    if amount <= 0:
        raise ZeroAmount
