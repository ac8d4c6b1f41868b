"""The price, the date and the answer at which mandates fire: safe for picking candidates, and exact for people."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.accrual import advance, due
from orchestrator.credit.firing import Moment, WhyNot, evaluate, fire_price, next_due_at
from orchestrator.credit.health import (
    ANY_PRICE,
    NO_PRICE,
)
from orchestrator.credit.mandate import Kind, Mandate, MandateState
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.outlook import outlook
from orchestrator.credit.share import FeedReading, share_owed
from orchestrator.credit.state import LineFlags
from orchestrator.credit.units import (
    BPS,
    HOUR,
    UINT96_MAX,
    Bps,
    PriceE36,
    Timestamp,
    Wei,
)
from tests.unit.credit.lines import (
    DAY,
    OPENED_AT,
    TERMS,
    after,
    bps,
)
from tests.unit.credit.mandates import (
    BILLED_AT,
    DUE,
    LEVEL,
    LINE,
    LTV,
    REGISTERED,
    SHARE,
    in_kind,
    mandates,
    moment,
    moments,
)


@given(mandates(kinds=(Kind.LTV,)), moments(), st.integers(0, 200 * HOUR), st.integers(0, 200 * HOUR))
def test_no_ltv_mandate_fires_above_its_fire_price(mandate: Mandate, at: Moment, wait_s: int, more_s: int) -> None:
    """No false negative: whatever price fires it, at any second up to the horizon, is at or below the fire price."""
    until = Timestamp(at.now + wait_s + more_s)
    firing = evaluate(mandate, MandateState(OPENED_AT), replace(at, now=Timestamp(at.now + wait_s)))
    if firing.fires:
        assert at.oracle.to_measure() <= fire_price(mandate, at.line, at.terms, until)


@given(moments(), bps(1, 12_000), st.integers(0, 200 * HOUR))
def test_the_fire_price_is_the_price_at_the_horizon(at: Moment, threshold_bps: Bps, wait_s: int) -> None:
    """Not only safe but tight: at the horizon a mandate with money to spend fires at it, and not one unit above."""
    mandate = replace(LTV, threshold_bps=threshold_bps, cap_per_period=UINT96_MAX, expiry=Timestamp(2**40 - 1))
    rich = replace(at.line, reserve=Wei(10**20))
    until = Timestamp(at.now + wait_s)
    price = fire_price(mandate, rich, at.terms, until)
    for candidate, fires in ((price, True), (PriceE36(price + 1), False)):
        if NO_PRICE < candidate < ANY_PRICE:
            there = Moment(rich, at.terms, OracleReading(None, candidate), None, 6, until)
            assert evaluate(mandate, MandateState(OPENED_AT), there).fires is fires


@pytest.mark.parametrize("mandate", [DUE, LEVEL, SHARE], ids=["DUE", "LEVEL", "SHARE"])
def test_only_ltv_mandates_have_a_fire_price(mandate: Mandate) -> None:
    assert fire_price(mandate, LINE, TERMS, BILLED_AT) == NO_PRICE


def test_a_mandate_that_no_price_can_fire_has_none() -> None:
    assert fire_price(LTV, replace(LINE, flags=LineFlags.CLOSED), TERMS, OPENED_AT) == NO_PRICE
    assert fire_price(in_kind(LTV), LINE, replace(TERMS, in_kind_discount_bps=Bps(0)), OPENED_AT) == NO_PRICE


def test_in_kind_the_fire_price_knows_the_lenders_ltv_until_a_bill_comes() -> None:
    early = replace(in_kind(LTV), threshold_bps=Bps(6_500))
    no_bill = Timestamp(BILLED_AT - 1)
    assert fire_price(early, LINE, TERMS, no_bill) == fire_price(in_kind(LTV), LINE, TERMS, no_bill)
    assert fire_price(early, LINE, TERMS, BILLED_AT) > fire_price(in_kind(LTV), LINE, TERMS, BILLED_AT)


@given(moments())
def test_a_due_mandate_fires_from_its_date_on_and_not_before(at: Moment) -> None:
    mandate = replace(DUE, cap_per_period=UINT96_MAX, expiry=Timestamp(2**40 - 1))
    rich, state = replace(at.line, reserve=Wei(10**20)), MandateState(OPENED_AT)
    due_at = next_due_at(mandate, state, rich, at.terms, at.now)
    if due_at is None:
        never = Timestamp(at.now + 2 * at.terms.term_s)
        assert due(advance(rich, at.terms, never)) == 0
        return
    assert evaluate(mandate, state, replace(at, line=rich, now=due_at)).fires
    if due_at > at.now:
        assert not evaluate(mandate, state, replace(at, line=rich, now=Timestamp(due_at - 1))).fires


def test_a_closed_period_moves_the_date() -> None:
    closed = replace(REGISTERED, period=1, closed=True)
    unpaid = after(LINE, 40 * DAY)
    assert next_due_at(DUE, closed, unpaid, TERMS, unpaid.accrued_at) == OPENED_AT + 60 * DAY


def test_there_is_no_date_after_the_expiry_nor_for_other_kinds() -> None:
    short = replace(DUE, expiry=Timestamp(BILLED_AT - 1))
    assert next_due_at(short, REGISTERED, LINE, TERMS, OPENED_AT) is None
    assert next_due_at(LTV, REGISTERED, LINE, TERMS, OPENED_AT) is None
    assert next_due_at(DUE, REGISTERED, replace(LINE, flags=LineFlags.CLOSED), TERMS, OPENED_AT) is None
    assert next_due_at(DUE, replace(REGISTERED, revoked=True), LINE, TERMS, OPENED_AT) is None


class TestOutlook:
    def test_a_due_mandate_has_a_date(self) -> None:
        view = outlook(DUE, REGISTERED, moment())
        assert view.due_at == BILLED_AT
        assert view.firing.why_not is WhyNot.NOTHING_DUE
        assert (view.at_or_below_price, view.at_or_above_answer) == (None, None)

    def test_an_ltv_mandate_has_a_price(self) -> None:
        view = outlook(LTV, REGISTERED, moment())
        assert view.at_or_below_price is not None
        there = OracleReading(None, view.at_or_below_price)
        assert evaluate(LTV, REGISTERED, moment(reading=there)).fires

    def test_a_share_mandate_has_an_answer(self) -> None:
        feed = FeedReading(10**8, 8)
        marked = replace(REGISTERED, mark=10**8)
        answer = outlook(SHARE, marked, moment(feed=feed)).at_or_above_answer
        assert answer is not None
        assert share_owed(SHARE, marked, FeedReading(answer, 8), 6).owed == 1
        assert share_owed(SHARE, marked, FeedReading(answer - 1, 8), 6).owed == 0
        assert outlook(SHARE, marked, moment()).at_or_above_answer is None

    def test_a_share_already_carried_needs_no_new_revenue(self) -> None:
        carried = replace(REGISTERED, mark=10**8, carry=BPS * 10**8)
        assert outlook(SHARE, carried, moment(feed=FeedReading(0, 8))).at_or_above_answer == 10**8

    def test_a_mandate_of_a_closed_line_never_opens(self) -> None:
        view = outlook(DUE, REGISTERED, moment(replace(LINE, flags=LineFlags.CLOSED)))
        assert view.open_from is None
        assert outlook(DUE, REGISTERED, moment()).open_from == OPENED_AT
