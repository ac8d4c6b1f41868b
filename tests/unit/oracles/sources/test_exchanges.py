"""Reading what exchanges answer, in the forms that they document."""

from decimal import Decimal
from typing import Any

import pytest

from oracles.sources.binance import Binance
from oracles.sources.bitstamp import Bitstamp
from oracles.sources.coinbase import Coinbase
from oracles.sources.exchange import Exchange, Ticker
from oracles.sources.json_path import JsonPath
from oracles.sources.kraken import Kraken
from oracles.sources.quote import BadAnswer
from oracles.sources.symbols import UnknownExchange, exchange_for
from tests.unit.oracles.sources.exchange_server import BINANCE, BITSTAMP, COINBASE, KRAKEN

AT = 1_584_072_027


@pytest.mark.parametrize(
    ("exchange", "body", "ticker"),
    [
        (Coinbase("ETH-USD"), COINBASE, Ticker(Decimal("110.10"), Decimal("281234.11914015"), AT)),
        (Kraken("ETHUSD"), KRAKEN, Ticker(Decimal("110.20000"), Decimal("501881.40111222"), None)),
        (Binance("ETHUSD"), BINANCE, Ticker(Decimal("110.30"), Decimal("901223.10"), AT)),
        (Bitstamp("ethusd"), BITSTAMP, Ticker(Decimal("110.40"), Decimal("120011.20000000"), AT)),
    ],
)
def test_price_volume_and_time_are_read_to_the_last_digit(exchange: Exchange, body: Any, ticker: Ticker) -> None:
    assert exchange.read(body) == ticker


@pytest.mark.parametrize(
    ("exchange", "body", "reason"),
    [
        (Coinbase("ETH-USD"), {"message": "NotFound"}, "the answer has no price"),
        (Coinbase("ETH-USD"), COINBASE | {"price": None}, "price is None, not a number"),
        (Coinbase("ETH-USD"), COINBASE | {"price": "NaN"}, "not a finite number"),
        (Coinbase("ETH-USD"), COINBASE | {"price": "1e999999"}, "too large, too small or too long"),
        (Coinbase("ETH-USD"), COINBASE | {"price": "1e-999999"}, "too large, too small or too long"),
        (Coinbase("ETH-USD"), COINBASE | {"price": "1." + "0" * 64}, "too large, too small or too long"),
        (Coinbase("ETH-USD"), COINBASE | {"time": "yesterday"}, "not an instant"),
        (Coinbase("ETH-USD"), COINBASE | {"time": 5}, "not an instant"),
        (Bitstamp("ethusd"), BITSTAMP | {"timestamp": "1e999999"}, "too large, too small or too long"),
        (Kraken("ETHUSD"), {"error": ["EQuery:Unknown asset pair"]}, "Unknown asset pair"),
        (Kraken("ETHUSD"), {"error": [], "result": {"A": {}, "B": {}}}, "not one pair"),
        (Kraken("ETHUSD"), {"error": [], "result": {"A": {"c": []}}}, "element 0"),
        (Binance("BTCUSD"), BINANCE, "symbol is 'ETHUSD', not BTCUSD"),
        (Binance("ETHUSD"), BINANCE | {"closeTime": "now"}, "not milliseconds"),
        (Bitstamp("ethusd"), BITSTAMP | {"timestamp": "soon"}, "timestamp is 'soon'"),
        (Bitstamp("ethusd"), [], "the answer has no last"),
        (Bitstamp("ethusd"), BITSTAMP | {"last": True}, "not a number"),
    ],
)
def test_another_form_is_refused_with_what_is_wrong(exchange: Exchange, body: Any, reason: str) -> None:
    with pytest.raises(BadAnswer) as refused:
        exchange.read(body)
    assert reason in str(refused.value)


def test_a_json_path_leads_through_objects_and_lists() -> None:
    rates = {"refRates": [{"effectiveDate": "2020-03-13", "percentRate": Decimal("1.1"), "volume": 1200}]}
    source = JsonPath("sofr", "/rates", "refRates.0.percentRate", "refRates.0.effectiveDate", "refRates.0.volume")
    assert source.read(rates) == Ticker(Decimal("1.1"), Decimal(1_200), 1_584_143_999)
    euro = JsonPath("fx", "/", "rates.EUR", "at")
    assert euro.read({"rates": {"EUR": "0.9"}, "at": 5}) == Ticker(Decimal("0.9"), None, 5)


@pytest.mark.parametrize("path", ["rates.GBP", "rates.0", "list.9", "list.x", "list.-1"])
def test_a_path_that_leads_nowhere_names_the_step(path: str) -> None:
    with pytest.raises(BadAnswer, match="there is no"):
        JsonPath("fx", "/", path).read({"rates": {"EUR": "0.9"}, "list": [1]})


@pytest.mark.parametrize(
    ("name", "pair", "path", "params"),
    [
        ("coinbase", "ETH/USD", "/products/ETH-USD/ticker", {}),
        ("kraken", "BTC/USD", "/0/public/Ticker", {"pair": "XBTUSD"}),
        ("binance", "ETH/USDT", "/api/v3/ticker/24hr", {"symbol": "ETHUSDT"}),
        ("bitstamp", "eth/usd", "/api/v2/ticker/ethusd/", {}),
    ],
)
def test_each_exchange_has_its_own_name_for_a_pair(name: str, pair: str, path: str, params: dict[str, str]) -> None:
    exchange = exchange_for(name, pair)
    assert (exchange.name, exchange.path, dict(exchange.params)) == (name, path, params)


def test_a_symbol_that_no_rule_gives_can_be_named() -> None:
    assert exchange_for("kraken", "ETH/USD", "XETHZUSD").params == {"pair": "XETHZUSD"}


@pytest.mark.parametrize(("name", "pair"), [("mtgox", "ETH/USD"), ("kraken", "ETHUSD"), ("kraken", "ETH/../x")])
def test_an_unknown_exchange_and_what_is_no_pair_are_refused(name: str, pair: str) -> None:
    with pytest.raises(UnknownExchange):
        exchange_for(name, pair)
