"""Using the line: drawing, and repaying in cash, from the reserve and in kind."""

from dataclasses import replace

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.errors import (
    BelowMinDebt,
    BeyondInitialLtv,
    BeyondUndrawn,
    BillUnpaid,
    LineTerminated,
    NothingDue,
    WindowOver,
    ZeroAmount,
)
from orchestrator.credit.health import exceeds_ltv, value_down
from orchestrator.credit.in_kind import check_in_kind_offered, quote_in_kind
from orchestrator.credit.keeper import check_fee_bps, keeper_fee_down, largest_payment
from orchestrator.credit.operations.transition import Flow, Party, Token, Transition, live, transition
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.payment import Source, credit_cash, pay
from orchestrator.credit.repayment import Repayment, needed_in_cash, needed_in_kind
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, Timestamp, Wei


def draw(state: LineState, terms: Terms, amount: Wei, oracle: OracleReading, now: Timestamp) -> Transition:
    """Pays undrawn money out, up to the initial LTV at the risk price.

    Raises:
        LineClosed, ZeroAmount, LineTerminated, WindowOver, BillUnpaid, BeyondUndrawn, PriceUnavailable
        BelowMinDebt: the principal would be below the market's minimum.
        BeyondInitialLtv: the debt would exceed the initial LTV.
    """
    if amount <= 0:
        raise ZeroAmount
    state = advance(live(state), terms, now)
    if state.terminated:
        raise LineTerminated
    if now >= terms.window_ends_at:
        raise WindowOver(terms.window_ends_at)
    if state.bill_unpaid:
        raise BillUnpaid(state.unpaid_since)
    if amount > state.undrawn:
        raise BeyondUndrawn(amount, state.undrawn)
    drawn = replace(state, principal=Wei(state.principal + amount), undrawn=Wei(state.undrawn - amount))
    if drawn.principal < terms.min_debt:
        raise BelowMinDebt(drawn.principal, terms.min_debt)
    value = value_down(state.collateral, oracle.to_add_risk())
    if exceeds_ltv(debt(drawn), value, terms.initial_ltv_bps):
        raise BeyondInitialLtv(debt(drawn), value, terms.initial_ltv_bps)
    return transition(drawn, Flow(Token.LOAN, Party.VAULT, Party.RECIPIENT, amount))


def repay(state: LineState, terms: Terms, amount: Wei, now: Timestamp) -> Transition:
    """Repays in cash, clamped to the debt: needs no price, cannot be paused.

    Raises:
        LineClosed, ZeroAmount
        NothingDue: there is no debt.
    """
    if amount <= 0:
        raise ZeroAmount
    state = advance(live(state), terms, now)
    if debt(state) == 0:
        raise NothingDue
    paid, payment = pay(state, min(amount, debt(state)), Source.CASH)
    return transition(
        credit_cash(state, paid, payment, terms),
        Flow(Token.LOAN, Party.CALLER, Party.VAULT, payment.amount),
        payments=(payment,),
    )


def repay_from_reserve(
    state: LineState, terms: Terms, repayment: Repayment, oracle: OracleReading, now: Timestamp
) -> Transition:
    """Repays what is needed as far as the reserve and the budget go, both with the fee.

    Raises:
        LineClosed, FeeTooHigh, NothingDue, PriceUnavailable
        ZeroAmount: the reserve or the budget pays nothing.
    """
    state = advance(live(state), terms, now)
    check_fee_bps(repayment.fee_bps)
    needed = needed_in_cash(state, terms, repayment, oracle)
    budget = Wei(min(state.reserve, repayment.max_spent))
    amount = min(needed, largest_payment(budget, repayment.fee_bps))
    if amount <= 0:
        raise ZeroAmount
    fee = keeper_fee_down(amount, repayment.fee_bps)
    paid, payment = pay(state, amount, Source.RESERVE)
    paid = replace(paid, reserve=Wei(paid.reserve - amount - fee))
    return transition(
        credit_cash(state, paid, payment, terms),
        Flow(Token.LOAN, Party.VAULT, Party.KEEPER, fee),
        payments=(payment,),
    )


def repay_in_kind(
    state: LineState, terms: Terms, repayment: Repayment, oracle: OracleReading, now: Timestamp
) -> Transition:
    """Repays by moving collateral to the holder's claim; nothing returns to undrawn.

    Raises:
        LineClosed, FeeTooHigh, PriceUnavailable, InKindRefused, NothingDue, InKindNotNeeded
        Unhealthy: the line is healthy, and would not be after it.
        ZeroAmount: what may be paid, or what the collateral buys, comes to nothing.
    """
    state = advance(live(state), terms, now)
    check_fee_bps(repayment.fee_bps)
    check_in_kind_offered(terms, oracle)
    needed = needed_in_kind(state, terms, repayment, oracle)
    budget = CollateralWei(repayment.max_spent)
    quote = quote_in_kind(state, terms, needed, budget, repayment.fee_bps, oracle)
    if quote.paid <= 0:
        raise ZeroAmount
    paid, payment = pay(state, quote.paid, Source.COLLATERAL)
    paid = replace(
        paid,
        collateral=CollateralWei(paid.collateral - quote.seized - quote.fee),
        claim_collateral=CollateralWei(paid.claim_collateral + quote.seized),
    )
    return transition(paid, Flow(Token.COLLATERAL, Party.VAULT, Party.KEEPER, quote.fee), payments=(payment,))
