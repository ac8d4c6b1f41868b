"""What a line owes, defined as slowly and as plainly as can be, to hold the O(1) rule against.

``every_second`` is the definition. ``every_event`` jumps between the seconds at which anything changes, which is fast
enough for long histories; the tests prove it equal to the definition.
"""

from dataclasses import dataclass, replace

from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import BPS, Numerator, Timestamp, Wei


@dataclass(slots=True)
class Owed:
    """The part of a state that time changes."""

    principal: int
    undrawn: int
    unbilled: int
    billed: int
    billed_principal: int
    unpaid_since: int
    now: int


def every_second(state: LineState, terms: Terms, t: Timestamp) -> LineState:
    owed = _owed(state)
    while owed.now < t:
        _live_through(owed, terms, 1)
    return _state(state, owed)


def every_event(state: LineState, terms: Terms, t: Timestamp) -> LineState:
    owed = _owed(state)
    while owed.now < t:
        _live_through(owed, terms, _next_event(owed, terms, t) - owed.now)
    return _state(state, owed)


def _live_through(owed: Owed, terms: Terms, seconds: int) -> None:
    """Charges run at the rates of the second that begins now; what happens in its last one is a bill or nothing."""
    owed.unbilled += owed.principal * terms.apr_bps * seconds
    if owed.now < terms.window_ends_at:
        owed.unbilled += owed.undrawn * terms.commitment_bps * seconds
    if owed.unpaid_since and owed.now >= owed.unpaid_since + terms.grace_s:
        owed.unbilled += owed.principal * terms.penalty_bps * seconds
    owed.now += seconds
    if owed.now >= terms.matures_at:
        _bill(owed)
        owed.billed_principal = owed.principal
    elif (owed.now - terms.opened_at) % terms.period_s == 0:
        _bill(owed)
        if owed.now > terms.window_ends_at:
            instalment = -(-owed.principal * terms.amort_bps // BPS)
            owed.billed_principal = min(owed.principal, owed.billed_principal + instalment)
    if owed.unpaid_since == 0 and (owed.billed or owed.billed_principal):
        owed.unpaid_since = owed.now


def _bill(owed: Owed) -> None:
    owed.billed += owed.unbilled
    owed.unbilled = 0


def _next_event(owed: Owed, terms: Terms, t: int) -> int:
    next_boundary: int = terms.opened_at
    while next_boundary <= owed.now:
        next_boundary += terms.period_s
    events = [next_boundary, terms.window_ends_at, terms.matures_at, owed.unpaid_since + terms.grace_s, t]
    return min(event for event in events if event > owed.now)


def _owed(state: LineState) -> Owed:
    return Owed(
        principal=state.principal,
        undrawn=state.undrawn,
        unbilled=state.unbilled,
        billed=state.billed,
        billed_principal=state.billed_principal,
        unpaid_since=state.unpaid_since,
        now=state.accrued_at,
    )


def _state(state: LineState, owed: Owed) -> LineState:
    return replace(
        state,
        unbilled=Numerator(owed.unbilled),
        billed=Numerator(owed.billed),
        billed_principal=Wei(owed.billed_principal),
        unpaid_since=Timestamp(owed.unpaid_since),
        accrued_at=Timestamp(owed.now),
    )
