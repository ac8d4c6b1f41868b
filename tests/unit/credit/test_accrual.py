"""What a line owes at any second, against a definition that walks there second by second."""

import sys
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.credit.accrual import advance, boundary_after, debt, due, unpaid_from
from orchestrator.credit.errors import TimeBeforeAccrual
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import DEN, HOUR, MAX_LIMIT, UINT32_MAX, Bps, Numerator, Seconds, Timestamp, Wei
from tests.unit.credit.lines import (
    DAY,
    EMPTY,
    OPENED_AT,
    TERMS,
    after,
    any_line,
    any_terms,
    line,
    terms_and_line,
    usdc,
)
from tests.unit.credit.naive import every_event, every_second

waits = st.integers(0, 40 * HOUR) | st.integers(0, 40).map(lambda hours: hours * HOUR)


@st.composite
def short_life(draw: st.DrawFn) -> tuple[Terms, LineState, int]:
    """A line of a few hours: every second of it can be walked."""
    terms = draw(any_terms(max_hours=4, max_period_hours=2))
    state = draw(any_line(terms))
    wait = draw(st.integers(0, 3 * HOUR) | st.integers(0, 3).map(lambda hours: hours * HOUR))
    return terms, state, state.accrued_at + wait


@settings(max_examples=settings().max_examples // 2)
@given(short_life())
def test_the_rule_equals_the_second_by_second_definition(life: tuple[Terms, LineState, int]) -> None:
    """Invariant 14."""
    terms, state, t = life
    assert advance(state, terms, Timestamp(t)) == every_second(state, terms, Timestamp(t))
    assert every_event(state, terms, Timestamp(t)) == every_second(state, terms, Timestamp(t))


@given(terms_and_line(), waits)
def test_the_rule_equals_the_definition_over_long_lives(lived: tuple[Terms, LineState], wait: int) -> None:
    """Invariant 14."""
    terms, state = lived
    t = Timestamp(state.accrued_at + wait)
    assert advance(state, terms, t) == every_event(state, terms, t)


@given(terms_and_line(), st.lists(waits, min_size=1, max_size=8))
def test_a_line_poked_many_times_equals_one_left_alone(lived: tuple[Terms, LineState], pauses: list[int]) -> None:
    """Invariant 14 and pitfall 2: whoever pokes, and however often, nothing is lost and nothing won."""
    terms, state = lived
    poked = state
    for pause in pauses:
        poked = advance(poked, terms, Timestamp(poked.accrued_at + pause))
    assert poked == advance(state, terms, Timestamp(state.accrued_at + sum(pauses)))


@given(terms_and_line(), waits, waits)
def test_debt_and_due_never_fall_by_themselves(lived: tuple[Terms, LineState], first: int, second: int) -> None:
    """Invariant 11, the half that time has to do with."""
    terms, state = lived
    sooner = advance(state, terms, Timestamp(state.accrued_at + first))
    later = advance(sooner, terms, Timestamp(sooner.accrued_at + second))
    assert debt(sooner) <= debt(later)
    assert due(sooner) <= due(later)
    assert due(later) <= debt(later)


@given(terms_and_line(), waits)
def test_a_bill_is_unpaid_exactly_when_something_is_billed(lived: tuple[Terms, LineState], wait: int) -> None:
    terms, state = lived
    state = advance(state, terms, Timestamp(state.accrued_at + wait))
    assert state.bill_unpaid == (due(state) > 0)
    assert state.billed_principal <= state.principal
    assert state.unpaid_since <= state.accrued_at


@given(terms_and_line())
def test_the_next_bill_is_announced_to_the_second(lived: tuple[Terms, LineState]) -> None:
    terms, state = lived
    unpaid_since = unpaid_from(state, terms)
    if unpaid_since is None:
        assert due(advance(state, terms, Timestamp(state.accrued_at + 10 * terms.term_s))) == 0
    elif not state.bill_unpaid:
        assert not advance(state, terms, Timestamp(unpaid_since - 1)).bill_unpaid
        assert advance(state, terms, unpaid_since).unpaid_since == unpaid_since


def test_interest_of_a_year_is_the_rate() -> None:
    terms = replace(TERMS, commitment_bps=Bps(0), amort_bps=Bps(0), penalty_bps=Bps(0))
    assert debt(after(line(principal=usdc(1_000)), 365 * DAY, terms)) == usdc(1_100)


def test_the_commitment_fee_stops_with_the_draw_window() -> None:
    idle = line(undrawn=usdc(365_000))
    assert debt(after(idle, 180 * DAY)) == usdc(1_800)
    assert debt(after(idle, 300 * DAY)) == usdc(1_800)


def test_principal_is_billed_at_the_boundaries_after_the_draw_window_only() -> None:
    """A boundary that falls on the window's last second is not after it."""
    drawn = line(principal=usdc(1_000))
    assert (TERMS.window_ends_at - OPENED_AT) % TERMS.period_s == 0
    assert after(drawn, 180 * DAY).billed_principal == 0
    assert after(drawn, 210 * DAY - 1).billed_principal == 0
    assert after(drawn, 210 * DAY).billed_principal == usdc(100)
    assert after(drawn, 240 * DAY).billed_principal == usdc(200)


def test_everything_is_billed_at_maturity() -> None:
    drawn = line(principal=usdc(1_000))
    assert after(drawn, 365 * DAY - 1).billed_principal == usdc(600)
    matured = after(drawn, 365 * DAY)
    assert matured.billed_principal == usdc(1_000)
    assert matured.unbilled == 0
    assert due(matured) == debt(matured)


def test_a_line_of_one_bill_owes_it_at_maturity() -> None:
    """No charges and no amortisation: the only bill is the principal, at M."""
    terms = replace(TERMS, apr_bps=Bps(0), commitment_bps=Bps(0), amort_bps=Bps(0))
    drawn = line(principal=usdc(1_000))
    assert unpaid_from(drawn, terms) == terms.matures_at
    assert not after(drawn, 365 * DAY - 1, terms).bill_unpaid
    assert after(drawn, 365 * DAY, terms).unpaid_since == terms.matures_at


def test_no_penalty_runs_within_grace() -> None:
    free = replace(TERMS, penalty_bps=Bps(0))
    drawn = line(principal=usdc(1_000))
    grace_over = 33 * DAY
    assert after(drawn, grace_over) == after(drawn, grace_over, free)
    one_second_later = after(drawn, grace_over + 1).unbilled - after(drawn, grace_over + 1, free).unbilled
    assert one_second_later == usdc(1_000) * 500


def test_a_line_without_debt_owes_nothing_for_ever() -> None:
    repaid = replace(EMPTY, reserve=usdc(5))
    assert advance(repaid, TERMS, Timestamp(UINT32_MAX)) == replace(repaid, accrued_at=Timestamp(UINT32_MAX))


def test_the_smallest_fraction_of_a_wei_makes_a_bill() -> None:
    """Pitfall 2: what a credit left of the charges is billed like any other."""
    remainder = replace(EMPTY, unbilled=Numerator(1))
    assert unpaid_from(remainder, TERMS) == OPENED_AT + TERMS.period_s
    assert due(after(remainder, TERMS.period_s)) == 1


def test_time_does_not_run_backwards() -> None:
    lived = after(line(principal=usdc(1_000)), DAY)
    with pytest.raises(TimeBeforeAccrual):
        advance(lived, TERMS, Timestamp(lived.accrued_at - 1))


def test_maturity_is_a_boundary_whatever_the_period() -> None:
    assert boundary_after(TERMS, OPENED_AT) == OPENED_AT + 30 * DAY
    assert boundary_after(TERMS, Timestamp(OPENED_AT + 30 * DAY)) == OPENED_AT + 60 * DAY
    assert boundary_after(TERMS, Timestamp(OPENED_AT + 361 * DAY)) == TERMS.matures_at


def test_an_hour_and_a_lifetime_take_the_same_number_of_steps() -> None:
    """No loop over periods: 65,000 of them are counted, not walked."""
    terms = replace(
        TERMS, period_s=Seconds(HOUR), grace_s=Seconds(HOUR), draw_window_s=Seconds(HOUR), term_s=Seconds(65_535 * HOUR)
    )
    drawn = advance(line(principal=usdc(1_000)), terms, Timestamp(OPENED_AT + HOUR))
    assert _lines_executed(drawn, terms, 65_000 * HOUR) == _lines_executed(drawn, terms, HOUR)


def test_no_numerator_outgrows_its_storage() -> None:
    """The greatest line at the highest rates until timestamps end: N and Nb fit 144 bits, as they are stored."""
    terms = replace(TERMS, apr_bps=Bps(10_000), penalty_bps=Bps(10_000), grace_s=Seconds(0), opened_at=Timestamp(1))
    drawn = replace(EMPTY, principal=MAX_LIMIT, accrued_at=Timestamp(1))
    assert advance(drawn, terms, Timestamp(UINT32_MAX)).billed < 2**143


def test_charges_are_rounded_up_once_and_only_in_sums() -> None:
    """Pitfall 13: half a wei unbilled and half a wei billed are one wei of debt, not two."""
    half = Numerator(DEN // 2)
    state = replace(EMPTY, unbilled=half, billed=half, unpaid_since=OPENED_AT)
    assert debt(state) == 1
    assert due(state) == 1
    assert debt(replace(state, unbilled=Numerator(half + 1))) == Wei(2)


def _lines_executed(state: LineState, terms: Terms, wait: int) -> int:
    executed = 0

    def trace(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal executed
        executed += event == "line" and "orchestrator" in frame.f_code.co_filename
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        advance(state, terms, Timestamp(state.accrued_at + wait))
    finally:
        sys.settrace(before)
    return executed
