"""One answer out of several sources, or none: pure, and what was rejected is kept with the reason.

Steps: quotes that are old, of the future, not positive or without any trade are left out; of the rest the largest
number that agree are used: no two of them further than ``max_spread_bps`` apart. They have to be a quorum. The answer
is their median by volume, where no source weighs more than the lower median of the volumes.

What follows, whatever the faulty sources say:

- One of them, with a quorum of three, cannot take the answer out of the range of the honest ones, nor keep it away: it
  stands against two that weigh at least as much.
- Fewer than a quorum of them can stop the answer, or move it by at most ``max_spread_bps`` from an honest source: one
  of those is in every quorum.

Many that lie together are what reporters are for (``AttestedFeed``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from oracles.sources.quote import Quote

BPS: Final = 10_000


@dataclass(frozen=True, slots=True)
class AggregatePolicy:
    """What is accepted.

    Attributes:
        quorum: so many sources have to agree, at least 3 for one of them to be faulty without harm.
        max_age_s: how old a quote may be.
        max_ahead_s: how far in the future a quote may be: clocks differ by seconds.
        max_spread_bps: how far apart the highest and the lowest of the quotes used may be, relative to the lowest.
    """

    quorum: int = 3
    max_age_s: int = 120
    max_ahead_s: int = 5
    max_spread_bps: int = 50

    def __post_init__(self) -> None:
        if self.quorum < 1 or self.max_age_s < 0 or self.max_ahead_s < 0 or not 0 < self.max_spread_bps < BPS:
            raise ValueError("quorum and max_spread_bps must be positive, ages not negative, the spread below 100 %")


@dataclass(frozen=True, slots=True)
class Rejected:
    """A source that did not count, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Aggregate:
    """The outcome: with ``price`` None there is no answer. ``observed_at`` is that of the oldest quote used."""

    price: Decimal | None
    observed_at: int | None
    used: tuple[Quote, ...]
    rejected: tuple[Rejected, ...]

    @property
    def why_not(self) -> str:
        """For people, when there is no answer."""
        reasons = "; ".join(f"{one.source}: {one.reason}" for one in self.rejected) or "no source was rejected"
        return f"{len(self.used)} sources agree: {reasons}"


def aggregate(quotes: Sequence[Quote], policy: AggregatePolicy, now: int, failed: Iterable[Rejected] = ()) -> Aggregate:
    """Of the quotes of one moment, one of each source; ``failed`` are the sources that gave none."""
    rejected = list(failed)
    plausible = []
    for quote in quotes:
        reason = _objection(quote, policy, now)
        if reason is None:
            plausible.append(quote)
        else:
            rejected.append(Rejected(quote.source, reason))
    used = largest_agreement(plausible, policy.max_spread_bps)
    rejected += [Rejected(one.source, _disagreement(one, used)) for one in plausible if one not in used]
    if len(used) < policy.quorum:
        return Aggregate(None, None, used, tuple(rejected))
    return Aggregate(weighted_median(used), min(one.observed_at for one in used), used, tuple(rejected))


def largest_agreement(quotes: Sequence[Quote], max_spread_bps: int) -> tuple[Quote, ...]:
    """The most quotes of which no two are further apart, by price; of several as many, the closest together.

    Prices are positive. Sources that agree stand side by side in the order of prices, so each may begin one group.
    """
    by_price = sorted(quotes, key=lambda quote: quote.price)
    best: tuple[Quote, ...] = ()
    for start, lowest in enumerate(by_price):
        group = tuple(one for one in by_price[start:] if _agree(lowest, one, max_spread_bps))
        if len(group) > len(best) or (len(group) == len(best) and _spread(group) < _spread(best)):
            best = group
    return best


def weighted_median(quotes: Sequence[Quote]) -> Decimal:
    """The price at which half of the weight is reached, from below; ``quotes`` is not empty.

    A volume counts up to the lower median of the volumes. A source that states none counts as much as the heaviest.
    """
    stated = sorted(quote.volume for quote in quotes if quote.volume is not None)
    cap = stated[(len(stated) - 1) // 2] if stated else Decimal(1)
    by_price = sorted(quotes, key=lambda quote: quote.price)
    weights = [cap if quote.volume is None else min(quote.volume, cap) for quote in by_price]
    half, reached = sum(weights) / 2, Decimal(0)
    for quote, weight in zip(by_price, weights, strict=True):
        reached += weight
        if reached >= half:
            return quote.price
    return by_price[-1].price


def _objection(quote: Quote, policy: AggregatePolicy, now: int) -> str | None:
    age_s = now - quote.observed_at
    if quote.price <= 0:
        return f"{quote.price} is not a price"
    if quote.volume is not None and quote.volume <= 0:
        return f"nobody traded at {quote.price}"
    if age_s > policy.max_age_s:
        return f"its quote is {age_s} s old"
    if -age_s > policy.max_ahead_s:
        return f"its quote is {-age_s} s in the future"
    return None


def _agree(lower: Quote, higher: Quote, max_spread_bps: int) -> bool:
    return (higher.price - lower.price) * BPS <= max_spread_bps * lower.price


def _spread(by_price: Sequence[Quote]) -> Decimal:
    """Relative to the lowest."""
    return (by_price[-1].price - by_price[0].price) / by_price[0].price


def _disagreement(quote: Quote, used: Sequence[Quote]) -> str:
    """Why a quote is not among those that agree, of which there is at least one."""
    nearest = min((one.price for one in used), key=lambda price: abs(price - quote.price))
    apart_bps = int(abs(quote.price - nearest) * BPS / min(quote.price, nearest))
    return f"{quote.price} is {apart_bps} bps from {nearest}, the nearest of the {len(used)} that agree"
