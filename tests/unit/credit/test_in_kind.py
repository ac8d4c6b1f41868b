"""Paying with collateral, and the keeper's fee."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.accrual import debt, due
from orchestrator.credit.errors import (
    FeeTooHigh,
    InKindNotNeeded,
    InKindRefused,
    NothingDue,
    PriceUnavailable,
    Unhealthy,
    ZeroAmount,
)
from orchestrator.credit.health import highest_price_above_ltv, unhealthy, value_down
from orchestrator.credit.in_kind import affordable_in_kind_down, allowance_in_kind, need_in_kind_up, seized_in_kind_up
from orchestrator.credit.keeper import keeper_fee_down, largest_payment
from orchestrator.credit.operations import Flow, Party, Token, Transition, repay_in_kind
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.payment import Payment, Source
from orchestrator.credit.repayment import of_amount
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, PRICE_SCALE, UINT96_MAX, Bps, CollateralWei, PriceE36, Wei, mul_div_down
from tests.unit.credit.lines import (
    DAY,
    NO_CASH,
    NO_ORACLE,
    TERMS,
    after,
    amounts,
    any_line,
    any_terms,
    bps,
    debts,
    dollars,
    fresh_line,
    line,
    oracle,
    price_above_ltv,
    price_for,
    usdc,
    weth,
)

ALL_CASH = Wei(UINT96_MAX)
ALL_COLLATERAL = CollateralWei(UINT96_MAX)
NO_FEE = Bps(0)
ONE_PERCENT = Bps(100)

fees = bps(0, 100)
discounts = bps(1, 2_000)
prices = st.integers(1, 10**60).map(PriceE36)

BORROWED = line(principal=usdc(1_000), collateral=weth(1))
BILLED = after(BORROWED, 31 * DAY)


def pay_in_kind(
    state: LineState,
    reading: OracleReading,
    max_paid: Wei = ALL_CASH,
    max_spent: CollateralWei = ALL_COLLATERAL,
    fee_bps: Bps = NO_FEE,
    terms: Terms = TERMS,
) -> Transition:
    return repay_in_kind(state, terms, of_amount(max_paid, max_spent, fee_bps), reading, state.accrued_at)


def test_a_bill_is_paid_in_kind_up_to_what_is_due() -> None:
    result = pay_in_kind(BILLED, oracle(2_000))
    seized = seized_in_kind_up(due(BILLED), TERMS.in_kind_discount_bps, dollars(2_000))
    assert result.payments == (Payment(Source.COLLATERAL, due(BILLED), NO_CASH),)
    assert result.flows == ()
    assert result.state.claim_collateral == seized
    assert result.state.collateral == weth(1) - seized
    assert not result.state.bill_unpaid


def test_the_holder_gets_the_discount() -> None:
    """98 dollars of debt cost 100 dollars of collateral at 2 %."""
    assert seized_in_kind_up(usdc(98), Bps(200), dollars(2_000)) == weth(0.05)


def test_above_the_in_kind_ltv_the_line_is_brought_back_to_its_initial_ltv() -> None:
    """At 1,400 dollars, 71.4 %: x = (1,000 - 840)·0.98 / (0.98 - 0.6)."""
    result = pay_in_kind(BORROWED, oracle(1_400))
    assert result.payments[0].amount == -(-usdc(160) * 98 // 38)
    value = value_down(result.state.collateral, dollars(1_400))
    assert debt(result.state) * BPS <= 6_000 * (value + 1)


def test_in_kind_waits_for_a_bill_or_for_the_ltv_that_the_lender_signed() -> None:
    last = highest_price_above_ltv(debt(BORROWED), BORROWED.collateral, TERMS.in_kind_ltv_bps)
    assert pay_in_kind(BORROWED, OracleReading(last, last)).payments
    first_below = PriceE36(last + 1)
    with pytest.raises(InKindNotNeeded):
        pay_in_kind(BORROWED, OracleReading(first_below, first_below))


def test_of_a_bill_and_an_ltv_the_one_that_allows_more_counts() -> None:
    value = value_down(BILLED.collateral, dollars(1_400))
    assert allowance_in_kind(BILLED, TERMS, value) == need_in_kind_up(BILLED, TERMS, value) > due(BILLED)
    matured = after(BORROWED, 365 * DAY)
    assert allowance_in_kind(matured, TERMS, value) == due(matured) == debt(matured)


def test_in_kind_never_returns_to_undrawn() -> None:
    result = pay_in_kind(replace(BORROWED, undrawn=usdc(5)), oracle(1_400))
    assert result.state.undrawn == usdc(5)
    assert result.state.claim_loan == 0


def test_a_discount_of_zero_turns_in_kind_off() -> None:
    with pytest.raises(InKindRefused):
        pay_in_kind(BILLED, oracle(2_000), terms=replace(TERMS, in_kind_discount_bps=Bps(0)))


def test_feeds_further_apart_than_the_discount_refuse_in_kind() -> None:
    apart = OracleReading(dollars(2_000), dollars(2_000), deviation_bps=Bps(200))
    assert pay_in_kind(BILLED, apart).payments
    with pytest.raises(InKindRefused):
        pay_in_kind(BILLED, replace(apart, deviation_bps=Bps(201)))


@pytest.mark.parametrize(
    "reading",
    [NO_ORACLE, OracleReading(None, dollars(2_000)), OracleReading(dollars(2_000), None)],
    ids=["none", "no risk price", "no measuring price"],
)
def test_in_kind_needs_both_readings(reading: OracleReading) -> None:
    """Pitfall 1."""
    with pytest.raises(PriceUnavailable):
        pay_in_kind(BILLED, reading)


def test_in_kind_never_makes_a_healthy_line_unhealthy() -> None:
    """Invariant 10: feeds far apart seize at the low price what is measured at the high one."""
    terms = replace(
        TERMS, apr_bps=Bps(0), bonus_bps=Bps(100), liquidation_ltv_bps=Bps(7_900), in_kind_discount_bps=Bps(2_000)
    )
    matured = after(line(principal=usdc(780), collateral=weth(1)), 365 * DAY, replace(terms, penalty_bps=Bps(0)))
    apart = OracleReading(dollars(800), dollars(1_000), deviation_bps=Bps(2_000))
    assert not unhealthy(matured, terms, dollars(1_000))
    with pytest.raises(Unhealthy):
        pay_in_kind(matured, apart, max_paid=usdc(300), terms=terms)
    assert pay_in_kind(matured, oracle(1_000), max_paid=usdc(300), terms=terms).payments


def test_the_keepers_fee_counts_for_the_health_that_is_left() -> None:
    """Invariant 10: at 956.5 dollars against 1,000 the payment leaves 0.04 % to spare, and the fee takes 0.3 %."""
    terms = replace(
        TERMS, apr_bps=Bps(0), bonus_bps=Bps(100), liquidation_ltv_bps=Bps(7_900), in_kind_discount_bps=Bps(2_000)
    )
    matured = after(line(principal=usdc(780), collateral=weth(1)), 365 * DAY, replace(terms, penalty_bps=Bps(0)))
    apart = OracleReading(dollars(956.5), dollars(1_000), deviation_bps=Bps(455))
    assert pay_in_kind(matured, apart, max_paid=usdc(300), terms=terms).payments
    with pytest.raises(Unhealthy):
        pay_in_kind(matured, apart, max_paid=usdc(300), fee_bps=ONE_PERCENT, terms=terms)


def test_an_unhealthy_line_may_pay_in_kind() -> None:
    assert pay_in_kind(BORROWED, oracle(1_100)).payments[0].amount > 0


def test_a_fee_above_the_cap_is_refused() -> None:
    """Pitfall 16."""
    with pytest.raises(FeeTooHigh):
        pay_in_kind(BILLED, oracle(2_000), fee_bps=Bps(101))


def test_nothing_is_paid_where_nothing_is_owed_or_nothing_is_left() -> None:
    with pytest.raises(NothingDue):
        pay_in_kind(line(collateral=weth(1)), oracle(2_000))
    with pytest.raises(ZeroAmount):
        pay_in_kind(BILLED, oracle(2_000), max_spent=CollateralWei(0))
    with pytest.raises(NothingDue):
        pay_in_kind(BILLED, oracle(2_000), max_paid=NO_CASH)


def test_one_wei_can_be_paid_in_kind() -> None:
    assert pay_in_kind(BILLED, oracle(2_000), max_paid=Wei(1)).payments[0].amount == 1


def test_the_keeper_is_paid_in_collateral_without_discount() -> None:
    result = pay_in_kind(BORROWED, oracle(1_400), fee_bps=ONE_PERCENT)
    paid = result.payments[0].amount
    fee = mul_div_down(paid // 100, PRICE_SCALE, dollars(1_400))
    assert result.flows == (Flow(Token.COLLATERAL, Party.VAULT, Party.KEEPER, fee),)
    assert result.state.collateral + result.state.claim_collateral + fee == weth(1)


@given(amounts, fees)
def test_the_largest_payment_fits_its_budget_with_the_fee_and_a_wei_more_does_not(budget: int, fee_bps: Bps) -> None:
    """Invariant 8."""
    paid = largest_payment(Wei(budget), fee_bps)
    assert paid + keeper_fee_down(paid, fee_bps) <= budget
    assert paid + 1 + keeper_fee_down(Wei(paid + 1), fee_bps) > budget


@given(amounts, discounts, fees, prices)
def test_what_a_budget_of_collateral_buys_never_costs_more(
    budget: int, discount_bps: Bps, fee_bps: Bps, price: PriceE36
) -> None:
    """Invariant 8."""
    paid = affordable_in_kind_down(CollateralWei(budget), discount_bps, fee_bps, price)
    fee = mul_div_down(keeper_fee_down(paid, fee_bps), PRICE_SCALE, price)
    assert seized_in_kind_up(paid, discount_bps, price) + fee <= budget


@given(amounts, discounts, fees, prices)
def test_what_a_budget_of_collateral_buys_is_within_three_wei_of_its_value(
    budget: int, discount_bps: Bps, fee_bps: Bps, price: PriceE36
) -> None:
    paid = affordable_in_kind_down(CollateralWei(budget), discount_bps, fee_bps, price)
    kept_bps = BPS - discount_bps
    value_used = (paid + 1) * BPS / kept_bps + (paid + 1) * fee_bps / BPS
    assert value_used >= (value_down(CollateralWei(budget), price)) * (1 - 1e-12) - 2


@given(amounts, discounts, prices)
def test_a_seizure_is_rounded_up_against_the_borrower(paid: int, discount_bps: Bps, price: PriceE36) -> None:
    """Pitfall 13."""
    seized = seized_in_kind_up(Wei(paid), discount_bps, price)
    kept_bps = BPS - discount_bps
    assert seized * price * kept_bps >= paid * PRICE_SCALE * BPS
    assert seized == 0 or (seized - 1) * price * kept_bps < paid * PRICE_SCALE * BPS


@st.composite
def indebted_line(draw: st.DrawFn) -> tuple[Terms, LineState, OracleReading]:
    """Often with a bill, at any price, with feeds no further apart than the discount allows."""
    terms = draw(any_terms())
    state = draw(any_line(terms, principals=debts))
    measuring = draw(price_for(state))
    apart_bps = draw(bps(0, terms.in_kind_discount_bps))
    return terms, state, OracleReading(PriceE36(max(1, measuring * (BPS - apart_bps) // BPS)), measuring, apart_bps)


@st.composite
def needy_line(draw: st.DrawFn) -> tuple[Terms, LineState, PriceE36]:
    """Above its initial LTV."""
    terms, state = draw(fresh_line())
    return terms, state, draw(price_above_ltv(state, terms.initial_ltv_bps))


@given(indebted_line(), fees, amounts, amounts)
def test_a_payment_in_kind_stays_within_every_bound(
    case: tuple[Terms, LineState, OracleReading], fee_bps: Bps, max_paid: int, max_spent: int
) -> None:
    """Invariants 8 and 9."""
    terms, state, reading = case
    try:
        result = pay_in_kind(state, reading, Wei(max_paid), CollateralWei(max_spent), fee_bps, terms)
    except (InKindNotNeeded, InKindRefused, NothingDue, ZeroAmount, Unhealthy):
        return
    paid = result.payments[0].amount
    fee = sum(flow.amount for flow in result.flows)
    assert 0 < paid <= min(max_paid, debt(state))
    assert debt(state) - debt(result.state) == paid
    assert state.collateral - result.state.collateral <= min(max_spent, state.collateral)
    assert state.collateral_escrow - result.state.collateral_escrow == fee
    assert result.state.loan_escrow == state.loan_escrow


@given(needy_line())
def test_a_payment_in_kind_that_is_not_cut_short_restores_the_initial_ltv(
    case: tuple[Terms, LineState, PriceE36],
) -> None:
    """With one price and no fee, up to the wei of collateral and the wei of value that roundings take."""
    terms, state, price = case
    need = need_in_kind_up(state, terms, value_down(state.collateral, price))
    seized = seized_in_kind_up(need, terms.in_kind_discount_bps, price)
    left = value_down(CollateralWei(max(0, state.collateral - seized)), price)
    slack = 2 + value_down(CollateralWei(1), price)
    cut_short = seized > state.collateral
    assert cut_short or (debt(state) - need) * BPS <= terms.initial_ltv_bps * (left + slack)


@given(needy_line())
def test_no_wei_more_than_needed_is_paid_in_kind(case: tuple[Terms, LineState, PriceE36]) -> None:
    terms, state, price = case
    value = value_down(state.collateral, price)
    less = need_in_kind_up(state, terms, value) - 1
    kept_bps = BPS - terms.in_kind_discount_bps
    # (debt - less)·1e4 > t0·(V - less·1e4/kept), multiplied out
    assert less >= 0
    assert (debt(state) - less) * BPS * kept_bps > terms.initial_ltv_bps * (value * kept_bps - less * BPS)
