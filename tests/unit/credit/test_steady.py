"""Until when a line stays as it is but for its debt, against the accrual rule itself."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.accrual import advance, debt, due, unpaid_from
from orchestrator.credit.state import NEVER_UNPAID, LineFlags, LineState
from orchestrator.credit.status import status
from orchestrator.credit.steady import steady
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import HOUR, Numerator, Seconds, Timestamp
from tests.unit.credit.lines import DAY, OPENED_AT, TERMS, after, line, terms_and_line, usdc

waits = st.integers(0, 40 * HOUR) | st.integers(0, 40).map(lambda hours: hours * HOUR)
LONG_AFTER = 60 * HOUR


@given(terms_and_line(), waits, st.integers(0, LONG_AFTER) | st.just(LONG_AFTER))
def test_until_it_turns_only_the_debt_moves_and_as_it_says(
    lived: tuple[Terms, LineState], wait: int, later: int
) -> None:
    terms, state = lived
    now = state if state.over else advance(state, terms, Timestamp(state.accrued_at + wait))
    found = steady(now, terms)
    last = now.accrued_at + later if found.until is None else min(now.accrued_at + later, found.until - 1)
    assert found.holds_at(Timestamp(last))
    then = now if now.over else advance(now, terms, Timestamp(last))
    assert found.debt(Timestamp(last)) == debt(then)
    assert _all_but_the_debt(then, terms) == _all_but_the_debt(now, terms)


def test_a_line_turns_when_its_next_bill_comes() -> None:
    assert steady(after(line(principal=usdc(1_000)), DAY), TERMS).until == TERMS.opened_at + TERMS.period_s


def test_a_line_with_an_unpaid_bill_turns_when_its_grace_ends() -> None:
    past_due = after(line(principal=usdc(1_000)), TERMS.period_s + DAY)
    assert steady(past_due, TERMS).until == past_due.unpaid_since + TERMS.grace_s


def test_a_line_turns_when_its_draw_window_ends_within_a_period() -> None:
    terms = replace(TERMS, draw_window_s=Seconds(40 * DAY))
    undrawn = after(line(undrawn=usdc(1_000)), DAY, terms)
    paid = replace(
        advance(undrawn, terms, Timestamp(OPENED_AT + 35 * DAY)), billed=Numerator(0), unpaid_since=NEVER_UNPAID
    )
    assert steady(paid, terms).until == OPENED_AT + 40 * DAY


def test_after_maturity_what_accrues_is_due_at_once() -> None:
    matured = after(line(principal=usdc(1_000)), TERMS.term_s + 30 * DAY)
    assert steady(matured, TERMS).until == matured.accrued_at + 1


def test_a_line_that_is_over_never_turns() -> None:
    closed = replace(line(), flags=LineFlags.CLOSED)
    assert steady(closed, TERMS).until is None
    assert steady(closed, TERMS).debt(Timestamp(closed.accrued_at + TERMS.term_s)) == 0


def test_it_says_nothing_of_the_time_before_it() -> None:
    found = steady(after(line(principal=usdc(1_000)), DAY), TERMS)
    assert not found.holds_at(Timestamp(found.since - 1))


def _all_but_the_debt(state: LineState, terms: Terms) -> tuple[object, ...]:
    return status(state, terms), due(state), state.unpaid_since, unpaid_from(state, terms)
