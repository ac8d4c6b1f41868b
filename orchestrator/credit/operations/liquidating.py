"""Liquidation, and the write-off of what it cannot cover."""

from dataclasses import dataclass, replace

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.errors import BelowMinDebt, NotLiquidatable, SeizedTooLittle
from orchestrator.credit.liquidation import (
    liquidatable,
    liquidation_limit,
    measured_value_down,
    reserve_payment,
    seized_down,
)
from orchestrator.credit.operations.ending import terminated
from orchestrator.credit.operations.transition import Flow, Party, Token, Transition, WriteOff, live, transition
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.payment import Payment, Source, credit_claim, pay
from orchestrator.credit.state import NEVER_UNPAID, LineFlags, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import CollateralWei, Numerator, Timestamp, Wei


@dataclass(frozen=True, slots=True)
class _Seizure:
    state: LineState
    payment: Payment
    seized: CollateralWei


def liquidate(
    state: LineState,
    terms: Terms,
    max_repaid: Wei,
    min_seized: CollateralWei,
    oracle: OracleReading,
    now: Timestamp,
) -> Transition:
    """The reserve pays first; if the line is then still unhealthy or in default, the caller pays and seizes.

    The caller's ``max_repaid`` is clamped to what the rule allows. With 0 only the reserve pays, and what is left
    without collateral and reserve is written off: on a line in default that needs no price, so that a feed which died
    for good does not keep the reserve from the holder.

    Raises:
        LineClosed, PriceUnavailable
        NotLiquidatable: healthy and not in default.
        BelowMinDebt: a smaller payment than allowed would leave too small a debt.
        SeizedTooLittle: the collateral is less than ``min_seized``.
    """
    state = advance(live(state), terms, now)
    if not liquidatable(state, terms, oracle):
        raise NotLiquidatable
    state, from_reserve = pay(state, reserve_payment(state, terms, oracle), Source.RESERVE)
    state = credit_claim(replace(state, reserve=Wei(state.reserve - from_reserve.amount)), from_reserve)
    seizure = _Seizure(state, Payment(Source.LIQUIDATION, Wei(0), Wei(0)), CollateralWei(0))
    if max_repaid > 0 and liquidatable(state, terms, oracle):
        seizure = _seize(state, terms, max_repaid, oracle)
    if seizure.seized < min_seized:
        raise SeizedTooLittle(seizure.seized, min_seized)
    state, written_off = _written_off_if_empty(seizure.state)
    return transition(
        state,
        Flow(Token.LOAN, Party.CALLER, Party.VAULT, seizure.payment.amount),
        Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, seizure.seized),
        payments=tuple(payment for payment in (from_reserve, seizure.payment) if payment.amount),
        write_off=written_off,
    )


def _seize(state: LineState, terms: Terms, max_repaid: Wei, oracle: OracleReading) -> _Seizure:
    limit = liquidation_limit(state, terms, measured_value_down(state, oracle))
    repaid = min(max_repaid, limit.max_repaid)
    debt_left = Wei(debt(state) - repaid)
    if 0 < debt_left < terms.min_debt and repaid != limit.seizes_all_at:
        raise BelowMinDebt(debt_left, terms.min_debt)
    seized = seized_down(state, terms, limit, repaid, oracle.to_measure()) if state.collateral else CollateralWei(0)
    paid, payment = pay(state, repaid, Source.LIQUIDATION)
    paid = replace(paid, collateral=CollateralWei(paid.collateral - seized))
    return _Seizure(credit_claim(paid, payment), payment, seized)


def _written_off_if_empty(state: LineState) -> tuple[LineState, WriteOff | None]:
    """A debt with nothing left behind it is the holder's loss; the line is over and its undrawn money released."""
    if state.collateral or state.reserve or debt(state) == 0:
        return state, None
    lost = WriteOff(state.principal, Wei(debt(state) - state.principal))
    state = terminated(state)
    state = replace(
        state,
        principal=Wei(0),
        unbilled=Numerator(0),
        billed=Numerator(0),
        billed_principal=Wei(0),
        unpaid_since=NEVER_UNPAID,
        flags=state.flags | LineFlags.WRITTEN_OFF,
    )
    return state, lost
