"""Declarations: every mistake is named before anything is sent."""

from pathlib import Path

import pytest

from scripts.deploy.declaration import DECLARATIONS, BadDeclaration, Declaration

OWNER = "0x1111111111111111111111111111111111111111"
EXAMPLE = (DECLARATIONS / "example.toml").read_text()
VALID = EXAMPLE.replace('owner = "0x' + "00" * 20, f'owner = "{OWNER}')


def load(tmp_path: Path, text: str) -> Declaration:
    (tmp_path / "net.toml").write_text(text)
    return Declaration.load("net", tmp_path)


def test_the_example_lacks_nothing_but_an_owner(tmp_path: Path) -> None:
    with pytest.raises(BadDeclaration, match="owner is the zero address"):
        load(tmp_path, EXAMPLE)
    declaration = load(tmp_path, VALID)
    assert declaration.owner == OWNER
    assert [market.name for market in declaration.markets] == ["WETH/USDC"]
    assert [*declaration.markets[0].oracle.pairs()] == ["ETH/USD", "USDC/USD"]


def test_amounts_and_prices_come_in_base_units(tmp_path: Path) -> None:
    declaration = load(tmp_path, VALID)
    (market,) = declaration.markets
    assert declaration.min_debt(market) == 1_000 * 10**6
    # 50 USDC for one WETH: 50·10^6 base units for 10^18, times 10^36.
    assert declaration.price_e36(market, market.oracle.min_price) == 50 * 10**6 * 10**36 // 10**18


def test_an_unknown_network_lists_the_known_ones(tmp_path: Path) -> None:
    load(tmp_path, VALID)
    with pytest.raises(BadDeclaration, match="nothing is declared for the network 'other'") as caught:
        Declaration.load("other", tmp_path)
    assert "declared so far: net" in caught.value.hint


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("chain_id = 1", "chain_id = 0", "chain_id"),
        ("chain_id = 1", 'chain_id = "1"', "chain_id"),
        ("chain_id = 1", "", "chain_id"),
        ("chain_id = 1", "chain_id = 1\nowners = 2", "owners"),
        ("chain_id = 1", "chain_id = = 1", "not TOML"),
        ("6eB48", "6eB49", "checksum"),
        ("decimals = 6", "decimals = 19", "tokens.USDC.decimals"),
        ('loan = "USDC"', 'loan = "DAI"', "no \\[tokens.DAI\\]"),
        ('loan = "USDC"', 'loan = "WETH"', "the same token"),
        ('min_debt = "1000"', 'min_debt = "0"', "min_debt"),
        ('min_debt = "1000"', 'min_debt = "0.0000001"', "finer than one base unit"),
        ('min_debt = "1000"', 'min_debt = "NaN"', "min_debt"),
        ('price = "ETH/USD"', 'price = "ETH/EUR"', 'no \\[feeds."ETH/EUR"\\]'),
        ('min_price = "50"', 'min_price = "100000"', "min_price must be below max_price"),
        ('min_price = "50"', "", "min_price"),
        ('quote = "USDC/USD"', 'cross_check = "USDC/USD"', "need each other"),
        ("heartbeat_s = 3600", "heartbeat_s = 0", "heartbeat_s"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in VALID
    with pytest.raises(BadDeclaration, match=complaint):
        load(tmp_path, VALID.replace(old, new, 1))


def test_the_same_market_twice_is_refused(tmp_path: Path) -> None:
    market = VALID[VALID.index("[[markets]]") :]
    with pytest.raises(BadDeclaration, match="two markets WETH/USDC"):
        load(tmp_path, VALID + market)
