"""Providers that leave out, mix up, refuse or fall behind: nothing wrong is ever committed."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.contracts import load_contract
from orchestrator.chain.quantities import integer
from orchestrator.chain.reader import ChainReader, InDoubt, WrongChain
from orchestrator.chain.rpc import JsonRpc, RpcBadAnswer, RpcRefused
from orchestrator.db.models import LineVersion, OracleRound
from orchestrator.mirror.backfill import RangeSize
from orchestrator.mirror.follow import Step
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, PRICE, USDC, Ground, Mirror, opened_mirror
from tests.integration.mirror.proxy import Proxy, Refusal, ShufflingProxy, proxied
from tests.integration.mirror.rows import count, digests_of, position


def without_log(place: int) -> Any:
    """Leaves one log out of all receipts that have more."""

    def answer(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockReceipts" and result:
            for receipt in result:
                if len(receipt["logs"]) > abs(place):
                    del receipt["logs"][place]
        return result

    return answer


@pytest.mark.parametrize("which", [0, 1, -1])
async def test_a_log_left_out_near_the_head_is_noticed(
    ground: Ground, engine: AsyncEngine, chain_url: str, which: int
) -> None:
    """Pitfall 20: whether it is the first of several in its block, or one between, or the last, which leaves no gap."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.open_line()
        before = await position(engine)
        provider.answer = without_log(which)
        with pytest.raises(InDoubt, match="receipts"):
            await mirror.step()
        assert (await position(engine)).at == before.at
        provider.answer = lambda _method, _params, result: result
        await mirror.catch_up()
        assert await count(engine, LineVersion) == 1


