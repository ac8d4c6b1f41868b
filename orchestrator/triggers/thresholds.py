"""From when on something may have to be done about a line: conservative prices, seconds and answers of feeds. Pure.

Nothing is due before one of them is reached. Debt grows while nobody acts, so a price holds only until a horizon, at
which it is worked out anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.firing import fire_price, next_due_at
from orchestrator.credit.health import NO_PRICE, highest_price_above_ltv
from orchestrator.credit.mandate import From, Kind, open_from
from orchestrator.credit.schedule import defaults_at
from orchestrator.credit.share import answer_that_owes
from orchestrator.credit.termination import terminable_from
from orchestrator.credit.units import PriceE36, Timestamp
from orchestrator.triggers.lines import StandingLine, StandingMandate

HORIZON_S: Final = 86_400
STAGGER: Final = 1_440
"""Horizons of neighbouring lines are minutes apart, so that not all of them are worked out in the same block."""

ANY_ANSWER: Final = -(2**255) - 1
"""Below every answer that a feed can give."""


@dataclass(frozen=True, slots=True)
class Beyond:
    """Something may have to be done while a feed's answer is strictly above or below a value; None: never by that."""

    feed: str
    above: int | None = None
    below: int | None = None


@dataclass(frozen=True, slots=True)
class Threshold:
    """At or below the price, from the second on, or beyond an answer, something may have to be done; None: never."""

    fire_price: PriceE36 | None = None
    due_at: Timestamp | None = None
    beyond: Beyond | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """Decimals of the feed that a SHARE mandate names, and of the loan token."""

    feed_decimals: int
    loan_decimals: int


NEVER: Final = Threshold()


def horizon(line_id: int, now: Timestamp) -> Timestamp:
    """Until when a price that is worked out at ``now`` has to hold."""
    return Timestamp(now + HORIZON_S + line_id % STAGGER * 60)


def repay_threshold(
    line: StandingLine, standing: StandingMandate, now: Timestamp, resolution: Resolution | None
) -> Threshold:
    """When a mandate may fire, as it and its line stand. Whoever acts on the line changes it, and this with it.

    ``resolution`` is None while the feed of a SHARE mandate does not answer: then any answer will do.
    """
    mandate, state = standing.mandate, standing.state
    first = open_from(mandate, state, now)
    if line.state.over or first is None or _source_is_empty(line, standing):
        return NEVER
    if mandate.kind is Kind.DUE:
        return Threshold(due_at=next_due_at(mandate, state, line.state, line.terms, now))
    if first > now:
        return Threshold(due_at=first)
    until = horizon(line.line_id, now)
    if mandate.kind is Kind.LTV:
        return Threshold(_some(fire_price(mandate, line.state, line.terms, until)), until)
    if debt(advance(line.state, line.terms, Timestamp(max(until, line.state.accrued_at)))) == 0:
        return Threshold(due_at=until)
    return Threshold(beyond=_beyond(standing, resolution))


def liquidation_threshold(line: StandingLine, now: Timestamp) -> Threshold:
    """When a line may be liquidatable, as it stands."""
    if line.state.over:
        return NEVER
    default_at = defaults_at(line.state, line.terms)
    if default_at is not None and default_at <= now:
        return Threshold(due_at=default_at)
    until = horizon(line.line_id, now)
    then = advance(line.state, line.terms, Timestamp(max(until, line.state.accrued_at)))
    price = highest_price_above_ltv(debt(then), then.collateral, line.terms.liquidation_ltv_bps)
    return Threshold(_some(price), until if default_at is None else Timestamp(min(until, default_at)))


def termination_threshold(line: StandingLine) -> Threshold:
    """When a line may be terminated, as it stands."""
    return Threshold(due_at=terminable_from(line.state, line.terms))


def _source_is_empty(line: StandingLine, standing: StandingMandate) -> bool:
    """Whether there is nothing to pay from until somebody brings it, which changes the line."""
    held: dict[From, int] = {From.RESERVE: line.state.reserve, From.COLLATERAL: line.state.collateral}
    return held.get(standing.mandate.source) == 0


def _beyond(standing: StandingMandate, resolution: Resolution | None) -> Beyond:
    mandate = standing.mandate
    feed = mandate.feed.lower()
    if mandate.kind is Kind.LEVEL:
        return Beyond(feed, above=mandate.level) if mandate.above else Beyond(feed, below=mandate.level)
    if resolution is None:
        return Beyond(feed, above=ANY_ANSWER)
    owing = answer_that_owes(mandate, standing.state, resolution.feed_decimals, resolution.loan_decimals)
    return Beyond(feed, above=ANY_ANSWER if owing is None else owing - 1)


def _some(price: PriceE36) -> PriceE36 | None:
    return None if price == NO_PRICE else price
