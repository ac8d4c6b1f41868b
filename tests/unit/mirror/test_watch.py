"""Whose logs are kept."""

from dataclasses import replace

from orchestrator.chain.blocks import ChainLog
from orchestrator.mirror.watch import ANSWER_UPDATED, Role, Source, Watch

FEED = Source("0x" + "11" * 20, Role.FEED, None, "ETH/USD", 5)
VAULT = Source("0x" + "22" * 20, Role.VAULT, "0x" + "22" * 20, "vault", 9)
WATCH = Watch([FEED, VAULT])


def log(address: str, *topics: str) -> ChainLog:
    return ChainLog(1, "0x", "0x", 0, 0, address, topics, b"")


def test_of_our_contracts_every_log_is_kept() -> None:
    assert WATCH.keeps(log(VAULT.address, "0x" + "77" * 32))
    assert WATCH.keeps(log(VAULT.address))


def test_of_a_feed_only_its_rounds_are_kept() -> None:
    assert WATCH.keeps(log(FEED.address, ANSWER_UPDATED))
    assert not WATCH.keeps(log(FEED.address, "0x" + "77" * 32))
    assert not WATCH.keeps(log(FEED.address))


def test_of_others_nothing_is_kept() -> None:
    assert not WATCH.keeps(log("0x" + "33" * 20, ANSWER_UPDATED))


def test_it_begins_with_the_oldest_contract() -> None:
    assert WATCH.from_block == 5
    assert Watch([replace(FEED, from_block=3), VAULT]).from_block == 3
