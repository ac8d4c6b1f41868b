"""When a line may be told to lend no more, and what that releases: the rule of ``terminate``, open to anybody."""

from dataclasses import dataclass
from enum import Enum

from orchestrator.credit.accrual import advance
from orchestrator.credit.schedule import defaults_at
from orchestrator.credit.state import LineState
from orchestrator.credit.status import in_default
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import Timestamp, Wei


class WhyNotTerminated(Enum):
    """Why a line is not terminated, in words for people."""

    LINE_OVER = "the line is closed or written off"
    TERMINATED = "the line is terminated already"
    NOTHING_UNDRAWN = "nothing is left to draw, so nothing would be released"
    STILL_LENDS = "the draw window is open and the line is not in default"


@dataclass(frozen=True, slots=True)
class Termination:
    """``released``: loan base units that go to the holder's claim; none with ``why_not``."""

    released: Wei
    why_not: WhyNotTerminated | None


def termination(state: LineState, terms: Terms, now: Timestamp) -> Termination:
    """What terminating a line at ``now`` releases. The vault allows it for nothing too, which helps nobody."""
    why_not = _why_not(state, terms, now)
    return Termination(state.undrawn if why_not is None else Wei(0), why_not)


def terminable_from(state: LineState, terms: Terms) -> Timestamp | None:
    """First second in which a line may be terminated if nobody acts; None when that would release nothing."""
    if _releases_nothing(state) is not None:
        return None
    in_default_from = defaults_at(state, terms)
    ends = terms.window_ends_at
    return ends if in_default_from is None else Timestamp(min(ends, in_default_from))


def _why_not(state: LineState, terms: Terms, now: Timestamp) -> WhyNotTerminated | None:
    nothing = _releases_nothing(state)
    if nothing is not None:
        return nothing
    if now < terms.window_ends_at and not in_default(advance(state, terms, now), terms):
        return WhyNotTerminated.STILL_LENDS
    return None


def _releases_nothing(state: LineState) -> WhyNotTerminated | None:
    if state.over:
        return WhyNotTerminated.LINE_OVER
    if state.terminated:
        return WhyNotTerminated.TERMINATED
    return WhyNotTerminated.NOTHING_UNDRAWN if state.undrawn == 0 else None
