"""Bills and deadlines to come, for people and for picking candidates. Nothing here moves money."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from orchestrator.credit.accrual import advance, boundary_after, due, unpaid_from
from orchestrator.credit.payment import Source, credit_cash, pay
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import DEN, Numerator, Timestamp, Wei, div_up


@dataclass(frozen=True, slots=True)
class Bill:
    """What becomes due at ``due_at``, in loan base units."""

    due_at: Timestamp
    charges: Wei
    principal: Wei

    @property
    def amount(self) -> Wei:
        return Wei(self.charges + self.principal)


def defaults_at(state: LineState, terms: Terms) -> Timestamp | None:
    """First second in default if nobody draws or pays; None if that never comes."""
    unpaid_since = unpaid_from(state, terms)
    return None if unpaid_since is None else Timestamp(unpaid_since + terms.grace_s + 1)


def bills_if_paid_when_due(state: LineState, terms: Terms, limit: int) -> tuple[Bill, ...]:
    """The next ``limit`` bills of a state accrued to now, each paid in the second it appears; no further draws.

    A bill that is unpaid already comes first and is taken to be paid now.
    """
    return tuple(islice(_bills(state, terms, paid_when_due=True), limit))


def bills_if_nothing_is_paid(state: LineState, terms: Terms, limit: int) -> tuple[Bill, ...]:
    """The next ``limit`` bills of a state accrued to now if nobody draws or pays: each is what comes on top.

    A bill that is unpaid already comes first. The bill at maturity is the last, though charges go on after it.
    """
    return tuple(islice(_bills(state, terms, paid_when_due=False), limit))


def _bills(state: LineState, terms: Terms, *, paid_when_due: bool) -> Iterator[Bill]:
    if state.bill_unpaid:
        nothing_billed = replace(state, billed=Numerator(0), billed_principal=Wei(0))
        yield _bill_between(nothing_billed, state, state.unpaid_since)
        state = _bill_paid(state, terms) if paid_when_due else state
    while (due_at := _next_billing_second(state, terms)) is not None:
        billed = advance(state, terms, due_at)
        bill = _bill_between(state, billed, due_at)
        if bill.amount > 0:
            yield bill
        state = _bill_paid(billed, terms) if paid_when_due else billed


def _bill_between(before: LineState, after: LineState, due_at: Timestamp) -> Bill:
    charges = div_up(after.billed, DEN) - div_up(before.billed, DEN)
    return Bill(due_at, Wei(charges), Wei(after.billed_principal - before.billed_principal))


def _bill_paid(state: LineState, terms: Terms) -> LineState:
    paid, payment = pay(state, due(state), Source.CASH)
    return credit_cash(state, paid, payment, terms)


def _next_billing_second(state: LineState, terms: Terms) -> Timestamp | None:
    if not state.bill_unpaid:
        return unpaid_from(state, terms)
    return boundary_after(terms, state.accrued_at) if state.accrued_at < terms.matures_at else None
