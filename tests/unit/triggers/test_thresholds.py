"""A candidate's price and time are conservative: whatever fires or can be liquidated later came up by then."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from orchestrator.credit.accrual import advance
from orchestrator.credit.firing import Moment, evaluate, fire_price
from orchestrator.credit.health import ANY_PRICE, NO_PRICE, unhealthy_price
from orchestrator.credit.liquidation import liquidatable
from orchestrator.credit.mandate import Kind, Mandate, MandateState
from orchestrator.credit.state import LineFlags
from orchestrator.credit.units import HOUR, PriceE36, Timestamp
from orchestrator.triggers.lines import StandingLine, StandingMandate
from orchestrator.triggers.thresholds import (
    ANY_ANSWER,
    NEVER,
    Beyond,
    Resolution,
    Threshold,
    horizon,
    liquidation_threshold,
    repay_threshold,
)
from tests.unit.credit.lines import DAY, OPENED_AT, dollars, line, usdc, weth
from tests.unit.credit.mandates import DUE, FEED, LEVEL, LTV, REGISTERED, SHARE, mandates, moment, moments

waits = st.integers(0, 3 * DAY) | st.integers(0, 60).map(lambda hours: hours * HOUR)


def standing(at: Moment, mandate: Mandate, state: MandateState = REGISTERED) -> tuple[StandingLine, StandingMandate]:
    held = StandingMandate("0x" + "11" * 32, "0x" + "a3" * 20, mandate, state, (1, 0))
    return StandingLine(mandate.line_id, 1, at.line, at.terms, (1, 0), (held,)), held


RESOLUTIONS = st.just(Resolution(8, 6)) | st.none()
"""Of the feeds and loan tokens of ``moments``; None while a feed does not answer."""


def reached(threshold: Threshold, price: PriceE36 | None, now: Timestamp, answer: int | None = None) -> bool:
    """What the query in ``Candidates.reached`` says."""
    by_price = threshold.fire_price is not None and threshold.fire_price >= (ANY_PRICE if price is None else price)
    by_time = threshold.due_at is not None and threshold.due_at <= now
    return by_price or by_time or (answer is not None and _is_beyond(answer, threshold.beyond))


def _is_beyond(answer: int, beyond: Beyond | None) -> bool:
    if beyond is None:
        return False
    above, below = beyond.above, beyond.below
    return (above is not None and answer > above) or (below is not None and answer < below)


def states() -> st.SearchStrategy[MandateState]:
    return st.builds(
        MandateState,
        registered_at=st.just(OPENED_AT),
        period=st.integers(0, 3),
        spent=st.integers(0, 10**12),
        fires=st.integers(0, 5),
        closed=st.booleans(),
        mark=st.integers(0, 10**12),
        carry=st.integers(0, 10**13),
    )


@settings(max_examples=500)
@given(mandates(), states(), moments(), waits, waits, RESOLUTIONS)
def test_whatever_fires_later_had_come_up_by_then(
    mandate: Mandate,
    state: MandateState,
    at: Moment,
    worked_out_after_s: int,
    fires_after_s: int,
    resolution: Resolution | None,
) -> None:
    worked_out_at = Timestamp(at.now + worked_out_after_s)
    later = replace(at, now=Timestamp(worked_out_at + fires_after_s))
    threshold = repay_threshold(*standing(at, mandate, state), worked_out_at, resolution)
    assert later.feed is not None
    came_up = reached(threshold, later.oracle.measuring_price, later.now, later.feed.answer)
    assert came_up or not evaluate(mandate, state, later).fires


@settings(max_examples=500)
@given(mandates(), states(), moments(), waits, waits)
def test_what_needs_no_price_comes_up_without_one(
    mandate: Mandate, state: MandateState, at: Moment, worked_out_after_s: int, fires_after_s: int
) -> None:
    worked_out_at = Timestamp(at.now + worked_out_after_s)
    blind = replace(at.oracle, measuring_price=None)
    later = replace(at, now=Timestamp(worked_out_at + fires_after_s), oracle=blind)
    threshold = repay_threshold(*standing(at, mandate, state), worked_out_at, Resolution(8, 6))
    assert later.feed is not None
    came_up = reached(threshold, None, later.now, later.feed.answer)
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
    assume(at.line.reserve and at.line.collateral)
    later = Timestamp(at.now + later_by_s)
    critical = fire_price(mandate, at.line, at.terms, later)
    threshold = repay_threshold(*standing(at, mandate), at.now, None)
    assert critical == NO_PRICE or later > mandate.expiry or reached(threshold, critical, later)


@given(moments(), waits)
def test_until_its_horizon_a_liquidation_price_covers_the_debt_as_it_grows(at: Moment, later_by_s: int) -> None:
    later = Timestamp(at.now + later_by_s)
    critical = unhealthy_price(advance(at.line, at.terms, later), at.terms)
    assert critical == NO_PRICE or reached(liquidation_threshold(standing(at, DUE)[0], at.now), critical, later)


def test_a_healthy_line_comes_up_only_when_its_horizon_is_over() -> None:
    at = moment(line(principal=usdc(1_000), collateral=weth(1), reserve=usdc(1)))
    threshold = repay_threshold(*standing(at, LTV), OPENED_AT, None)
    assert threshold.due_at == horizon(LTV.line_id, OPENED_AT)
    assert not reached(threshold, dollars(2_000), OPENED_AT)
    assert reached(threshold, dollars(1_000 / 0.7), OPENED_AT)


def test_what_is_over_revoked_or_expired_never_comes_up() -> None:
    at = moment(line(principal=usdc(1_000), reserve=usdc(1)))
    closed = replace(at, line=replace(at.line, flags=LineFlags.CLOSED))
    for mandate in (DUE, LTV, LEVEL):
        assert repay_threshold(*standing(closed, mandate), OPENED_AT, None) == NEVER
        assert repay_threshold(*standing(at, mandate, replace(REGISTERED, revoked=True)), OPENED_AT, None) == NEVER
        assert repay_threshold(*standing(at, mandate), Timestamp(mandate.expiry + 1), None) == NEVER
    assert liquidation_threshold(standing(closed, DUE)[0], OPENED_AT) == NEVER


def test_a_mandate_whose_period_is_closed_comes_up_with_the_next_period() -> None:
    at = moment(line(principal=usdc(1_000), reserve=usdc(1)))
    closed = replace(REGISTERED, closed=True, fires=1)
    for mandate in (LTV, LEVEL):
        threshold = repay_threshold(*standing(at, mandate, closed), OPENED_AT, None)
        assert threshold == Threshold(due_at=Timestamp(OPENED_AT + mandate.period_s))


def test_a_level_comes_up_when_its_feed_is_beyond_it_and_in_no_other_block() -> None:
    at = moment(line(principal=usdc(1_000), reserve=usdc(1)))
    assert repay_threshold(*standing(at, LEVEL), OPENED_AT, None) == Threshold(beyond=Beyond(FEED, below=LEVEL.level))
    rising = replace(LEVEL, above=True)
    assert repay_threshold(*standing(at, rising), OPENED_AT, None) == Threshold(beyond=Beyond(FEED, above=LEVEL.level))


def test_a_share_comes_up_when_its_feed_has_grown_by_what_makes_one_base_unit() -> None:
    """A tenth of revenue in cents: a millionth of a dollar needs one cent, since a cent is the least that comes in."""
    at, state = moment(line(principal=usdc(1_000), reserve=usdc(1))), replace(REGISTERED, mark=500)
    threshold = repay_threshold(*standing(at, SHARE, state), OPENED_AT, Resolution(2, 6))
    assert threshold == Threshold(beyond=Beyond(FEED, above=500))
    owing = replace(state, carry=10_000 * 10**2)
    threshold = repay_threshold(*standing(at, SHARE, owing), OPENED_AT, Resolution(2, 6))
    assert threshold == Threshold(beyond=Beyond(FEED, above=ANY_ANSWER))


def test_what_has_nothing_to_pay_from_waits_until_somebody_brings_it() -> None:
    at = moment(line(principal=usdc(1_000), reserve=usdc(0)))
    for mandate in (DUE, LTV, LEVEL):
        assert repay_threshold(*standing(at, mandate), OPENED_AT, None) == NEVER


@given(st.integers(1, 10**6), st.integers(OPENED_AT, 2**31))
def test_horizons_of_neighbouring_lines_are_apart(line_id: int, now: int) -> None:
    at = Timestamp(now)
    assert horizon(line_id, at) != horizon(line_id + 1, at)
    assert DAY <= horizon(line_id, at) - now < 2 * DAY
