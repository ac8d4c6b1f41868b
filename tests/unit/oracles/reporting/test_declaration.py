"""What a reporter's file may declare."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from oracles.facts.fact import NothingSeen, Sighting
from oracles.reporting.declaration import BadDeclaration, PriceDeclared, RateDeclared, read_declaration
from oracles.reporting.declared_facts import price_fact, rate_fact
from tests.unit.oracles.sources.exchange_server import ExchangeServer, Reply, serving

PRICE = """
chain_id = 1
feed = "0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419"
heartbeat_s = 3600
deviation_bps = 50
port = 9100

[peers]
"0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419" = "https://one.example"

[fact]
kind = "price"
pair = "ETH/USD"
sources = [
    { exchange = "coinbase" },
    { exchange = "kraken", symbol = "XETHZUSD" },
    { name = "desk", base_url = "https://desk.example", path = "/eth", value = "price.usd", time = "at" },
]
"""


def declared(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "reporter.toml"
    path.write_text(text)
    return path


async def test_a_price_with_exchanges_and_any_json(tmp_path: Path) -> None:
    said = read_declaration(declared(tmp_path, PRICE))
    assert isinstance(said.fact, PriceDeclared)
    assert (said.policy.heartbeat_s, said.policy.deviation_bps, said.policy.interval_s) == (3_600, 50, 30)
    async with httpx.AsyncClient() as client:
        fact = price_fact(said.fact, client)
    assert [source.name for source in fact.sources] == ["coinbase", "kraken", "desk"]
    assert fact.policy.max_age_s == 120


async def test_an_exchange_rate_of_currencies_may_be_days_old(tmp_path: Path) -> None:
    said = read_declaration(declared(tmp_path, PRICE.replace('"price"', '"fx"')))
    assert isinstance(said.fact, PriceDeclared)
    async with httpx.AsyncClient() as client:
        fact = price_fact(said.fact, client)
    assert (fact.policy.max_age_s, fact.stands) == (5 * 86_400, True)


async def test_a_benchmark_rate(tmp_path: Path) -> None:
    head = PRICE.partition("[fact]")[0]
    source = '{ name = "fed", base_url = "https://rates.example", path = "/sofr", value = "refRates.0.percentRate" }'
    said = read_declaration(declared(tmp_path, f'{head}[fact]\nkind = "rate"\nname = "SOFR"\nsources = [{source}]\n'))
    assert isinstance(said.fact, RateDeclared)
    async with httpx.AsyncClient() as client:
        assert rate_fact(said.fact, client).name == "SOFR"


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('kind = "price"', 'kind = "rumour"', "fact"),
        ("heartbeat_s = 3600", "heartbeat_s = 0", "heartbeat_s"),
        ('feed = "0x5f4eC3', 'feed = "0x5F4eC3', "feed"),
        ('"https://one.example"', '"one.example"', "peers"),
        ("port = 9100", "port = 9100\npasword = 1", "pasword"),
        ('pair = "ETH/USD"', 'pair = "ETHUSD"', "pair"),
        ("[peers]", "[peers", "not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in PRICE
    with pytest.raises(BadDeclaration) as refused:
        read_declaration(declared(tmp_path, PRICE.replace(old, new)))
    assert named in refused.value.message


def test_a_missing_file_says_which_variable_names_it(tmp_path: Path) -> None:
    with pytest.raises(BadDeclaration) as refused:
        read_declaration(tmp_path / "none.toml")
    assert "COVENANT_REPORTER" in refused.value.hint


EXAMPLE = (Path(__file__).parents[4] / "deployments" / "reporter.example.toml").read_text(encoding="utf-8")


def test_the_example_declares_a_price_and_what_it_comments_out_declares_the_other_facts(tmp_path: Path) -> None:
    head, _, facts = EXAMPLE.partition("[fact]")
    assert read_declaration(declared(tmp_path, head + "[fact]" + facts)).fact.kind == "price"
    commented = [uncommented(fact) for fact in facts.split("# [fact]")[1:]]
    kinds = [read_declaration(declared(tmp_path, head + fact)).fact.kind for fact in commented]
    assert kinds == ["fx", "rate", "revenue"]


def uncommented(fact: str) -> str:
    return "[fact]" + fact.partition("\n\n")[0].replace("\n# ", "\n").replace("\n#", "\n") + "\n"


def at(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())


EASTER_2024 = ["2024-03-30T12:00Z", "2024-04-01T12:00Z", "2024-04-02T14:00Z"]


@pytest.fixture
def banks() -> Iterator[ExchangeServer]:
    """On Maundy Thursday, and until Tuesday, as the sources of the example answer."""
    with serving() as server:
        server.answer("/latest", Reply({"rates": {"USD": "1.0812"}, "date": "2024-03-28"}))
        server.answer("/eurusd", Reply({"mid": "1.0811", "at": at("2024-03-28T21:59:00Z")}))
        server.answer("/sofr/last/1", Reply({"refRates": [{"percentRate": "5.34", "effectiveDate": "2024-03-27"}]}))
        yield server


def example(kind: str, banks: ExchangeServer, tmp_path: Path) -> PriceDeclared | RateDeclared:
    head, _, facts = EXAMPLE.partition("[fact]")
    (fact,) = (found for found in map(uncommented, facts.split("# [fact]")[1:]) if f'kind = "{kind}"' in found)
    for url in ("https://rates.example", "https://desk.example"):
        fact = fact.replace(url, banks.url)
    said = read_declaration(declared(tmp_path, head + fact)).fact
    assert isinstance(said, PriceDeclared | RateDeclared)
    return said


@pytest.mark.parametrize("now", EASTER_2024)
async def test_the_exchange_rate_of_the_example_is_told_over_the_longest_weekend(
    now: str, banks: ExchangeServer, tmp_path: Path
) -> None:
    said = example("fx", banks, tmp_path)
    assert isinstance(said, PriceDeclared)
    async with httpx.AsyncClient() as client:
        seen = await replace(price_fact(said, client), now=lambda: at(now)).look()
    assert seen == Sighting(Decimal("1.0811"), at(now))


@pytest.mark.parametrize("now", EASTER_2024)
async def test_the_benchmark_of_the_example_is_told_over_the_longest_weekend(
    now: str, banks: ExchangeServer, tmp_path: Path
) -> None:
    said = example("rate", banks, tmp_path)
    assert isinstance(said, RateDeclared)
    async with httpx.AsyncClient() as client:
        seen = await replace(rate_fact(said, client), now=lambda: at(now)).look()
    assert seen == Sighting(Decimal("5.34"), at(now))


async def test_an_exchange_rate_that_nobody_has_renewed_for_five_days_is_nothing(
    banks: ExchangeServer, tmp_path: Path
) -> None:
    said = example("fx", banks, tmp_path)
    assert isinstance(said, PriceDeclared)
    async with httpx.AsyncClient() as client:
        with pytest.raises(NothingSeen, match="no quorum of 2"):
            await replace(price_fact(said, client), now=lambda: at("2024-04-03T08:00Z")).look()
