"""Chainlink's directory of feeds: what is read from it, and what is refused."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from oracles.chainlink.directory import BadDirectory, UnknownFeed, parse_directory, policy_of, read_directory
from tests.unit.oracles.eth_usd import REAL_DIRECTORY

PRICE = {"assetClass": "Crypto", "productType": "Price"}


def entry(path: str = "eth-usd", **changes: Any) -> dict[str, Any]:
    """An entry in the form of Chainlink's file."""
    return {
        "compareOffchain": "",
        "contractAddress": "0x" + "c0" * 20,
        "contractVersion": 6,
        "decimalPlaces": None,
        "ens": path,
        "heartbeat": 3_600,
        "history": None,
        "multiply": "100000000",
        "name": "ETH / USD",
        "pair": ["", ""],
        "path": path,
        "proxyAddress": "0x" + "Ab" * 20,
        "threshold": 0.5,
        "valuePrefix": "",
        "docs": PRICE,
        "decimals": 8,
        "maxSubmissionValue": "95780971304118053647396689196894323976171195136475135",
    } | changes


def stream() -> dict[str, Any]:
    without_heartbeat = entry("ena-usd-stream", proxyAddress=None, threshold=0, decimals=0)
    del without_heartbeat["heartbeat"]
    return without_heartbeat


def directory(*entries: dict[str, Any]) -> str:
    return json.dumps(entries)


def test_a_feed_is_read_with_what_it_promises() -> None:
    feed = parse_directory(directory(entry()), "feeds.json").feeds["eth-usd"]
    assert (feed.name, feed.proxy, feed.decimals, feed.heartbeat_s) == ("ETH / USD", "0x" + "ab" * 20, 8, 3_600)
    assert feed.deviation_percent == Decimal("0.5")
    assert feed.traded


def test_thresholds_are_exact_decimals_and_not_floats() -> None:
    feeds = parse_directory(directory(entry()).replace("0.5", "1e-7"), "feeds.json").feeds
    assert feeds["eth-usd"].deviation_percent == Decimal("0.0000001")


def test_entries_without_a_proxy_are_streams_and_are_counted() -> None:
    found = parse_directory(directory(entry(), stream()), "feeds.json")
    assert (list(found.feeds), found.streams) == (["eth-usd"], 1)


def test_a_feed_is_found_by_path_by_proxy_and_by_a_name_that_is_its_own() -> None:
    found = parse_directory(directory(entry(), entry("btc-usd", name="BTC / USD", proxyAddress="0x" + "cd" * 20)), "f")
    for wanted in ("btc-usd", "BTC / USD", "btc/usd", "0x" + "CD" * 20):
        assert found.find(wanted).path == "btc-usd"
    assert found.at("0x" + "AB" * 20) is found.feeds["eth-usd"]
    assert found.at("0x" + "00" * 20) is None


def test_a_name_that_several_feeds_share_has_to_be_made_plain() -> None:
    found = parse_directory(directory(entry(), entry("eth-usd-svr", proxyAddress="0x" + "cd" * 20)), "feeds.json")
    with pytest.raises(UnknownFeed, match="2 feeds are called") as ambiguous:
        found.find("ETH / USD")
    assert "eth-usd-svr" in ambiguous.value.hint
    with pytest.raises(UnknownFeed, match="has no feed 'doge-usd'"):
        found.find("doge-usd")


def test_the_policy_of_a_traded_price_is_heartbeat_margin_jump_bound_and_standing_still() -> None:
    policy = policy_of(parse_directory(directory(entry()), "feeds.json").feeds["eth-usd"], margin_s=60)
    assert (policy.heartbeat_s, policy.margin_s, policy.max_jump_bps, policy.frozen_after) == (3_600, 60, 2_000, 5)
    assert policy.max_answer == 95780971304118053647396689196894323976171195136475135


@pytest.mark.parametrize(
    "docs", [PRICE | {"assetSubClass": "Stablecoin"}, PRICE | {"assetClass": "Fiat"}, {"productType": "NAVLink"}, None]
)
def test_what_is_pegged_or_has_market_hours_may_stand_still(docs: dict[str, str] | None) -> None:
    feed = parse_directory(directory(entry(docs=docs)), "feeds.json").feeds["eth-usd"]
    assert policy_of(feed).frozen_after is None


def test_a_feed_with_a_wide_threshold_may_jump_further() -> None:
    feed = parse_directory(directory(entry(threshold=25)), "feeds.json").feeds["eth-usd"]
    assert policy_of(feed).max_jump_bps == 10_000


@pytest.mark.parametrize("unset", ["", "0", "1", None])
def test_a_bound_that_nobody_filled_in_is_none(unset: str | None) -> None:
    feed = parse_directory(directory(entry(maxSubmissionValue=unset)), "feeds.json").feeds["eth-usd"]
    assert policy_of(feed).max_answer is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"proxyAddress": "0x12"}, "is no address"),
        ({"proxyAddress": 12}, "is no address"),
        ({"heartbeat": 0}, "heartbeat 0"),
        ({"heartbeat": None}, "heartbeat None"),
        ({"heartbeat": True}, "heartbeat True"),
        ({"heartbeat": 3600.5}, "heartbeat"),
        ({"decimals": -1}, "decimals -1"),
        ({"decimals": "8"}, "decimals '8'"),
        ({"threshold": -0.5}, "threshold"),
        ({"threshold": "0.5"}, "threshold '0.5'"),
        ({"maxSubmissionValue": "many"}, "maxSubmissionValue 'many'"),
        ({"name": None}, "path and name"),
    ],
)
def test_an_entry_that_cannot_be_judged_by_is_refused_with_its_number(changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadDirectory, match=r"feeds.json, entry 2 \('btc-usd'\)") as refused:
        parse_directory(directory(entry(), entry("btc-usd", **changes)), "feeds.json")
    assert reason in refused.value.message


def test_two_entries_of_one_path_are_refused() -> None:
    with pytest.raises(BadDirectory, match="entry 2: 'eth-usd' is there twice"):
        parse_directory(directory(entry(), entry()), "feeds.json")


@pytest.mark.parametrize("text", ["", "{", "{}", "[1]", '"eth-usd"'])
def test_what_is_no_array_of_objects_is_refused(text: str) -> None:
    with pytest.raises(BadDirectory):
        parse_directory(text, "feeds.json")


def test_a_missing_or_binary_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadDirectory, match="there is no file"):
        read_directory(tmp_path / "none.json")
    binary = tmp_path / "feeds.json"
    binary.write_bytes(b"\xff\xfe")
    with pytest.raises(BadDirectory, match="cannot be read as text"):
        read_directory(binary)


def test_every_feed_of_the_real_mainnet_directory_can_be_judged_by() -> None:
    if not REAL_DIRECTORY.exists():
        pytest.skip(f"{REAL_DIRECTORY} is absent; its form is tested above")
    found = read_directory(REAL_DIRECTORY)
    assert (len(found.feeds), found.streams) == (267, 20)
    for feed in found.feeds.values():
        assert policy_of(feed).heartbeat_s == feed.heartbeat_s
    eth = found.find("0x5f4eC3Df9cbd43714FE2740f5E3616155c5b8419")
    assert (eth.path, eth.decimals, eth.heartbeat_s, eth.deviation_percent) == ("eth-usd", 8, 3_600, Decimal("0.5"))
