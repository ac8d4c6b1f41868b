"""A benchmark rate in per cent a year: unlike a price it may be zero or below, and is published once a day."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from oracles.facts.fact import NothingSeen, Sighting
from oracles.sources.quote import Quote, Source, SourceFailed

DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class RateFact:
    """The middle of what at least ``quorum`` sources say, none older than ``max_age_s``: it stands until the next one.

    No two may be further apart than ``max_spread`` percentage points: they all repeat one administrator's figure.
    """

    name: str
    sources: Sequence[Source]
    quorum: int = 1
    max_age_s: int = 6 * DAY_S
    max_spread: Decimal = Decimal("0.05")
    now: Callable[[], float] = time.time

    async def look(self) -> Sighting:
        """Raises NothingSeen."""
        asked = await asyncio.gather(*(source.quote() for source in self.sources), return_exceptions=True)
        failures = [outcome for outcome in asked if isinstance(outcome, BaseException)]
        for failure in failures:
            if not isinstance(failure, SourceFailed):
                raise failure
        quotes = [outcome for outcome in asked if isinstance(outcome, Quote) and self._is_recent(outcome)]
        if len(quotes) < self.quorum:
            reasons = "; ".join(map(str, failures)) or "the others are too old"
            raise NothingSeen(f"{self.name}: {len(quotes)} of {self.quorum} sources: {reasons}", "look at the sources")
        quotes.sort(key=lambda quote: quote.price)
        spread = quotes[-1].price - quotes[0].price
        if spread > self.max_spread:
            raise NothingSeen(f"{self.name}: the sources are {spread} points apart", "find out which of them is wrong")
        middle = quotes[(len(quotes) - 1) // 2]
        return Sighting(middle.price, int(self.now()))

    def _is_recent(self, quote: Quote) -> bool:
        return int(self.now()) - quote.observed_at <= self.max_age_s
