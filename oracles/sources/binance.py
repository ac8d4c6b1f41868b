"""Binance: ``GET /api/v3/ticker/24hr?symbol=ETHUSDC``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from oracles.sources.exchange import Ticker
from oracles.sources.quote import BadAnswer, decimal_of, field_of

BASE_URL: Final = "https://api.binance.com"


@dataclass(frozen=True, slots=True)
class Binance:
    """``symbol`` is base and quote without anything between: ETHUSDC."""

    symbol: str
    name: str = "binance"
    path: str = "/api/v3/ticker/24hr"

    @property
    def params(self) -> Mapping[str, str]:
        return {"symbol": self.symbol}

    def read(self, body: Any) -> Ticker:
        """``closeTime`` is the end of the rolling day, in milliseconds; an answer for another symbol is refused."""
        if field_of(body, "symbol") != self.symbol:
            raise BadAnswer(f"symbol is {body['symbol']!r:.60}, not {self.symbol}")
        closed_ms = field_of(body, "closeTime")
        if not isinstance(closed_ms, int) or isinstance(closed_ms, bool):
            raise BadAnswer(f"closeTime is {closed_ms!r:.60}, not milliseconds")
        return Ticker(
            price=decimal_of(field_of(body, "lastPrice"), "lastPrice"),
            volume=decimal_of(field_of(body, "volume"), "volume"),
            at=closed_ms // 1_000,
        )
