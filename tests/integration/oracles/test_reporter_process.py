"""Reporters as they run: processes with keystores, exchanges over HTTP, a chain that mines by itself."""

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from oracles.reporting.feed import FeedState, OnChainFeed
from oracles.reporting.observation import FeedId
from orchestrator.chain.quantities import quantity
from orchestrator.chain.rpc import JsonRpc
from tests.integration.oracles.club import CHAIN_ID, deploy_feed, reporter_accounts
from tests.unit.oracles.sources.exchange_server import (
    BINANCE,
    BITSTAMP,
    COINBASE,
    KRAKEN,
    ExchangeServer,
    Reply,
    serving,
)

REPORTERS = 4
QUORUM = 3
DEAD = 3
PATIENCE_S = 120.0


def declaration(feed: ChecksumAddress, peers: Mapping[ChecksumAddress, str], port: int, exchanges: str) -> str:
    peer_lines = "\n".join(f'"{address}" = "{url}"' for address, url in peers.items())
    named = "\n".join(
        f'    {{ name = "{name}", base_url = "{exchanges}", path = "{path}", value = "{value}" }},'
        for name, path, value in (
            ("coinbase", "/products/ETH-USD/ticker", "price"),
            ("bitstamp", "/api/v2/ticker/ethusd/", "last"),
            ("binance", "/api/v3/ticker/24hr", "lastPrice"),
        )
    )
    return f"""
chain_id = {CHAIN_ID}
feed = "{feed}"
heartbeat_s = 3600
deviation_bps = 50
interval_s = 2
poll_s = 0.2
port = {port}

[peers]
{peer_lines}

[fact]
kind = "price"
pair = "ETH/USD"
sources = [
    {{ exchange = "kraken", base_url = "{exchanges}" }},
{named}
]
"""


def free_ports(count: int) -> list[int]:
    held = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [listener.getsockname()[1] for listener in held]
    for listener in held:
        listener.close()
    return ports


def write_keystore(account: LocalAccount, folder: Path) -> None:
    folder.mkdir()
    (folder / "password").write_text("of the test\n")
    (folder / "key.json").write_text(json.dumps(account.encrypt("of the test", iterations=2)))


def start_reporter(folder: Path, rpc_url: str) -> subprocess.Popen[bytes]:
    env = {
        **os.environ,
        "RPC_URL": rpc_url,
        "COVENANT_REPORTER": str(folder / "reporter.toml"),
        "COVENANT_KEYSTORE": str(folder / "key.json"),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(folder / "password"),
    }
    with (folder / "log").open("wb") as log:
        return subprocess.Popen([sys.executable, "-m", "scripts.processes.reporter"], env=env, stdout=log, stderr=log)


def status_of(folder: Path, rpc_url: str) -> dict[str, Any]:
    """What `covenant reporter status` says to whoever runs a reporter."""
    arguments = ["reporter", "status", "--file", str(folder / "reporter.toml"), "--json"]
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("covenant")), *arguments],
        env={**os.environ, "RPC_URL": rpc_url},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return dict(json.loads(ran.stdout))


@pytest.mark.timeout(120)
async def test_a_key_that_is_no_reporter_of_the_feed_does_not_start(anvil: str, tmp_path: Path) -> None:
    rpc = JsonRpc(anvil)
    mine, other = reporter_accounts(2)
    address = await deploy_feed(rpc, [other.address], 1)
    await rpc.aclose()
    folder = tmp_path / "mine"
    write_keystore(mine, folder)
    (folder / "reporter.toml").write_text(declaration(address, {}, 0, "http://127.0.0.1:9"))
    process = start_reporter(folder, anvil)
    assert await asyncio.to_thread(process.wait, 60) == 1
    assert f"{mine.address} is no reporter of this feed — use the key of one that is" in (folder / "log").read_text()


@pytest.fixture
def exchanges() -> Iterator[ExchangeServer]:
    with serving() as server:
        say(server, "110.10")
        yield server


