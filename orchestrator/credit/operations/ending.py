"""How a line ends in order, and how its holder is paid."""

from dataclasses import replace

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.errors import LineTerminated, NothingToClaim, NotTerminable
from orchestrator.credit.operations.transition import Flow, Party, Token, Transition, live, transition
from orchestrator.credit.payment import Source, credit_claim, pay
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.status import in_default
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, Timestamp, Wei


def close(state: LineState, terms: Terms, now: Timestamp) -> Transition:
    """Pays all that is owed, from the reserve and then in cash, and returns the rest: needs no price, cannot be paused.

    Raises:
        LineClosed
    """
    state = advance(live(state), terms, now)
    state, from_reserve = pay(state, min(state.reserve, debt(state)), Source.RESERVE)
    state, in_cash = pay(state, debt(state), Source.CASH)
    reserve_left = state.reserve - from_reserve.amount
    state = released(credit_claim(credit_claim(state, from_reserve), in_cash))
    closed = replace(state, collateral=CollateralWei(0), reserve=Wei(0), flags=state.flags | LineFlags.CLOSED)
    return transition(
        closed,
        Flow(Token.LOAN, Party.CALLER, Party.VAULT, in_cash.amount),
        Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, state.collateral),
        Flow(Token.LOAN, Party.VAULT, Party.RECIPIENT, reserve_left),
        payments=tuple(payment for payment in (from_reserve, in_cash) if payment.amount),
    )


def terminate(state: LineState, terms: Terms, now: Timestamp) -> Transition:
    """Releases undrawn money to the holder's claim: of a line in default or past its draw window, whatever the debt.

    Raises:
        LineClosed, LineTerminated
        NotTerminable: the window is open and the line is not in default.
    """
    state = advance(live(state), terms, now)
    if state.terminated:
        raise LineTerminated
    if now < terms.window_ends_at and not in_default(state, terms):
        raise NotTerminable
    return transition(terminated(state))


def claim(state: LineState, token: Token) -> Transition:
    """Pays the holder all of its claim in one token. Never depends on status, and does not accrue.

    Raises:
        NothingToClaim
    """
    if token is Token.LOAN:
        amount: int = state.claim_loan
        paid_out = replace(state, claim_loan=Wei(0))
    else:
        amount = state.claim_collateral
        paid_out = replace(state, claim_collateral=CollateralWei(0))
    if amount == 0:
        raise NothingToClaim
    return transition(paid_out, Flow(token, Party.VAULT, Party.RECIPIENT, amount))


def terminated(state: LineState) -> LineState:
    """Marks a line that lends no more and releases what it had left to lend."""
    return replace(released(state), flags=state.flags | LineFlags.TERMINATED)


def released(state: LineState) -> LineState:
    """Undrawn money goes to the holder's claim."""
    return replace(state, undrawn=Wei(0), claim_loan=Wei(state.claim_loan + state.undrawn))
