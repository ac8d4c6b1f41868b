"""What a repayment out of reserve or collateral asks for, and what that comes to (contract: ``Need``, ``Repayment``).

States are accrued to now by the caller.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from orchestrator.credit.accrual import debt, due
from orchestrator.credit.errors import NothingDue
from orchestrator.credit.health import exceeds_ltv, excess_over_initial_ltv_up
from orchestrator.credit.in_kind import need_in_kind_up
from orchestrator.credit.keeper import keeper_fee_down, largest_payment
from orchestrator.credit.liquidation import measured_value_down
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import Bps, Wei, zero_floor_sub

NO_AMOUNT: Final = Wei(0)
NO_THRESHOLD: Final = Bps(0)


class Need(IntEnum):
    """What a repayment is to cover.

    AMOUNT: an amount, or the debt where that is less. BILL: what is billed and unpaid. EXCESS: what restores the
    initial LTV, once debt over value at the measuring price is above it and above a threshold.
    """

    AMOUNT = 0
    BILL = 1
    EXCESS = 2


@dataclass(frozen=True, slots=True)
class Repayment:
    """A repayment from what the line holds.

    Attributes:
        threshold_bps: read for EXCESS only.
        amount: read for AMOUNT only, in loan base units.
        max_spent: bounds payment and keeper's fee together, in base units of the token that they come from.
        fee_bps: of the payment.
    """

    need: Need
    threshold_bps: Bps
    amount: Wei
    max_spent: int
    fee_bps: Bps


def of_amount(amount: Wei, max_spent: int, fee_bps: Bps) -> Repayment:
    """A repayment of ``amount``, or of the debt where that is less."""
    return Repayment(Need.AMOUNT, NO_THRESHOLD, amount, max_spent, fee_bps)


def needed_in_cash(state: LineState, terms: Terms, repayment: Repayment, oracle: OracleReading) -> Wei:
    """What ``repayment`` is to cover in cash, at least one wei. Only an excess needs a price.

    Raises:
        NothingDue: nothing is needed.
        PriceUnavailable: an excess, and no measuring price.
    """
    if repayment.need is not Need.EXCESS:
        return _amount_or_bill(state, repayment)
    value = measured_value_down(state, oracle)
    _check_threshold(state, terms, repayment, value)
    return excess_over_initial_ltv_up(state, terms, value)


def needed_in_kind(state: LineState, terms: Terms, repayment: Repayment, oracle: OracleReading) -> Wei:
    """The same in kind, where an excess takes more: the collateral shrinks with the debt. Raises as in cash."""
    if repayment.need is not Need.EXCESS:
        return _amount_or_bill(state, repayment)
    value = measured_value_down(state, oracle)
    _check_threshold(state, terms, repayment, value)
    return need_in_kind_up(state, terms, value)


def given_by_wallet(wallet: Wei, reserve: Wei, needed: Wei, repayment: Repayment) -> Wei:
    """What ``reserve`` lacks for the payment that need, budget and both together can afford, and for its fee.

    ``wallet`` is the most that it gives. All of what it gives is spent: a unit for which no payment with its fee has a
    use stays where it is.
    """
    budget = Wei(min(repayment.max_spent, reserve + wallet))
    payment = min(needed, largest_payment(budget, repayment.fee_bps))
    return Wei(zero_floor_sub(payment + keeper_fee_down(payment, repayment.fee_bps), reserve))


def _amount_or_bill(state: LineState, repayment: Repayment) -> Wei:
    needed = due(state) if repayment.need is Need.BILL else min(repayment.amount, debt(state))
    if needed <= 0:
        raise NothingDue
    return needed


def _check_threshold(state: LineState, terms: Terms, repayment: Repayment, value: Wei) -> None:
    """Raises NothingDue unless debt over value is above both the threshold and the initial LTV."""
    if not exceeds_ltv(debt(state), value, max(repayment.threshold_bps, terms.initial_ltv_bps)):
        raise NothingDue
