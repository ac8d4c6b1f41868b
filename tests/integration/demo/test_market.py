"""The simulated market on a running indexer and API: people do business through both, and the chain agrees."""

import asyncio
from pathlib import Path

from orchestrator.chain.rpc import JsonRpc
from scripts.demo.stack import Stack, open_stack
from scripts.local.accounts import Role
from scripts.local.market import MOST_OPEN_LINES, Market
from scripts.local.people import Contracts, Person
from scripts.local.processes import service
from scripts.local.service import Service


async def trade_until_one_line_is_closed(market: Market) -> None:
    """A line more than may be open, and a look at the API after each."""
    await market.open()
    for count in range(1, MOST_OPEN_LINES + 1):
        await market.move()
        await market.trade()
        lines = await market.service.every("/v1/lines", min_block=await height(market.rpc))
        assert [line["line_id"] for line in lines] == list(range(1, count + 1))
    mandates = await market.service.get("/v1/lines/1/mandates")
    assert [(one["kind"], one["paid_from"]) for one in mandates["items"]] == [
        ("ltv", "reserve"),
        ("ltv", "collateral"),
        ("due", "reserve"),
    ]
    await market.trade()
    line = await market.service.get("/v1/lines/1", min_block=await height(market.rpc))
    assert (line["status"], line["holder"]) == ("closed", None)
    assert (await market.service.get("/v1/lines/2"))["status"] == "current"


async def height(rpc: JsonRpc) -> int:
    return int(await rpc.call("eth_blockNumber"), 16)


async def run(folder: Path) -> None:
    async with open_stack(
        logs=folder, first_answer=19_500_000_000, services=[service("indexer"), service("web")]
    ) as stack:
        rpc, api = JsonRpc(stack.rpc_url), Service.at(stack.api_url)
        try:
            await trade_until_one_line_is_closed(market_on(stack, rpc, api))
        finally:
            await api.aclose()
            await rpc.aclose()


def market_on(stack: Stack, rpc: JsonRpc, api: Service) -> Market:
    book, accounts = stack.deployment.book, stack.deployment.accounts
    oracle, lender, borrower = (
        Person.of(accounts, role, rpc, book.chain_id) for role in (Role.ORACLE, Role.LENDER, Role.BORROWER)
    )
    return Market(rpc, api, Contracts.of(book), oracle, lender, borrower)


def test_lines_are_opened_through_the_api_and_the_oldest_is_closed(tmp_path: Path) -> None:
    """Not async: children of the supervisor must be started from the main thread, in an event loop of its own."""
    asyncio.run(run(tmp_path))
