"""What a reporter's file may declare."""

from pathlib import Path

import httpx
import pytest

from oracles.reporting.declaration import BadDeclaration, PriceDeclared, RateDeclared, read_declaration
from oracles.reporting.declared_facts import price_fact, rate_fact

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
        assert price_fact(said.fact, client).policy.max_age_s == 4 * 86_400


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
    commented = [f"[fact]{fact}" for fact in facts.split("# [fact]")[1:]]
    kinds = []
    for fact in commented:
        block = fact.partition("\n\n")[0].replace("\n# ", "\n").replace("\n#", "\n")
        kinds.append(read_declaration(declared(tmp_path, head + block + "\n")).fact.kind)
    assert kinds == ["fx", "rate", "revenue"]
