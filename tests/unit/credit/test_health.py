"""Debt against collateral: every bound is shown to be the last one that holds."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.accrual import debt
from orchestrator.credit.errors import CreditError
from orchestrator.credit.health import (
    ANY_PRICE,
    NO_PRICE,
    exceeds_ltv,
    excess_over_initial_ltv_up,
    highest_price_above_ltv,
    ltv_bps_up,
    max_draw,
    max_withdrawal,
    unhealthy,
    unhealthy_price,
    value_down,
)
from orchestrator.credit.operations import draw, withdraw
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, Bps, CollateralWei, PriceE36, Wei
from tests.unit.credit.lines import (
    DAY,
    EMPTY,
    TERMS,
    after,
    amounts,
    bps,
    dollars,
    fresh_line,
    line,
    price_for,
    terms_and_line,
    usdc,
    weth,
)

PRICE = dollars(2_000)
BORROWED = line(principal=usdc(1_600), undrawn=usdc(10_000), collateral=weth(1))


@st.composite
def priced_line(draw_: st.DrawFn) -> tuple[Terms, LineState, PriceE36]:
    terms, state = draw_(terms_and_line())
    return terms, state, draw_(price_for(state))


def test_collateral_is_worth_its_amount_times_the_price() -> None:
    """Pitfall 14: 18 decimals of WETH, 6 of USDC, one scale."""
    assert value_down(weth(1.5), PRICE) == usdc(3_000)
    assert value_down(CollateralWei(1), PRICE) == 0


@pytest.mark.parametrize("loan_decimals", [0, 6, 8, 18])
@pytest.mark.parametrize("collateral_decimals", [0, 6, 8, 18])
def test_decimals_do_not_matter(loan_decimals: int, collateral_decimals: int) -> None:
    """Pitfall 14."""
    price = PriceE36(2_000 * 10**loan_decimals * 10**36 // 10**collateral_decimals)
    assert value_down(CollateralWei(3 * 10**collateral_decimals), price) == 6_000 * 10**loan_decimals


def test_a_line_is_healthy_at_its_liquidation_ltv_and_not_a_wei_above() -> None:
    assert not unhealthy(BORROWED, TERMS, PRICE)
    assert unhealthy(replace(BORROWED, principal=Wei(BORROWED.principal + 1)), TERMS, PRICE)


def test_debt_without_collateral_is_unhealthy_at_any_price() -> None:
    """Pitfall 1, turned around: no value is no reason to be taken for healthy."""
    bare = line(principal=Wei(1))
    assert unhealthy(bare, TERMS, PRICE)
    assert ltv_bps_up(bare, PRICE) is None
    assert unhealthy_price(bare, TERMS) == ANY_PRICE


def test_a_line_without_debt_is_healthy_at_any_price() -> None:
    assert not unhealthy(EMPTY, TERMS, PriceE36(1))
    assert ltv_bps_up(EMPTY, PRICE) == 0
    assert unhealthy_price(line(collateral=weth(1)), TERMS) == NO_PRICE


def test_an_ltv_of_zero_is_crossed_by_any_debt() -> None:
    assert highest_price_above_ltv(Wei(1), weth(1), Bps(0)) == ANY_PRICE


@given(priced_line())
def test_the_ltv_for_people_is_rounded_up(case: tuple[Terms, LineState, PriceE36]) -> None:
    _, state, price = case
    value, ltv_bps = value_down(state.collateral, price), ltv_bps_up(state, price)
    if ltv_bps is None:
        assert value == 0 < debt(state)
        return
    assert not exceeds_ltv(debt(state), value, ltv_bps)
    assert ltv_bps == 0 or exceeds_ltv(debt(state), value, Bps(ltv_bps - 1))


@given(amounts, amounts, bps(0, BPS))
def test_the_price_of_a_threshold_is_exact(debt_wei: int, collateral: int, ltv_bps: Bps) -> None:
    """At the price the debt exceeds the LTV, at one unit more it does not."""
    price = highest_price_above_ltv(Wei(debt_wei), CollateralWei(collateral), ltv_bps)
    if price not in (NO_PRICE, ANY_PRICE):
        assert exceeds_ltv(Wei(debt_wei), value_down(CollateralWei(collateral), price), ltv_bps)
    if price != ANY_PRICE:
        above = value_down(CollateralWei(collateral), PriceE36(price + 1))
        assert not exceeds_ltv(Wei(debt_wei), above, ltv_bps)
    else:
        assert debt_wei > 0
        assert collateral * ltv_bps == 0


@given(priced_line())
def test_the_price_that_turns_a_line_unhealthy_is_the_greatest_such_price(
    case: tuple[Terms, LineState, PriceE36],
) -> None:
    terms, state, price = case
    assert unhealthy(state, terms, price) == (price <= unhealthy_price(state, terms))


@given(priced_line())
def test_repaying_the_excess_restores_the_initial_ltv_and_a_wei_less_does_not(
    case: tuple[Terms, LineState, PriceE36],
) -> None:
    terms, state, price = case
    value = value_down(state.collateral, price)
    excess = excess_over_initial_ltv_up(state, terms, value)
    assert excess <= debt(state)
    assert not exceeds_ltv(Wei(debt(state) - excess), value, terms.initial_ltv_bps)
    if excess:
        assert exceeds_ltv(Wei(debt(state) - excess + 1), value, terms.initial_ltv_bps)


@st.composite
def line_with_room(draw_: st.DrawFn) -> tuple[Terms, LineState, PriceE36]:
    """Just drawn on, at or below its initial LTV where that is possible, with more to draw."""
    terms, state = draw_(fresh_line())
    terms = replace(terms, draw_window_s=terms.term_s)
    least = min(10**60, highest_price_above_ltv(debt(state), state.collateral, terms.initial_ltv_bps)) + 1
    price = PriceE36(least * draw_(st.just(1_000) | st.integers(1_000, 10_000)) // 1_000)
    return terms, replace(state, undrawn=Wei(draw_(amounts))), price


lines_with_or_without_room = line_with_room() | priced_line()


@given(lines_with_or_without_room)
def test_the_greatest_draw_is_allowed_and_a_wei_more_is_not(case: tuple[Terms, LineState, PriceE36]) -> None:
    terms, state, price = case
    reading, now = OracleReading(price, price), state.accrued_at
    most = max_draw(state, terms, price)
    if most:
        assert draw(state, terms, most, reading, now).state.principal == state.principal + most
    with pytest.raises(CreditError):
        draw(state, terms, Wei(most + 1), reading, now)


@given(lines_with_or_without_room)
def test_the_greatest_withdrawal_is_allowed_and_a_wei_more_is_not(case: tuple[Terms, LineState, PriceE36]) -> None:
    terms, state, price = case
    reading, now = OracleReading(price, price), state.accrued_at
    most = max_withdrawal(state, terms, price)
    if most:
        assert withdraw(state, terms, most, reading, now).state.collateral == state.collateral - most
    with pytest.raises(CreditError):
        withdraw(state, terms, CollateralWei(most + 1), reading, now)


def test_a_small_draw_is_allowed_on_top_of_a_large_one() -> None:
    """The minimum binds the principal, not the draw."""
    nearly_drawn = line(principal=usdc(950), undrawn=usdc(50), collateral=weth(1))
    assert max_draw(nearly_drawn, TERMS, PRICE) == usdc(50)
    assert max_draw(line(undrawn=usdc(99), collateral=weth(1)), TERMS, PRICE) == 0


def test_nothing_can_be_drawn_once_the_line_ended() -> None:
    assert max_draw(BORROWED, replace(TERMS, initial_ltv_bps=Bps(7_900)), dollars(3_000)) > 0
    for flag in (LineFlags.TERMINATED, LineFlags.CLOSED, LineFlags.WRITTEN_OFF):
        assert max_draw(replace(BORROWED, flags=flag), TERMS, dollars(3_000)) == 0


def test_without_a_price_only_a_line_without_debt_returns_collateral() -> None:
    """Pitfall 1."""
    assert max_withdrawal(after(BORROWED, 200 * DAY), TERMS, None) == 0
    assert max_withdrawal(after(line(collateral=weth(1)), 200 * DAY), TERMS, None) == weth(1)
    assert max_withdrawal(replace(line(collateral=weth(1)), flags=LineFlags.CLOSED), TERMS, None) == 0
