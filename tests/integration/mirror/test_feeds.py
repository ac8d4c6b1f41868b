"""A feed that changes whom it speaks through is followed while the mirror runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from eth_utils.address import to_checksum_address
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.chain.book import AddressBook, BookFeed
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.loop import MirrorLoop
from tests.integration.mirror.ground import ADMIN, PRICE, Ground, codecs
from tests.integration.mirror.rows import all_rows, reach, until

PROXY = "0x" + "70" * 20
# aggregator() answers with slot 0, anything else, so phaseId(), with slot 1.
PROXY_CODE = "0x60003560e01c63245a7bfc14601a5760015460005260206000f35b60005460005260206000f3"


def word(value: int) -> str:
    return f"0x{value:064x}"


async def point(ground: Ground, aggregator: str, phase: int) -> None:
    """The proxy speaks through another aggregator from the next block on."""
    await ground.rpc.call("anvil_setCode", [PROXY, PROXY_CODE])
    await ground.rpc.call("anvil_setStorageAt", [PROXY, word(0), word(int(aggregator, 16))])
    await ground.rpc.call("anvil_setStorageAt", [PROXY, word(1), word(phase)])
    await ground.mine()


def book_with_proxy(ground: Ground) -> AddressBook:
    return replace(ground.book(), feeds={"ETH/USD": BookFeed(to_checksum_address(PROXY), 8, 3_600, 300)})


@asynccontextmanager
async def running(engine: AsyncEngine, url: str, book: AddressBook, **settings: Any) -> AsyncIterator[None]:
    """The mirror as the indexer runs it."""
    reader = ChainReader(JsonRpc(url))
    loop = MirrorLoop(
        engine=engine,
        readers=[reader],
        book=book,
        codecs=codecs(),
        alerts=Alerts(sessions_of(engine), Metrics()),
        poll_interval_s=0.02,
        feeds_asked_every_s=0.05,
        **settings,
    )
    task = asyncio.create_task(loop.run(ready=lambda: None))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reader.aclose()


async def rounds(engine: AsyncEngine) -> list[int]:
    return [int(row.round_id) for row in await all_rows(engine, "SELECT round_id FROM oracle_rounds ORDER BY 1")]


async def test_a_proxy_that_changes_its_aggregator_is_followed(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """Pitfall 35: with the new aggregator's rounds from before the change, and without a restart."""
    await point(ground, ground.addresses["feed"], phase=1)
    async with running(engine, chain_url, book_with_proxy(ground)):
        await ground.push(PRICE)
        await until(engine, "SELECT count(*) = 2 FROM oracle_rounds")
        await ground.deploy("second", "LocalFeed", ADMIN.address, 8, "ETH / USD")
        await ground.send(ADMIN, "second", "LocalFeed", "push", PRICE, await ground.now())
        await point(ground, ground.addresses["second"], phase=2)
        await until(engine, "SELECT count(*) = 3 FROM oracle_rounds")
        await ground.send(ADMIN, "second", "LocalFeed", "push", PRICE, await ground.now())
        await until(engine, "SELECT count(*) = 4 FROM oracle_rounds")
    assert await rounds(engine) == [2**64 + 1, 2**64 + 2, 2 * 2**64 + 1, 2 * 2**64 + 2]
    [fact] = await all_rows(
        engine,
        "SELECT phase, canonical FROM watched_contracts JOIN blocks ON hash = read_at_hash WHERE address = :speaker",
        speaker=bytes.fromhex(ground.addresses["second"][2:]),
    )
    assert (fact.phase, fact.canonical) == (2, True)


async def test_two_vaults_share_a_cursor(ground: Ground, engine: AsyncEngine, chain_url: str) -> None:
    other = await Ground.deployed(ground.rpc)
    async with running(engine, chain_url, ground.book(), more_books=[other.book()]):
        await ground.open_line()
        await other.open_line()
        await reach(engine, await ground.head())
    vaults = {"0x" + row.vault.hex() for row in await all_rows(engine, "SELECT vault FROM lines")}
    assert vaults == {ground.addresses["vault"].lower(), other.addresses["vault"].lower()}
    assert len(await all_rows(engine, "SELECT * FROM cursors")) == 1


async def test_two_chains_are_mirrored_by_one_process_into_one_database(
    ground: Ground, engine: AsyncEngine, chain_url: str, other_chain_url: str
) -> None:
    other = Ground(JsonRpc(other_chain_url))
    await other.rpc.call("anvil_setChainId", [31338])
    other = await Ground.deployed(other.rpc)
    other_book = replace(other.book(), chain_id=31338)
    async with running(engine, chain_url, ground.book()), running(engine, other_chain_url, other_book):
        await ground.open_line()
        await other.push(PRICE)
        await until(engine, "SELECT count(*) = 1 FROM lines WHERE chain_id = 31337")
        await until(engine, "SELECT count(*) = 2 FROM oracle_rounds WHERE chain_id = 31338")
    assert len(await all_rows(engine, "SELECT * FROM cursors")) == 2
    await other.rpc.aclose()