def say(server: ExchangeServer, price: str, kraken: str | None = None, coinbase: str | None = None) -> None:
    pair = KRAKEN["result"]["XETHZUSD"] | {"c": [kraken or price, "0.1"]}  # type: ignore[index]
    server.answer("/0/public/Ticker", Reply({"error": [], "result": {"XETHZUSD": pair}}))
    server.answer("/products/ETH-USD/ticker", Reply(COINBASE | {"price": coinbase or price}))
    server.answer("/api/v2/ticker/ethusd/", Reply(BITSTAMP | {"last": price}))
    server.answer("/api/v3/ticker/24hr", Reply(BINANCE | {"lastPrice": price}))


async def until_round(feed: OnChainFeed, round_id: int, processes: Sequence[subprocess.Popen[bytes]]) -> FeedState:
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        state = await feed.state()
        if state.round_id >= round_id:
            return state
        assert all(process.poll() is None for process in processes)
        await asyncio.sleep(0.1)
    raise AssertionError(f"no round {round_id} within {PATIENCE_S} s")


async def until_logged(log: Path, words: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_S
    while time.monotonic() < give_up_at:
        if words in log.read_text():
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{words!r} was not logged within {PATIENCE_S} s")


@pytest.mark.timeout(600)  # it waits for what happens, however busy the machine is
async def test_three_processes_of_four_keep_a_feed_though_one_reporter_is_dead_and_one_exchange_lies(
    anvil: str, exchanges: ExchangeServer, tmp_path: Path
) -> None:
    rpc = JsonRpc(anvil)
    accounts = reporter_accounts(REPORTERS)
    for account in accounts:
        await rpc.call("anvil_setBalance", [account.address, quantity(10**20)])
    address = await deploy_feed(rpc, [account.address for account in accounts], QUORUM)
    await rpc.call("evm_setIntervalMining", [1])
    ports = free_ports(REPORTERS)
    peers = {account.address: f"http://127.0.0.1:{port}" for account, port in zip(accounts, ports, strict=True)}
    processes = []
    for number, account in enumerate(accounts):
        folder = tmp_path / str(number)
        write_keystore(account, folder)
        (folder / "reporter.toml").write_text(declaration(address, peers, ports[number], exchanges.url))
        if number != DEAD:
            processes.append(start_reporter(folder, anvil))
    feed = OnChainFeed(rpc, FeedId(CHAIN_ID, address))
    try:
        first = await until_round(feed, 1, processes)
        assert first.answer == 110_10000000
        say(exchanges, "105.00", kraken="135.00")
        second = await until_round(feed, 2, processes)
        assert second.answer == 105_00000000
        say(exchanges, "90.00", kraken="135.00", coinbase="135.00")
        for living in ("0", "1", "2"):
            await until_logged(tmp_path / living / "log", "alert: ETH/USD: no quorum of 3: 2 sources agree")
        standing = status_of(tmp_path / "0", anvil)
        assert (standing["round_id"], standing["works"], standing["quorum"]) == ("2", 0, QUORUM)
        assert [peer["says"].partition(":")[0] for peer in standing["peers"]] == [*["ETH/USD"] * 3, "cannot be reached"]
        say(exchanges, "105.10")
        await until_logged(tmp_path / "0" / "log", "resolved: ETH/USD reports again")
        assert status_of(tmp_path / "0", anvil)["peers"][0] == {
            "reporter": accounts[0].address,
            "url": peers[accounts[0].address],
            "works": True,
            "says": "works",
        }
        assert await feed.state() == replace(second, now=(await feed.state()).now)
        for process in processes:
            process.terminate()
        assert [await asyncio.to_thread(process.wait, 20) for process in processes] == [0, 0, 0]
    finally:
        for process in processes:
            process.kill()
            process.wait()
        await rpc.aclose()
    log = (tmp_path / "0" / "log").read_text()
    assert '"source rejected"' in log
    assert "of the test" not in log
