"""Bills and deadlines to come."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given

from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.schedule import bills_if_nothing_is_paid, bills_if_paid_when_due, defaults_at
from orchestrator.credit.state import LineState
from orchestrator.credit.status import in_default
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import Bps, Timestamp, Wei
from tests.unit.credit.lines import DAY, EMPTY, OPENED_AT, TERMS, after, line, terms_and_line, usdc

NO_CHARGES = replace(TERMS, apr_bps=Bps(0), commitment_bps=Bps(0), penalty_bps=Bps(0))
DRAWN = line(principal=usdc(1_000), undrawn=usdc(500))


def test_bills_are_interest_within_the_window_and_instalments_after_it() -> None:
    bills = bills_if_paid_when_due(DRAWN, TERMS, limit=100)
    assert [(bill.due_at - OPENED_AT) // DAY for bill in bills] == [*range(30, 361, 30), 365]
    assert [bill.principal for bill in bills[:7]] == [0, 0, 0, 0, 0, 0, usdc(100)]
    assert all(bill.charges > 0 for bill in bills)
    assert sum(bill.principal for bill in bills) == usdc(1_000)


def test_instalments_are_a_share_of_what_is_left() -> None:
    bills = bills_if_paid_when_due(DRAWN, NO_CHARGES, limit=3)
    assert [bill.amount for bill in bills] == [usdc(100), usdc(90), usdc(81)]


def test_unpaid_instalments_add_up_to_the_principal() -> None:
    bills = bills_if_nothing_is_paid(DRAWN, NO_CHARGES, limit=100)
    assert [bill.amount for bill in bills] == [usdc(100)] * 6 + [usdc(400)]
    assert bills[-1].due_at == TERMS.matures_at


def test_a_period_in_which_nothing_is_charged_has_no_bill() -> None:
    """A commitment fee that stays unpaid, and after the window nothing but the principal at maturity."""
    free = replace(NO_CHARGES, commitment_bps=Bps(100), amort_bps=Bps(0))
    bills = bills_if_nothing_is_paid(DRAWN, free, limit=100)
    assert [(bill.due_at - OPENED_AT) // DAY for bill in bills] == [*range(30, 181, 30), 365]


def test_a_limit_is_kept() -> None:
    assert len(bills_if_nothing_is_paid(DRAWN, TERMS, limit=2)) == 2


def test_a_bill_that_is_unpaid_already_comes_first() -> None:
    unpaid = after(DRAWN, 40 * DAY)
    for bills in (bills_if_paid_when_due(unpaid, TERMS, limit=2), bills_if_nothing_is_paid(unpaid, TERMS, limit=2)):
        assert bills[0].due_at == OPENED_AT + 30 * DAY
        assert bills[0].amount == due(unpaid)
        assert bills[1].due_at == OPENED_AT + 60 * DAY


def test_a_line_without_debt_has_no_bills() -> None:
    assert bills_if_paid_when_due(EMPTY, TERMS, limit=5) == ()
    assert bills_if_nothing_is_paid(EMPTY, TERMS, limit=5) == ()
    assert defaults_at(EMPTY, TERMS) is None


@given(terms_and_line())
def test_the_bills_add_up_to_what_is_owed_at_maturity(lived: tuple[Terms, LineState]) -> None:
    terms, state = lived
    end = Timestamp(max(state.accrued_at, terms.matures_at))
    bills = bills_if_nothing_is_paid(state, terms, limit=10_000)
    assert sum(bill.amount for bill in bills) == due(advance(state, terms, end)) == debt(advance(state, terms, end))
    assert all(earlier.due_at < later.due_at for earlier, later in pairwise(bills))


@given(terms_and_line())
def test_paid_bills_repay_the_whole_principal(lived: tuple[Terms, LineState]) -> None:
    terms, state = lived
    bills = bills_if_paid_when_due(state, terms, limit=10_000)
    assert sum((bill.principal for bill in bills), start=Wei(0)) == state.principal
    assert all(bill.amount > 0 for bill in bills)


@given(terms_and_line())
def test_the_first_second_of_a_default_is_exact(lived: tuple[Terms, LineState]) -> None:
    terms, state = lived
    first = defaults_at(state, terms)
    if first is None:
        assert debt(advance(state, terms, Timestamp(state.accrued_at + 2 * terms.term_s))) == 0
    elif first > state.accrued_at:
        assert not in_default(advance(state, terms, Timestamp(first - 1)), terms)
        assert in_default(advance(state, terms, first), terms)
    else:
        assert in_default(state, terms)
