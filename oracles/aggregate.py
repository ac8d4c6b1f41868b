"""One answer out of several sources, or none: pure, and what was rejected is kept with the reason.

Steps: quotes that are old, of the future, not positive or without any trade are left out; then those that are further
than ``max_deviation_bps`` from the median of the rest; then a quorum has to be left. The answer is the median by
volume, where no source weighs more than the lower median of the volumes.

With a quorum of three or more, one faulty source cannot take the answer out of the range of the honest ones, whatever
volume it claims: it stands against two that weigh at least as much. Two of four give no answer, or one that is within
``max_deviation_bps`` of an honest source. Many that lie together are what reporters are for (``AttestedFeed``).
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
        max_deviation_bps: how far from the median of all a quote may be, relative to it.
    """

    quorum: int = 3
    max_age_s: int = 120
    max_ahead_s: int = 5
    max_deviation_bps: int = 200

    def __post_init__(self) -> None:
        if self.quorum < 1 or self.max_age_s < 0 or self.max_ahead_s < 0 or not 0 < self.max_deviation_bps < BPS:
            raise ValueError(
                "quorum and max_deviation_bps must be positive, ages not negative, the deviation below 100 %"
            )


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
    used = []
    centre = _centre([quote.price for quote in plausible])
    for quote in plausible:
        if abs(quote.price - centre) * BPS > policy.max_deviation_bps * centre:
            away_bps = int(abs(quote.price - centre) * BPS / centre)
            rejected.append(Rejected(quote.source, f"{quote.price} is {away_bps} bps from the median {centre}"))
        else:
            used.append(quote)
    if len(used) < policy.quorum:
        return Aggregate(None, None, tuple(used), tuple(rejected))
    return Aggregate(weighted_median(used), min(one.observed_at for one in used), tuple(used), tuple(rejected))


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


def _centre(prices: Sequence[Decimal]) -> Decimal:
    """The middle price, of two the lower: always one that a source named. 0 of none."""
    return sorted(prices)[(len(prices) - 1) // 2] if prices else Decimal(0)
