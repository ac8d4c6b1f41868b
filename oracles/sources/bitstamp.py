"""Bitstamp: ``GET /api/v2/ticker/ethusd/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from oracles.sources.exchange import Ticker
from oracles.sources.quote import decimal_of, field_of

BASE_URL: Final = "https://www.bitstamp.net"


@dataclass(frozen=True, slots=True)
class Bitstamp:
    """``symbol`` is base and quote in lower case: ethusd."""

    symbol: str
    name: str = "bitstamp"
    params: Mapping[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        return f"/api/v2/ticker/{self.symbol}/"

    def read(self, body: Any) -> Ticker:
        """``timestamp`` is in seconds, as text like all the rest."""
        return Ticker(
            price=decimal_of(field_of(body, "last"), "last"),
            volume=decimal_of(field_of(body, "volume"), "volume"),
            at=int(decimal_of(field_of(body, "timestamp"), "timestamp")),
        )
