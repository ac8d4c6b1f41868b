"""A candidate's price and time are conservative: whatever fires or can be liquidated later came up by then."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.credit.accrual import advance
from orchestrator.credit.firing import Moment, evaluate, fire_price
from orchestrator.credit.health import ANY_PRICE, NO_PRICE, unhealthy_price
from orchestrator.credit.liquidation import liquidatable
from orchestrator.credit.mandate import Kind, Mandate, MandateState
from orchestrator.credit.state import LineFlags
from orchestrator.credit.units import HOUR, PriceE36, Timestamp
from orchestrator.triggers.candidates import (
    NEVER,
    Threshold,
    horizon,
    liquidation_threshold,
    repay_threshold,
)
from orchestrator.triggers.lines import StandingLine, StandingMandate
from tests.unit.credit.lines import DAY, OPENED_AT, TERMS, dollars, line, usdc, weth
from tests.unit.credit.mandates import DUE, LEVEL, LTV, REGISTERED, mandates, moments

waits = st.integers(0, 3 * DAY) | st.integers(0, 60).map(lambda hours: hours * HOUR)


def standing(at: Moment, mandate: Mandate, state: MandateState = REGISTERED) -> tuple[StandingLine, StandingMandate]:
    held = StandingMandate("0x" + "11" * 32, "0x" + "a3" * 20, mandate, state, (1, 0))
    return StandingLine(mandate.line_id, 1, at.line, at.terms, (1, 0), (held,)), held


def reached(threshold: Threshold, price: PriceE36 | None, now: Timestamp) -> bool:
    """What the query in ``candidates.reached`` says."""
    by_price = threshold.fire_price is not None and threshold.fire_price >= (ANY_PRICE if price is None else price)
    return by_price or (threshold.due_at is not None and threshold.due_at <= now)


def states() -> st.SearchStrategy[MandateState]:
    return st.builds(
        MandateState,
        registered_at=st.just(OPENED_AT),
        period=st.integers(0, 3),
        spent=st.integers(0, 10**12),
        fires=st.integers(0, 5),
        closed=st.booleans(),
    )


@settings(max_examples=500)
@given(mandates(), states(), moments(), waits, waits)
def test_whatever_fires_later_had_come_up_by_then(
    mandate: Mandate, state: MandateState, at: Moment, worked_out_after_s: int, fires_after_s: int
) -> None:
    worked_out_at = Timestamp(at.now + worked_out_after_s)
    later = replace(at, now=Timestamp(worked_out_at + fires_after_s))
    threshold = repay_threshold(*standing(at, mandate, state), worked_out_at)
    came_up = reached(threshold, later.oracle.measuring_price, later.now)
    assert came_up or not evaluate(mandate, state, later).fires


@settings(max_examples=500)
@given(mandates(), states(), moments(), waits, waits)
def test_what_needs_no_price_comes_up_without_one(
    mandate: Mandate, state: MandateState, at: Moment, worked_out_after_s: int, fires_after_s: int
) -> None:
    worked_out_at = Timestamp(at.now + worked_out_after_s)
    blind = replace(at.oracle, measuring_price=None)
    later = replace(at, now=Timestamp(worked_out_at + fires_after_s), oracle=blind)
    came_up = reached(repay_threshold(*standing(at, mandate, state), worked_out_at), None, later.now)
    assert came_up or not evaluate(mandate, state, later).fires


@settings(max_examples=300)
@given(moments(), waits, waits)
def test_whatever_can_be_liquidated_later_had_come_up_by_then(
    at: Moment, worked_out_after_s: int, later_by_s: int
) -> None:
    worked_out_at = Timestamp(at.now + worked_out_after_s)
    later = Timestamp(worked_out_at + later_by_s)
    threshold = liquidation_threshold(standing(at, DUE)[0], worked_out_at)
    came_up = reached(threshold, at.oracle.measuring_price, later)
    assert came_up or not liquidatable(advance(at.line, at.terms, later), at.terms, at.oracle)


@given(mandates(kinds=(Kind.LTV,)), moments(), waits)
def test_until_its_horizon_a_price_covers_the_debt_as_it_grows(mandate: Mandate, at: Moment, later_by_s: int) -> None:
    """At the highest price at which the mandate would fire later, it comes up: not one unit of the price is missing."""
    later = Timestamp(at.now + later_by_s)
    critical = fire_price(mandate, at.line, at.terms, later)
    threshold = repay_threshold(*standing(at, mandate), at.now)
    assert critical == NO_PRICE or later > mandate.expiry or reached(threshold, critical, later)


@given(moments(), waits)
def test_until_its_horizon_a_liquidation_price_covers_the_debt_as_it_grows(at: Moment, later_by_s: int) -> None:
    later = Timestamp(at.now + later_by_s)
    critical = unhealthy_price(advance(at.line, at.terms, later), at.terms)
    assert critical == NO_PRICE or reached(liquidation_threshold(standing(at, DUE)[0], at.now), critical, later)


def test_a_healthy_line_comes_up_only_when_its_horizon_is_over() -> None:
    at = Moment(line(principal=usdc(1_000), collateral=weth(1)), TERMS, None, None, 6, OPENED_AT)  # type: ignore[arg-type]
    threshold = repay_threshold(*standing(at, LTV), OPENED_AT)
    assert threshold.due_at == horizon(LTV.line_id, OPENED_AT)
    assert not reached(threshold, dollars(2_000), OPENED_AT)
    assert reached(threshold, dollars(1_000 / 0.7), OPENED_AT)


def test_what_is_over_revoked_or_expired_never_comes_up() -> None:
    at = Moment(line(principal=usdc(1_000)), TERMS, None, None, 6, OPENED_AT)  # type: ignore[arg-type]
    closed = replace(at, line=replace(at.line, flags=LineFlags.CLOSED))
    for mandate in (DUE, LTV, LEVEL):
        assert repay_threshold(*standing(closed, mandate), OPENED_AT) == NEVER
        assert repay_threshold(*standing(at, mandate, replace(REGISTERED, revoked=True)), OPENED_AT) == NEVER
        assert repay_threshold(*standing(at, mandate), Timestamp(mandate.expiry + 1)) == NEVER
    assert liquidation_threshold(standing(closed, DUE)[0], OPENED_AT) == NEVER


def test_a_mandate_whose_period_is_closed_comes_up_with_the_next_period() -> None:
    at = Moment(line(principal=usdc(1_000)), TERMS, None, None, 6, OPENED_AT)  # type: ignore[arg-type]
    closed = replace(REGISTERED, closed=True, fires=1)
    for mandate in (LTV, LEVEL):
        threshold = repay_threshold(*standing(at, mandate, closed), OPENED_AT)
        assert threshold == Threshold(None, Timestamp(OPENED_AT + mandate.period_s))


def test_what_no_market_price_decides_comes_up_in_every_block() -> None:
    at = Moment(line(principal=usdc(1_000)), TERMS, None, None, 6, OPENED_AT)  # type: ignore[arg-type]
    assert LEVEL.kind is Kind.LEVEL
    assert repay_threshold(*standing(at, LEVEL), OPENED_AT) == Threshold(None, OPENED_AT)


@given(st.integers(1, 10**6), st.integers(OPENED_AT, 2**31))
def test_horizons_of_neighbouring_lines_are_apart(line_id: int, now: int) -> None:
    at = Timestamp(now)
    assert horizon(line_id, at) != horizon(line_id + 1, at)
    assert DAY <= horizon(line_id, at) - now < 2 * DAY
