"""Liquidation: the reserve first, no more than the rule, no dust left, and the loss recorded when nothing is left."""

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.errors import BelowMinDebt, LineClosed, NotLiquidatable, PriceUnavailable, SeizedTooLittle
from orchestrator.credit.health import exceeds_ltv, unhealthy, value_down
from orchestrator.credit.liquidation import liquidation_limit, reserve_payment
from orchestrator.credit.operations import Flow, Party, Token, Transition, WriteOff, liquidate
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.payment import Payment, Source
from orchestrator.credit.state import LineState
from orchestrator.credit.status import Status, in_default, status
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, PRICE_SCALE, UINT96_MAX, Bps, CollateralWei, PriceE36, Timestamp, Wei
from tests.unit.credit.lines import (
    DAY,
    NO_CASH,
    NO_COLLATERAL,
    NO_ORACLE,
    OPENED_AT,
    TERMS,
    after,
    any_line,
    any_terms,
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

EVERYTHING = Wei(UINT96_MAX)
BORROWED = line(principal=usdc(1_000), collateral=weth(1))
"""Healthy down to 1,250 dollars."""


def take(
    state: LineState,
    reading: OracleReading,
    max_repaid: Wei = EVERYTHING,
    min_seized: CollateralWei = NO_COLLATERAL,
    terms: Terms = TERMS,
) -> Transition:
    return liquidate(state, terms, max_repaid, min_seized, reading, state.accrued_at)


def test_a_healthy_line_is_left_alone() -> None:
    with pytest.raises(NotLiquidatable):
        take(BORROWED, oracle(1_250))


def test_a_liquidation_brings_the_line_back_to_its_initial_ltv() -> None:
    """At 1,200 dollars: x = (1,000 - 720) / (1 - 0.6·1.05) = 756.756757; taken with 5 % on top."""
    result = take(BORROWED, oracle(1_200))
    repaid = Wei(756_756_757)
    seized = CollateralWei(repaid * 105 * 10**18 // (100 * usdc(1_200)))
    assert result.flows == (
        Flow(Token.LOAN, Party.CALLER, Party.VAULT, repaid),
        Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, seized),
    )
    assert result.payments == (Payment(Source.LIQUIDATION, NO_CASH, repaid),)
    assert result.state == replace(
        BORROWED,
        seq=2,
        principal=Wei(usdc(1_000) - repaid),
        collateral=CollateralWei(weth(1) - seized),
        claim_loan=repaid,
    )


def test_the_callers_amount_is_clamped_to_the_rule() -> None:
    """Pitfall 11."""
    assert take(BORROWED, oracle(1_200), max_repaid=usdc(756.756757)) == take(BORROWED, oracle(1_200))
    assert take(BORROWED, oracle(1_200), max_repaid=usdc(500)).payments[0].amount == usdc(500)


def test_a_caller_who_wants_more_collateral_than_there_is_for_it_pays_nothing() -> None:
    fair = take(BORROWED, oracle(1_200)).flows[1].amount
    assert take(BORROWED, oracle(1_200), min_seized=CollateralWei(fair)).flows[1].amount == fair
    with pytest.raises(SeizedTooLittle) as refusal:
        take(BORROWED, oracle(1_200), min_seized=CollateralWei(fair + 1))
    assert refusal.value.seized == fair


def test_the_reserve_pays_first_and_without_bonus() -> None:
    """1,000 of debt on 720 allowed: 280 restore the line, and no collateral moves."""
    result = take(replace(BORROWED, reserve=usdc(300)), oracle(1_200))
    assert result.flows == ()
    assert result.payments == (Payment(Source.RESERVE, NO_CASH, usdc(280)),)
    assert result.state.reserve == usdc(20)
    assert result.state.claim_loan == usdc(280)
    assert result.state.undrawn == 0


def test_only_what_the_reserve_leaves_is_liquidated() -> None:
    with_reserve = take(replace(BORROWED, reserve=usdc(37)), oracle(1_200))
    assert [payment.source for payment in with_reserve.payments] == [Source.RESERVE, Source.LIQUIDATION]
    assert with_reserve.payments[1].amount == 656_756_757
    assert with_reserve.state.reserve == 0


def test_a_reserve_that_makes_the_line_healthy_ends_the_liquidation() -> None:
    """Not back at the initial LTV, but no longer unhealthy: nothing to seize."""
    result = take(replace(BORROWED, reserve=usdc(50)), oracle(1_200))
    assert result.flows == ()
    assert result.state.reserve == 0
    assert not unhealthy(result.state, TERMS, dollars(1_200))


def test_a_defaulted_line_can_be_repaid_whole_though_it_is_healthy() -> None:
    defaulted = after(BORROWED, 40 * DAY)
    result = take(defaulted, oracle(4_000))
    assert debt(result.state) == 0
    assert result.state.collateral > 0
    assert status(result.state, TERMS) is Status.CURRENT


def test_a_default_that_the_reserve_ends_leaves_a_healthy_line_its_collateral() -> None:
    defaulted = replace(after(BORROWED, 40 * DAY), reserve=usdc(20))
    result = take(defaulted, oracle(4_000))
    assert result.state.collateral == weth(1)
    assert result.payments[0].amount == usdc(20)
    assert not in_default(result.state, TERMS)


def test_a_default_that_the_reserve_ends_leaves_an_unhealthy_line_its_initial_ltv() -> None:
    """Health, not default, is then what limits the repayment."""
    defaulted = replace(after(BORROWED, 40 * DAY), reserve=usdc(20))
    result = take(defaulted, oracle(1_200))
    assert debt(result.state) >= TERMS.min_debt
    assert result.state.collateral > 0


def test_a_feed_that_died_does_not_keep_the_reserve_of_a_defaulted_line() -> None:
    defaulted = replace(after(BORROWED, 40 * DAY), reserve=usdc(300))
    result = take(defaulted, NO_ORACLE, max_repaid=NO_CASH)
    assert result.state.reserve == 0
    assert result.state.claim_loan == usdc(300)
    assert result.state.collateral == weth(1)


def test_a_price_is_needed_to_seize_or_to_call_a_line_unhealthy() -> None:
    """Pitfall 1."""
    with pytest.raises(PriceUnavailable):
        take(after(BORROWED, 40 * DAY), NO_ORACLE)
    with pytest.raises(PriceUnavailable):
        take(BORROWED, NO_ORACLE, max_repaid=NO_CASH)


def test_no_debt_too_small_to_liquidate_is_left() -> None:
    """Pitfall 12: what would be left is below minDebt, so all of it may be repaid."""
    small = line(principal=usdc(150), collateral=weth(0.15))
    assert debt(take(small, oracle(1_200)).state) == 0


def test_not_even_one_wei_of_debt_is_left() -> None:
    """Pitfall 12: 600 wei of debt on 631 of value, of which the rule alone would have 599 repaid."""
    tiny = line(principal=Wei(600), collateral=CollateralWei(631))
    one_to_one = OracleReading(PriceE36(PRICE_SCALE), PriceE36(PRICE_SCALE))
    assert debt(take(tiny, one_to_one).state) == 0
    one_wei_debts = replace(TERMS, min_debt=Wei(1))
    assert debt(take(tiny, one_to_one, terms=one_wei_debts).state) == 1


def test_a_healthy_line_has_nothing_to_liquidate() -> None:
    assert liquidation_limit(BORROWED, TERMS, usdc(2_000)).max_repaid == 0


def test_a_caller_cannot_choose_to_leave_a_debt_too_small_to_liquidate() -> None:
    """Pitfall 12."""
    small = line(principal=usdc(150), collateral=weth(0.15))
    with pytest.raises(BelowMinDebt) as refusal:
        take(small, oracle(1_200), max_repaid=usdc(60))
    assert refusal.value.debt == usdc(90)
    assert debt(take(small, oracle(1_200), max_repaid=usdc(50)).state) == usdc(100)


def test_a_debt_that_the_collateral_cannot_cover_is_written_off() -> None:
    result = take(replace(BORROWED, undrawn=usdc(77)), oracle(500))
    repaid = Wei(-(-usdc(500) * 10_000 // 10_500))
    assert result.flows[1].amount == weth(1)
    assert result.write_off == WriteOff(principal=Wei(usdc(1_000) - repaid), charges=NO_CASH)
    assert result.state.claim_loan == repaid + usdc(77)
    assert status(result.state, TERMS) is Status.WRITTEN_OFF
    assert result.state.terminated
    assert debt(result.state) == 0


def test_a_loss_is_recorded_to_the_wei_of_the_debt() -> None:
    """Invariant 11: debt falls by repayment or by recorded write-off, nothing else."""
    owing = after(BORROWED, 20 * DAY)
    result = take(owing, oracle(500))
    assert result.write_off is not None
    assert result.write_off.charges == 0
    bare = replace(owing, collateral=NO_COLLATERAL)
    lost = take(bare, NO_ORACLE).write_off
    assert lost is not None
    assert lost.principal + lost.charges == debt(bare)
    assert lost.charges > 0


def test_a_write_off_leaves_nothing_owed() -> None:
    """Billed or not, charge or principal."""
    owing = replace(after(BORROWED, 220 * DAY), collateral=NO_COLLATERAL)
    assert min(owing.unbilled, owing.billed, owing.billed_principal, owing.unpaid_since) > 0
    gone = take(owing, NO_ORACLE).state
    assert (gone.principal, gone.unbilled, gone.billed, gone.billed_principal, gone.unpaid_since) == (0, 0, 0, 0, 0)


def test_a_written_off_line_is_over() -> None:
    gone = take(BORROWED, oracle(500)).state
    with pytest.raises(LineClosed):
        take(gone, oracle(500))


def test_collateral_worth_less_than_one_wei_does_not_keep_a_loss_open() -> None:
    dust = replace(BORROWED, collateral=CollateralWei(1))
    result = take(dust, oracle(1_200))
    assert result.flows == (Flow(Token.COLLATERAL, Party.VAULT, Party.RECIPIENT, 1),)
    assert result.write_off is not None


def test_a_reserve_left_over_keeps_the_line_alive() -> None:
    """No collateral, but cash enough: nothing is lost, and the rest of the reserve is the borrower's."""
    bare = line(principal=usdc(1_000), reserve=usdc(1_001))
    result = take(bare, NO_ORACLE)
    assert result.write_off is None
    assert debt(result.state) == 0
    assert result.state.reserve == usdc(1)


@st.composite
def unhealthy_line(draw: st.DrawFn) -> tuple[Terms, LineState, PriceE36]:
    terms, state = draw(fresh_line())
    return terms, state, draw(price_above_ltv(state, terms.liquidation_ltv_bps))


@st.composite
def defaulted_line(draw: st.DrawFn) -> tuple[Terms, LineState, PriceE36]:
    """Healthy or not, long after its maturity."""
    terms = draw(any_terms())
    state = draw(any_line(terms, principals=debts))
    state = advance(state, terms, Timestamp(terms.matures_at + 100 * DAY + state.seq))
    return terms, state, draw(price_for(state))


liquidatable_lines = unhealthy_line() | defaulted_line()


@given(liquidatable_lines)
def test_a_liquidation_restores_the_initial_ltv_and_never_takes_more_than_the_rule(
    case: tuple[Terms, LineState, PriceE36],
) -> None:
    """The target is met up to the one wei of value that is rounded down when what is left is valued."""
    terms, state, price = case
    reading = OracleReading(price, price)
    result = take(state, reading, terms=terms)
    seized = sum(flow.amount for flow in result.flows if flow.token is Token.COLLATERAL)
    cash = sum(flow.amount for flow in result.flows if flow.token is Token.LOAN)
    incentive_bps = BPS + terms.bonus_bps
    assert seized <= state.collateral
    assert value_down(CollateralWei(seized), price) * BPS <= cash * incentive_bps
    left = result.state
    target_met = debt(left) * BPS <= terms.initial_ltv_bps * (value_down(left.collateral, price) + 1)
    reserve_was_enough = not seized and not cash and not unhealthy(left, terms, price)
    assert target_met or reserve_was_enough or left.collateral == 0


@given(unhealthy_line())
def test_without_a_default_no_wei_more_than_the_target_needs_is_repaid(
    case: tuple[Terms, LineState, PriceE36],
) -> None:
    """One wei less would miss the initial LTV, unless all is repaid or seized because too little would be left."""
    terms, state, price = case
    value = value_down(state.collateral, price)
    limit = liquidation_limit(state, terms, value)
    less = limit.max_repaid - 1
    repays_or_seizes_all = limit.max_repaid == min(debt(state), limit.seizes_all_at)
    debt_left, taken = debt(state) - less, less * (BPS + terms.bonus_bps)
    assert repays_or_seizes_all or debt_left * BPS * BPS > terms.initial_ltv_bps * (value * BPS - taken)


@given(liquidatable_lines, st.integers(0, 10**15))
def test_no_partial_liquidation_leaves_dust(case: tuple[Terms, LineState, PriceE36], amount: int) -> None:
    """Pitfall 12."""
    terms, state, price = case
    try:
        result = take(state, OracleReading(price, price), max_repaid=Wei(amount), terms=terms)
    except BelowMinDebt:
        return
    if any(payment.source is Source.LIQUIDATION for payment in result.payments):
        left = debt(result.state)
        assert left == 0 or left >= terms.min_debt or result.state.collateral == 0


@given(liquidatable_lines)
def test_the_reserve_never_pays_more_than_restores_the_line(case: tuple[Terms, LineState, PriceE36]) -> None:
    terms, state, price = case
    paid = reserve_payment(state, terms, OracleReading(price, price))
    assert paid <= min(state.reserve, debt(state))
    if not in_default(state, terms) and paid:
        one_less = Wei(debt(state) - paid + 1)
        assert exceeds_ltv(one_less, value_down(state.collateral, price), terms.initial_ltv_bps)


def test_the_greatest_bonus_is_still_covered_at_the_greatest_ltv() -> None:
    """lltv·(1 + bonus) < 1: at the threshold the liquidator is paid in full and the line is still whole."""
    terms = replace(TERMS, bonus_bps=Bps(2_000), liquidation_ltv_bps=Bps(8_000), in_kind_discount_bps=Bps(100))
    state = line(principal=usdc(1_000), collateral=weth(1))
    result = take(state, oracle(1_249.999), terms=terms)
    assert result.state.collateral > 0
    assert result.write_off is None


def test_the_seizure_is_rounded_down() -> None:
    """Pitfall 13: in favour of the collateral that stays."""
    result = take(BORROWED, oracle(1_230), max_repaid=Wei(1))
    exact = Fraction(10_500 * PRICE_SCALE, 10_000 * dollars(1_230))
    assert exact - 1 < result.flows[1].amount < exact


def test_time_before_a_liquidation_counts() -> None:
    """The charges up to now are in the debt that is tested."""
    tight = line(principal=usdc(1_000), collateral=weth(1))
    now = Timestamp(OPENED_AT + DAY)
    result = liquidate(tight, TERMS, EVERYTHING, NO_COLLATERAL, oracle(1_250), now)
    assert result.state.accrued_at == now
    assert result.payments[0].charges > 0