async def test_a_block_whose_receipts_are_all_empty_is_noticed(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 20: the bloom says that something happened, and the receipts root what."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.push(PRICE)

        def answer(method: str, _params: list[Any], result: Any) -> Any:
            if method == "eth_getBlockReceipts":
                for receipt in result:
                    receipt["logs"] = []
            return result

        provider.answer = answer
        with pytest.raises(InDoubt, match="receipts"):
            await mirror.step()


async def test_a_log_left_out_of_a_range_is_noticed_by_the_sample(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 20."""
    await ground.some_history()
    await ground.mine(200)

    def answer(method: str, _params: list[Any], result: Any) -> Any:
        return (
            [log for log in result if log["address"] != ground.addresses["feed"]] if method == "eth_getLogs" else result
        )

    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        provider.answer = answer
        with pytest.raises(InDoubt, match="receipts"):
            await mirror.step()
        assert await count(engine, OracleRound) == 0


async def test_a_state_left_out_of_a_range_is_noticed_by_its_number(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 20: what the sample misses, the gap in `seq` shows; the range is then read again with proof."""
    line_id = await ground.open_line()
    for _ in range(40):
        await ground.vault(BORROWER, "depositReserve", line_id, USDC)
    await ground.mine(200)
    left_out: list[int] = []
    line_state = load_contract("CreditVault").topic("LineState")

    def answer(method: str, _params: list[Any], result: Any) -> Any:
        """Leaves out the state of the deposit that is proven last, if ever: in the block with the greatest hash.

        Not the newest state: its number is missed only when another follows.
        """
        if method == "eth_getLogs":
            states = [log for log in result if log["topics"][0] == line_state]
            of_deposits = sorted(states, key=lambda log: integer(log["blockNumber"]))[1:-1]
            if not of_deposits:
                return result
            unproven = max(of_deposits, key=lambda log: str(log["blockHash"]))
            left_out.append(integer(unproven["blockNumber"]))
            result.remove(unproven)
        return result

    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        provider.answer = answer
        assert await mirror.step() is Step.MOVED
        assert left_out
        assert await count(engine, LineVersion) == 41
        await mirror.catch_up()
    async with opened_mirror(engine, chain_url, ground):
        assert await count(engine, LineVersion, block_number=left_out[0]) == 1


@pytest.mark.parametrize("confirming", ["honest", "silent"])
async def test_a_log_left_out_of_a_range_is_noticed_by_another_provider(
    ground: Ground, mirror: Mirror, other_engine: AsyncEngine, chain_url: str, confirming: str
) -> None:
    """Pitfall 20: a log without a number, in a block that no sample proves; who does not answer confirms nothing."""
    await ground.open_line()
    for _ in range(6):
        await ground.move_note(await ground.open_line())
    await ground.mine(200)
    await mirror.catch_up()
    transfer = load_contract("CreditLineNFT").topic("Transfer")

    def without_an_unproven_transfer(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            transfers = [log for log in result if log["topics"][0] == transfer]
            for unproven in sorted(transfers, key=lambda log: str(log["blockHash"]))[-1:]:
                result.remove(unproven)
        return result

    def silent(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            raise Refusal(-32005, "no logs today")
        return result

    async with proxied(chain_url, Proxy) as liar, proxied(chain_url, Proxy) as other:
        liar.answer = without_an_unproven_transfer
        witness = ChainReader(JsonRpc(other.url))
        if confirming == "silent":
            other.answer = silent
        async with opened_mirror(other_engine, liar.url, ground) as deceived:
            deceived.follower.providers = [deceived.reader, witness]
            await deceived.catch_up()
        await witness.aclose()
    assert await digests_of(other_engine) == await digests_of(mirror.engine)


async def test_logs_of_another_block_are_not_believed(ground: Ground, engine: AsyncEngine, chain_url: str) -> None:
    """Pitfall 21: a load balancer that mixes two nodes between a block and its logs."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.push(PRICE)
        old = await ground.rpc.call("eth_getBlockReceipts", ["latest"])
        await ground.roll_back(1)
        await ground.push(PRICE + 1)
        provider.answer = lambda method, _params, result: old if method == "eth_getBlockReceipts" else result
        with pytest.raises(InDoubt):
            await mirror.step()


async def test_the_same_logs_in_another_block_are_not_believed(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 21: a twin of the block has the same receipts root, and its logs name the twin."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.push(PRICE, 1_000)
        old = await ground.rpc.call("eth_getBlockReceipts", ["latest"])
        await ground.roll_back(1)
        await ground.push(PRICE, 1_000)
        provider.answer = lambda method, _params, result: old if method == "eth_getBlockReceipts" else result
        with pytest.raises(InDoubt, match="stands in the receipts of"):
            await mirror.step()


async def test_a_node_that_does_not_know_the_block_is_not_believed(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 21: an empty answer about a block that the node has not seen yet is not "no logs"."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.push(PRICE)
        provider.answer = lambda method, _params, result: None if method == "eth_getBlockReceipts" else result
        with pytest.raises(InDoubt, match="does not know"):
            await mirror.step()
        assert await count(engine, OracleRound) == 1


async def test_headers_of_two_branches_are_not_stitched_together(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Invariant 2, pitfall 21."""
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.mine(2)
        strange = await ground.rpc.call("eth_getBlockByNumber", ["latest", False])
        await ground.roll_back(2)
        await ground.push(PRICE)
        await ground.mine(3)

        def answer(method: str, params: list[Any], result: Any) -> Any:
            return strange if method == "eth_getBlockByNumber" and params[0] == strange["number"] else result

        provider.answer = answer
        with pytest.raises(InDoubt, match="follow"):
            await mirror.step()


@pytest.mark.parametrize("field", ["logsBloom", "receiptsRoot", "parentHash", "timestamp"])
async def test_a_header_that_was_tampered_with_is_not_believed(
    ground: Ground, engine: AsyncEngine, chain_url: str, field: str
) -> None:
    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        await mirror.catch_up()
        await ground.push(PRICE)

        def answer(method: str, params: list[Any], result: Any) -> Any:
            if method == "eth_getBlockByNumber" and params[0] == "latest":
                result[field] = "0x" + "0" * (len(result[field]) - 3) + "1"
            return result

        provider.answer = answer
        with pytest.raises(InDoubt, match="hashes to"):
            await mirror.step()


async def test_ranges_halve_on_refusal_and_grow_again(ground: Ground, engine: AsyncEngine, chain_url: str) -> None:
    """Pitfall 27."""
    await ground.some_history()
    await ground.mine(220)
    widths: list[int] = []

    def answer(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            width = integer(params[0]["toBlock"]) - integer(params[0]["fromBlock"]) + 1
            if width > 25 and len(widths) < 4:
                raise Refusal(-32005, "query returned more than 10000 results")
            widths.append(width)
        return result

    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        mirror.follower.range_size = RangeSize(blocks=40, step=10)
        provider.answer = answer
        await mirror.step()
        assert (await position(engine)).at.number == await ground.head() - 64
        assert min(widths) <= 20
        assert max(widths) > 25


async def test_a_refusal_that_smaller_ranges_do_not_cure_is_told(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    await ground.mine(200)

    def answer(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            raise Refusal(-32005, "no logs today")
        return result

    async with proxied(chain_url, Proxy) as provider, opened_mirror(engine, provider.url, ground) as mirror:
        mirror.follower.range_size = RangeSize(blocks=8)
        provider.answer = answer
        with pytest.raises(RpcRefused, match="no logs today"):
            await mirror.step()


async def test_receipts_one_by_one_when_the_node_does_not_give_them_by_block(
    ground: Ground, mirror: Mirror, chain_url: str, other_engine: AsyncEngine
) -> None:
    def answer(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockReceipts":
            raise Refusal(-32601, "Method not found")
        return result

    async with proxied(chain_url, Proxy) as provider:
        provider.answer = answer
        await ground.some_history()
        await mirror.catch_up()
        async with opened_mirror(other_engine, provider.url, ground) as poorer:
            await poorer.catch_up()
    assert "eth_getTransactionReceipt" in provider.asked
    assert await digests_of(other_engine) == await digests_of(mirror.engine)


async def test_a_batch_that_comes_back_short_or_shuffled(ground: Ground, chain_url: str) -> None:
    """Answers are matched by id; one that is missing is an error, not an empty block."""
    await ground.mine(3)
    async with proxied(chain_url, ShufflingProxy) as provider:
        rpc = JsonRpc(provider.url)
        numbers = [("eth_getBlockByNumber", (hex(n), False)) for n in range(3)]
        assert [integer(block["number"]) for block in await rpc.batch(numbers)] == [0, 1, 2]
        provider.cut = True
        with pytest.raises(RpcBadAnswer, match="2 answers to 3 calls"):
            await rpc.batch(numbers)
        await rpc.aclose()


async def test_a_provider_of_another_chain_is_refused(ground: Ground, chain_url: str) -> None:
    reader = ChainReader(JsonRpc(chain_url))
    await reader.require_chain_id(CHAIN_ID)
    with pytest.raises(WrongChain, match="serves chain 31337, but chain 1 is configured"):
        await reader.require_chain_id(1)
    await reader.aclose()
