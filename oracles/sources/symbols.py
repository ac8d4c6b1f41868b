"""How each exchange calls a pair. ``ETH/USD`` is ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from oracles.sources.binance import Binance
from oracles.sources.bitstamp import Bitstamp
from oracles.sources.coinbase import Coinbase
from oracles.sources.exchange import Exchange
from oracles.sources.kraken import Kraken
from orchestrator.errors import CovenantError

KRAKEN_NAMES: Final[Mapping[str, str]] = {"BTC": "XBT", "DOGE": "XDG"}


class UnknownExchange(CovenantError):
    """No wire format of that name, or no pair."""


def exchange_for(name: str, pair: str, symbol: str | None = None) -> Exchange:
    """The wire format of an exchange for a pair; ``symbol`` where the exchange calls it as no rule would.

    A dollar and a dollar token are different units: nothing here turns USD into USDT or USDC.

    Raises:
        UnknownExchange: the name is none of ours, or the pair has not two parts.
    """
    base, separator, quote = pair.partition("/")
    if not separator or not base.isalnum() or not quote.isalnum():
        raise UnknownExchange(f"{pair!r} is no pair", "write it like ETH/USD")
    if name not in _EXCHANGES:
        raise UnknownExchange(f"there is no exchange {name!r}", f"one of {', '.join(_EXCHANGES)}, or a json source")
    make, call = _EXCHANGES[name]
    return make(symbol or call(base.upper(), quote.upper()))


def _kraken(base: str, quote: str) -> str:
    return KRAKEN_NAMES.get(base, base) + KRAKEN_NAMES.get(quote, quote)


_EXCHANGES: Final[Mapping[str, tuple[Callable[[str], Exchange], Callable[[str, str], str]]]] = {
    "coinbase": (Coinbase, lambda base, quote: f"{base}-{quote}"),
    "kraken": (Kraken, _kraken),
    "binance": (Binance, lambda base, quote: base + quote),
    "bitstamp": (Bitstamp, lambda base, quote: (base + quote).lower()),
}
