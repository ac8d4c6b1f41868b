"""Coinbase Exchange: ``GET /products/ETH-USD/ticker``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from oracles.sources.exchange import Ticker
from oracles.sources.quote import decimal_of, field_of, instant_of

BASE_URL: Final = "https://api.exchange.coinbase.com"


@dataclass(frozen=True, slots=True)
class Coinbase:
    """``symbol`` is a product id: ETH-USD."""

    symbol: str
    name: str = "coinbase"
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/products/{self.symbol}/ticker"

    def read(self, body: Any) -> Ticker:
        """``time`` is that of the last trade."""
        return Ticker(
            price=decimal_of(field_of(body, "price"), "price"),
            volume=decimal_of(field_of(body, "volume"), "volume"),
            at=instant_of(field_of(body, "time"), "time"),
        )
