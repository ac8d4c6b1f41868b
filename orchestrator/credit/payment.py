"""The order in which a payment is applied, whatever its source."""

from dataclasses import dataclass, replace
from enum import IntEnum

from orchestrator.credit.accrual import debt
from orchestrator.credit.state import NEVER_UNPAID, LineState
from orchestrator.credit.status import in_default
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import DEN, Numerator, Wei, div_up, zero_floor_sub


class Source(IntEnum):
    """Where a payment came from (contract: ``Source``)."""

    CASH = 0
    RESERVE = 1
    COLLATERAL = 2
    LIQUIDATION = 3


@dataclass(frozen=True, slots=True)
class Payment:
    """What a payment went to; ``charges + principal`` is what the debt fell by (event ``Repaid``)."""

    source: Source
    charges: Wei
    principal: Wei

    @property
    def amount(self) -> Wei:
        return Wei(self.charges + self.principal)


def pay(state: LineState, amount: Wei, source: Source) -> tuple[LineState, Payment]:
    """Applies ``amount`` ≤ debt to a state accrued to now: billed charges, billed principal, other charges, principal.

    Only what is owed changes; where the money goes is for the functions below to say.
    """
    if not 0 <= amount <= debt(state):
        raise ValueError(f"a payment of {amount} does not fit a debt of {debt(state)}")
    state, billed_charges = _pay_billed_charges(state, amount)
    left = amount - billed_charges
    billed_principal = min(left, state.billed_principal)
    left -= billed_principal
    unbilled_charges = min(left, div_up(state.unbilled, DEN))
    left -= unbilled_charges
    principal = Wei(state.principal - billed_principal - left)
    bill_left = min(state.billed_principal - billed_principal, principal)
    state = replace(
        state,
        principal=principal,
        unbilled=Numerator(zero_floor_sub(state.unbilled, unbilled_charges * DEN)),
        billed_principal=Wei(bill_left),
        unpaid_since=state.unpaid_since if state.billed or bill_left else NEVER_UNPAID,
    )
    return state, Payment(source, Wei(billed_charges + unbilled_charges), Wei(billed_principal + left))


def credit_cash(before: LineState, paid: LineState, payment: Payment, terms: Terms) -> LineState:
    """Cash, the payer's or the reserve's: charges go to the holder's claim, principal back to undrawn or to the claim.

    Principal can be drawn again only before the end of the window of a line that is neither terminated nor in default;
    ``before`` is that line as it stood, accrued to now, before the payment.
    """
    if before.accrued_at >= terms.window_ends_at or before.terminated or in_default(before, terms):
        return credit_claim(paid, payment)
    return replace(
        paid, undrawn=Wei(paid.undrawn + payment.principal), claim_loan=Wei(paid.claim_loan + payment.charges)
    )


def credit_claim(paid: LineState, payment: Payment) -> LineState:
    """All of it goes to the holder's claim in the loan token: liquidation and close."""
    return replace(paid, claim_loan=Wei(paid.claim_loan + payment.amount))


def _pay_billed_charges(state: LineState, amount: Wei) -> tuple[LineState, Wei]:
    """A full payment is rounded up to whole wei; its surplus is credited to the unbilled charges, never lost."""
    owed = div_up(state.billed, DEN)
    if amount < owed:
        return replace(state, billed=Numerator(state.billed - amount * DEN)), amount
    surplus = owed * DEN - state.billed
    return replace(state, billed=Numerator(0), unbilled=Numerator(zero_floor_sub(state.unbilled, surplus))), Wei(owed)
