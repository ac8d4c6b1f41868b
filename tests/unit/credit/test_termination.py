"""When a line's undrawn money goes to its holder: exactly when the vault's own rule lets anybody terminate it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.credit.errors import LineClosed, LineTerminated, NotTerminable
from orchestrator.credit.operations import terminate
from orchestrator.credit.schedule import defaults_at
from orchestrator.credit.state import LineFlags, LineState
from orchestrator.credit.termination import WhyNotTerminated, terminable_from, termination
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import Bps, Timestamp, Wei
from tests.unit.credit.lines import DAY, OPENED_AT, TERMS, line, terms_and_line, usdc

LENT = line(principal=usdc(1_000), undrawn=usdc(500))
ENDS = TERMS.window_ends_at

any_flags = st.sampled_from([LineFlags.NONE, LineFlags.TERMINATED, LineFlags.CLOSED, LineFlags.WRITTEN_OFF])
waits = st.integers(0, 400 * DAY)


@settings(max_examples=300)
@given(terms_and_line(), any_flags, waits)
def test_it_is_called_for_exactly_when_the_vault_allows_it_and_it_releases_something(
    one: tuple[Terms, LineState], flags: LineFlags, wait_s: int
) -> None:
    terms, state = one[0], replace(one[1], flags=flags)
    now = Timestamp(state.accrued_at + wait_s)
    found = termination(state, terms, now)
    try:
        done = terminate(state, terms, now)
    except (LineClosed, LineTerminated, NotTerminable):
        assert (found.why_not is None, found.released) == (False, 0)
        return
    assert (found.why_not is None) == (state.undrawn > 0)
    assert found.released == done.state.claim_loan - state.claim_loan == state.undrawn


@settings(max_examples=300)
@given(terms_and_line(), waits)
def test_the_first_second_is_the_first_in_which_it_is_called_for(one: tuple[Terms, LineState], wait_s: int) -> None:
    terms, state = one
    now = Timestamp(state.accrued_at + wait_s)
    first = terminable_from(state, terms)
    assert (termination(state, terms, now).why_not is None) == (first is not None and first <= now)


def test_the_draw_window_ends_it_in_its_first_second() -> None:
    paid = line(undrawn=usdc(500))
    free = replace(TERMS, commitment_bps=Bps(0))
    before = termination(paid, free, Timestamp(ENDS - 1))
    assert (before.released, before.why_not) == (0, WhyNotTerminated.STILL_LENDS)
    assert termination(paid, free, ENDS).released == usdc(500)


def test_a_default_ends_it_while_the_window_is_open() -> None:
    first = defaults_at(LENT, TERMS)
    assert first is not None
    assert first < ENDS
    assert termination(LENT, TERMS, Timestamp(first - 1)).why_not is WhyNotTerminated.STILL_LENDS
    assert termination(LENT, TERMS, first).released == usdc(500)
    assert terminable_from(LENT, TERMS) == first


@pytest.mark.parametrize(
    ("state", "why_not"),
    [
        (replace(LENT, flags=LineFlags.CLOSED), WhyNotTerminated.LINE_OVER),
        (replace(LENT, flags=LineFlags.WRITTEN_OFF | LineFlags.TERMINATED), WhyNotTerminated.LINE_OVER),
        (replace(LENT, flags=LineFlags.TERMINATED), WhyNotTerminated.TERMINATED),
        (replace(LENT, undrawn=Wei(0)), WhyNotTerminated.NOTHING_UNDRAWN),
        (replace(LENT, accrued_at=OPENED_AT), None),
    ],
)
def test_it_says_why_not(state: LineState, why_not: WhyNotTerminated | None) -> None:
    assert termination(state, TERMS, ENDS).why_not is why_not
    assert (terminable_from(state, TERMS) is None) == (why_not is not None)
