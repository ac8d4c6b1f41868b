"""A source over HTTP: an exchange's wire format, asked through a fetcher."""

from __future__ import annotations

from dataclasses import dataclass

from oracles.sources.exchange import Exchange
from oracles.sources.fetch import Fetcher
from oracles.sources.quote import BadAnswer, Quote, SourceFailed


@dataclass(frozen=True, slots=True)
class HttpSource:
    """Asks and reads. What a source says of time is corrected by how far its clock is off."""

    exchange: Exchange
    fetcher: Fetcher

    @property
    def name(self) -> str:
        return self.exchange.name

    async def quote(self) -> Quote:
        """Raises SourceFailed."""
        answer = await self.fetcher.get(self.exchange.path, self.exchange.params)
        try:
            ticker = self.exchange.read(answer.body)
        except BadAnswer as error:
            raise SourceFailed(self.name, str(error)) from None
        at = answer.received_at if ticker.at is None else ticker.at - answer.skew_s
        return Quote(self.name, ticker.price, ticker.volume, at)
