"""Facts from what a reporter declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import httpx

from oracles.aggregate import AggregatePolicy
from oracles.facts.price import PriceFact
from oracles.facts.rate import RateFact
from oracles.reporting.declaration import ExchangeSource, PriceDeclared, RateDeclared, SourceDeclared
from oracles.sources import binance, bitstamp, coinbase, kraken
from oracles.sources.fetch import Fetcher
from oracles.sources.json_path import JsonPath
from oracles.sources.source import HttpSource
from oracles.sources.symbols import exchange_for

BASE_URLS: Final = {
    "binance": binance.BASE_URL,
    "bitstamp": bitstamp.BASE_URL,
    "coinbase": coinbase.BASE_URL,
    "kraken": kraken.BASE_URL,
}

MAX_AGE_S: Final = {"price": 120, "fx": 5 * 86_400}
"""Banks quote currencies on working days: after Easter, Thursday's quote is the newest until Tuesday afternoon."""


def price_fact(declared: PriceDeclared, client: httpx.AsyncClient) -> PriceFact:
    policy = AggregatePolicy(
        quorum=declared.quorum,
        max_age_s=declared.max_age_s or MAX_AGE_S[declared.kind],
        max_spread_bps=declared.max_spread_bps,
    )
    sources = tuple(_sources(declared.sources, declared.pair, client))
    return PriceFact(declared.pair, sources, policy, stands=declared.kind == "fx")


def rate_fact(declared: RateDeclared, client: httpx.AsyncClient) -> RateFact:
    sources = tuple(_sources(declared.sources, declared.name, client))
    return RateFact(declared.name, sources, declared.quorum, max_spread=declared.max_spread)


def _sources(declared: Iterable[SourceDeclared], pair: str, client: httpx.AsyncClient) -> Iterable[HttpSource]:
    for one in declared:
        if isinstance(one, ExchangeSource):
            exchange = exchange_for(one.exchange, pair, one.symbol)
            yield HttpSource(exchange, Fetcher(one.exchange, one.base_url or BASE_URLS[one.exchange], client))
        else:
            json = JsonPath(one.name, one.path, one.value, one.time, one.volume)
            yield HttpSource(json, Fetcher(one.name, one.base_url, client))
