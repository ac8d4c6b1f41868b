"""The order in which a payment is applied, and where the money goes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.accrual import debt, due
from orchestrator.credit.payment import Payment, Source, credit_cash, credit_claim, pay
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import DEN, Numerator, Timestamp, Wei
from tests.unit.credit.lines import DAY, EMPTY, OPENED_AT, TERMS, after, line, terms_and_line, usdc


def owing(*, billed: float = 0, billed_principal: int = 0, unbilled: float = 0, principal: int = 0) -> LineState:
    """Charges in wei, fractions of which are exact in the numerators."""
    return replace(
        EMPTY,
        principal=Wei(principal),
        billed=Numerator(round(billed * DEN)),
        billed_principal=Wei(billed_principal),
        unbilled=Numerator(round(unbilled * DEN)),
        unpaid_since=OPENED_AT if billed or billed_principal else Timestamp(0),
    )


OWING = owing(billed=10, billed_principal=100, unbilled=5, principal=1_000)


@pytest.mark.parametrize(
    ("amount", "left"),
    [
        (4, owing(billed=6, billed_principal=100, unbilled=5, principal=1_000)),
        (10, owing(billed=0, billed_principal=100, unbilled=5, principal=1_000)),
        (30, owing(billed=0, billed_principal=80, unbilled=5, principal=980)),
        (110, owing(billed=0, billed_principal=0, unbilled=5, principal=900)),
        (113, owing(billed=0, billed_principal=0, unbilled=2, principal=900)),
        (115, owing(billed=0, billed_principal=0, unbilled=0, principal=900)),
        (415, owing(billed=0, billed_principal=0, unbilled=0, principal=600)),
        (1_015, EMPTY),
    ],
)
def test_charges_billed_then_principal_billed_then_charges_then_principal(amount: int, left: LineState) -> None:
    assert pay(OWING, Wei(amount), Source.CASH)[0] == left


def test_a_payment_says_what_it_paid() -> None:
    assert pay(OWING, Wei(120), Source.RESERVE)[1] == Payment(Source.RESERVE, charges=Wei(15), principal=Wei(105))


def test_a_bill_is_unpaid_until_all_of_it_is_paid() -> None:
    assert pay(OWING, Wei(109), Source.CASH)[0].unpaid_since == OPENED_AT
    assert pay(OWING, Wei(110), Source.CASH)[0].unpaid_since == 0


def test_what_is_rounded_up_in_a_bill_is_credited_to_the_next() -> None:
    """Pitfall 2: 0.3 wei billed costs 1 wei, and the other 0.7 are not lost."""
    state = pay(owing(billed=0.3, unbilled=2), Wei(1), Source.CASH)[0]
    assert state == owing(unbilled=1.3)


def test_a_credit_ends_with_the_charges() -> None:
    state = pay(owing(billed=0.3, unbilled=0.4, principal=10), Wei(1), Source.CASH)[0]
    assert state == owing(principal=10)


def test_more_than_the_debt_cannot_be_paid() -> None:
    with pytest.raises(ValueError, match="does not fit a debt of 1015"):
        pay(OWING, Wei(1_016), Source.CASH)


@st.composite
def line_and_payment(draw: st.DrawFn) -> tuple[Terms, LineState, Wei]:
    terms, state = draw(terms_and_line())
    return terms, state, Wei(draw(st.integers(0, debt(state))))


@given(line_and_payment())
def test_debt_falls_by_what_is_paid_to_the_wei(case: tuple[Terms, LineState, Wei]) -> None:
    """Invariant 11. A payment covers the bill before anything else."""
    _, state, amount = case
    paid, payment = pay(state, amount, Source.CASH)
    assert payment.amount == amount
    assert debt(state) - debt(paid) == amount
    assert due(paid) == max(0, due(state) - amount)
    assert state.principal - paid.principal == payment.principal
    assert paid.bill_unpaid == (due(paid) > 0)


@given(line_and_payment(), st.integers(0, 10**15))
def test_paying_in_two_parts_equals_paying_at_once(case: tuple[Terms, LineState, Wei], cut: int) -> None:
    """Pitfall 13: no rounding to be won by splitting."""
    _, state, amount = case
    first = Wei(min(cut, amount))
    in_parts = pay(pay(state, first, Source.CASH)[0], Wei(amount - first), Source.CASH)[0]
    assert in_parts == pay(state, amount, Source.CASH)[0]


@given(line_and_payment())
def test_the_holder_never_gets_less_than_the_exact_charges(case: tuple[Terms, LineState, Wei]) -> None:
    """Pitfall 13: rounding never favours the borrower. Charges forgiven are charges paid, and not a fraction more."""
    _, state, amount = case
    paid, payment = pay(state, amount, Source.CASH)
    forgiven = state.billed + state.unbilled - paid.billed - paid.unbilled
    assert forgiven <= payment.charges * DEN


def _cash(state: LineState, amount: Wei) -> LineState:
    paid, payment = pay(state, amount, Source.CASH)
    return credit_cash(state, paid, payment, TERMS)


def test_principal_paid_in_cash_within_the_window_can_be_drawn_again() -> None:
    state = after(line(principal=usdc(1_000), undrawn=usdc(500)), DAY)
    charges = Wei(debt(state) - usdc(1_000))
    paid = _cash(state, Wei(charges + usdc(400)))
    assert paid.undrawn == usdc(900)
    assert paid.claim_loan == charges


@pytest.mark.parametrize("elapsed_s", [180 * DAY, 200 * DAY], ids=["at the end of the window", "after it"])
def test_principal_paid_after_the_window_is_the_holders(elapsed_s: int) -> None:
    state = after(line(principal=usdc(1_000), undrawn=usdc(500)), elapsed_s)
    paid = _cash(state, debt(state))
    assert paid.undrawn == usdc(500)
    assert paid.claim_loan == debt(state)


def test_principal_paid_on_a_terminated_line_is_the_holders() -> None:
    state = replace(after(line(principal=usdc(1_000)), DAY), flags=LineFlags.TERMINATED)
    assert _cash(state, debt(state)).claim_loan == debt(state)


def test_principal_paid_in_default_is_the_holders_though_the_payment_ends_the_default() -> None:
    in_grace = after(line(principal=usdc(1_000)), 33 * DAY)
    assert _cash(in_grace, debt(in_grace)).undrawn == usdc(1_000)
    defaulted = after(line(principal=usdc(1_000)), 33 * DAY + 1)
    assert _cash(defaulted, debt(defaulted)).undrawn == 0
    assert _cash(defaulted, debt(defaulted)).claim_loan == debt(defaulted)


@given(line_and_payment())
def test_every_wei_paid_is_somewhere(case: tuple[Terms, LineState, Wei]) -> None:
    """Invariant 9."""
    terms, state, amount = case
    paid, payment = pay(state, amount, Source.CASH)
    for credited in (credit_cash(state, paid, payment, terms), credit_claim(paid, payment)):
        assert credited.loan_escrow - state.loan_escrow == amount


def test_numbers_of_sources_are_those_of_the_contract() -> None:
    """``enum Source`` of ``ICreditVault``."""
    assert {source.name: source.value for source in Source} == {
        "CASH": 0,
        "RESERVE": 1,
        "COLLATERAL": 2,
        "LIQUIDATION": 3,
    }
