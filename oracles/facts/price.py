"""A price that several sources agree on. An exchange rate of currencies is one too, with older quotes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from oracles.aggregate import AggregatePolicy, Rejected, aggregate
from oracles.facts.fact import NothingSeen, Sighting
from oracles.sources.quote import Quote, Source, SourceFailed

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PriceFact:
    """Asks all sources at once; ``now`` is the clock by which quotes are old.

    ``stands``: a quote is the price until the next one, as an exchange rate is while its market is closed. Then it is
    seen whenever somebody looks, and the feed keeps its heartbeat. Otherwise it was seen when it was quoted.
    """

    name: str
    sources: Sequence[Source]
    policy: AggregatePolicy
    stands: bool = False
    now: Callable[[], float] = time.time

    async def look(self) -> Sighting:
        """What a quorum of the sources agrees on; what was rejected is logged with the reason. Raises NothingSeen."""
        quotes, failed = [], []
        for outcome in await asyncio.gather(*map(_ask, self.sources)):
            if isinstance(outcome, Quote):
                quotes.append(outcome)
            else:
                failed.append(outcome)
        found = aggregate(quotes, self.policy, int(self.now()), failed)
        for one in found.rejected:
            log.warning("source rejected", extra={"fact": self.name, "source": one.source, "reason": one.reason})
        if found.price is None or found.observed_at is None:
            raise NothingSeen(
                f"{self.name}: no quorum of {self.policy.quorum}: {found.why_not}",
                "the feed keeps its last answer and grows stale; look at the sources",
            )
        return Sighting(found.price, int(self.now()) if self.stands else found.observed_at)


async def _ask(source: Source) -> Quote | Rejected:
    try:
        return await source.quote()
    except SourceFailed as failure:
        return Rejected(failure.source, failure.reason)
