"""Kraken: ``GET /0/public/Ticker?pair=ETHUSD``. The answer names the pair as Kraken does inside: XETHZUSD."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from oracles.sources.exchange import Ticker
from oracles.sources.quote import BadAnswer, decimal_of, field_of

BASE_URL: Final = "https://api.kraken.com"


@dataclass(frozen=True, slots=True)
class Kraken:
    """``symbol`` is an asset pair: ETHUSD, XBTUSD."""

    symbol: str
    name: str = "kraken"
    path: str = "/0/public/Ticker"

    @property
    def params(self) -> Mapping[str, str]:
        return {"pair": self.symbol}

    def read(self, body: Any) -> Ticker:
        """``c`` is the last trade (price, lot), ``v`` the volume (today, last 24 hours); no time is given."""
        errors = field_of(body, "error")
        if errors:
            raise BadAnswer(f"it says {errors!r:.120}")
        result = field_of(body, "result")
        if not isinstance(result, dict) or len(result) != 1:
            raise BadAnswer("result is not one pair")
        (pair,) = result.values()
        return Ticker(
            price=decimal_of(_element(pair, "c", 0), "c[0]"), volume=decimal_of(_element(pair, "v", 1), "v[1]"), at=None
        )


def _element(pair: Any, name: str, index: int) -> Any:
    found = field_of(pair, name)
    if not isinstance(found, list) or len(found) <= index:
        raise BadAnswer(f"{name} is {found!r:.60}, not a list with an element {index}")
    return found[index]
