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

MAX_AGE_S: Final = {"price": 120, "fx": 4 * 86_400}
"""Currencies do not trade from Friday evening to Sunday evening, nor on a holiday next to it."""


def price_fact(declared: PriceDeclared, client: httpx.AsyncClient) -> PriceFact:
    policy = AggregatePolicy(
        quorum=declared.quorum,
        max_age_s=declared.max_age_s or MAX_AGE_S[declared.kind],
        max_spread_bps=declared.max_spread_bps,
    )
    return PriceFact(declared.pair, tuple(_sources(declared.sources, declared.pair, client)), policy)


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
