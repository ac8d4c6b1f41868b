"""Reading any Chainlink-shaped feed: Chainlink's own mock, our local proxy-like one, and what is no feed."""

import asyncio
import json

import pytest
from eth_utils.address import to_checksum_address
from typer.testing import CliRunner

from oracles.chainlink.reading import NotAFeed, read_feed
from orchestrator.chain.contracts import Contract
from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.chain.rpc import JsonRpc
from scripts.cli.feeds import app
from scripts.deploy.artifacts import BUILD, Artifacts
from tests.integration.oracles.club import mined


async def deploy(rpc: JsonRpc, name: str, *arguments: object) -> str:
    code = Artifacts(BUILD).contract(name).creation_with(*arguments)
    (deployer, *_) = await rpc.call("eth_accounts")
    tx_hash = await rpc.call("eth_sendTransaction", [{"from": deployer, "data": "0x" + code.hex()}])
    return to_checksum_address((await mined(rpc, tx_hash))["contractAddress"])


async def send(rpc: JsonRpc, name: str, address: str, function: str, *arguments: object) -> None:
    data = Contract(name, Artifacts(BUILD).contract(name).abi).encode_call(function, *arguments)
    (sender, *_) = await rpc.call("eth_accounts")
    call = {"from": sender, "to": address, "data": "0x" + data.hex()}
    await mined(rpc, await rpc.call("eth_sendTransaction", [call]))


async def test_chainlinks_own_mock_is_read_with_its_decimals_and_speaks_for_itself(anvil: str) -> None:
    rpc = JsonRpc(anvil)
    address = await deploy(rpc, "MockV3Aggregator", 8, 2_000 * 10**8)
    await send(rpc, "MockV3Aggregator", address, "updateAnswer", 1_990 * 10**8)
    reading = await read_feed(ChainReader(rpc), address)
    assert (reading.decimals, reading.newest.answer, reading.newest.round_id) == (8, 1_990 * 10**8, 2)
    assert (reading.aggregator, reading.phase, reading.aggregator_round) == (address, 0, 2)
    assert reading.newest.updated_at == reading.now
    await rpc.aclose()


async def test_after_a_change_of_phase_the_aggregators_rounds_count_from_one_again(anvil: str) -> None:
    """Pitfall 35: a proxy's round id has the phase above the aggregator's own."""
    rpc = JsonRpc(anvil)
    (owner, *_) = await rpc.call("eth_accounts")
    address = await deploy(rpc, "LocalFeed", owner, 8, "ETH / USD")
    for answer in (2_000, 2_001):
        await send(rpc, "LocalFeed", address, "push", answer * 10**8, 1_700_000_000)
    before = await read_feed(ChainReader(rpc), address)
    await send(rpc, "LocalFeed", address, "nextPhase")
    await send(rpc, "LocalFeed", address, "push", 2_002 * 10**8, 1_700_000_000)
    after = await read_feed(ChainReader(rpc), address)
    assert (before.phase, before.aggregator_round) == (1, 2)
    assert (after.phase, after.aggregator_round, after.newest.answer) == (2, 1, 2_002 * 10**8)
    assert after.newest.round_id > before.newest.round_id
    await rpc.aclose()


async def test_what_is_no_feed_is_refused(anvil: str) -> None:
    rpc = JsonRpc(anvil)
    reader = ChainReader(rpc)
    (owner, *_) = await rpc.call("eth_accounts")
    without_rounds = await deploy(rpc, "LocalFeed", owner, 8, "ETH / USD")
    token = await deploy(rpc, "LocalToken", "USD Coin", "USDC", 6)
    for address in (without_rounds, token, owner):
        with pytest.raises((NotAFeed, InDoubt)):
            await read_feed(reader, address)
    await rpc.aclose()


def test_the_command_judges_what_it_reads(anvil: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RPC_URL", anvil)
    address = asyncio.run(_mock(anvil))
    facts = json.loads(CliRunner().invoke(app, ["read", address, "--json"]).stdout)
    assert (facts["feed"], facts["answer"], facts["status"]) == (address, str(2_000 * 10**8), "fresh")
    assert "fresh: answered 0 s ago" in CliRunner().invoke(app, ["read", address]).stdout


async def _mock(url: str) -> str:
    rpc = JsonRpc(url)
    try:
        return await deploy(rpc, "MockV3Aggregator", 8, 2_000 * 10**8)
    finally:
        await rpc.aclose()
