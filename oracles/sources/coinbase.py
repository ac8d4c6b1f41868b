"""Coinbase Exchange: ``GET /products/ETH-USD/ticker``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from oracles.sources.exchange import Ticker
from oracles.sources.quote import BadAnswer, decimal_of, field_of

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
            at=_instant(field_of(body, "time")),
        )


def _instant(text: Any) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (TypeError, ValueError):
        raise BadAnswer(f"time is {text!r:.60}, not an instant") from None
