"""Two chains in one database, with contracts at the same addresses and lines of the same numbers: nothing mixes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack

import pytest

from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.digest import table_digests
from orchestrator.tasks.reconciliation import reconcile_vault
from tests.conftest import LocalParts
from tests.integration.mirror.ground import ADMIN
from tests.integration.triggers.conftest import deploy
from tests.integration.triggers.ground import SAFE_BEHIND, Service, ltv_mandate, open_service

CHAINS = (31337, 31338)
FALLEN = 400 * 10**8


@pytest.fixture
def urls(local_parts: LocalParts) -> Iterator[dict[int, str]]:
    """By chain."""
    parts = {chain_id: local_parts.anvil(safe_behind=SAFE_BEHIND, chain_id=chain_id) for chain_id in CHAINS}
    yield {chain_id: part.url for chain_id, part in parts.items()}
    for part in parts.values():
        local_parts.end(part)


@pytest.fixture
async def services(urls: dict[int, str], database_url: str) -> AsyncIterator[tuple[Service, Service]]:
    """A mirror, an engine and a sender for each chain, as the processes of each chain are."""
    async with AsyncExitStack() as stack:
        opened = []
        for chain_id, url in urls.items():
            addresses = (await deploy(url, chain_id)).addresses
            service = open_service(database_url, url, addresses, chain_id=chain_id)
            opened.append(await stack.enter_async_context(service))
        yield opened[0], opened[1]


async def settle(*services: Service) -> None:
    """At once."""
    await asyncio.gather(*(service.settle() for service in services))


async def digests(service: Service) -> dict[str, str]:
    async with service.mirror.engine.connect() as connection:
        return await table_digests(connection, service.book.chain_id, 1)


async def reconciled(service: Service) -> list[str]:
    """What differs, in the words of the open alerts."""
    reader, alerts = ChainReader(service.ground.rpc), Alerts(service.sessions, Metrics())
    vault, chain_id = service.book.vault.lower(), service.book.chain_id
    await reconcile_vault(service.mirror.engine, reader, chain_id, vault, load_codecs(), alerts, Metrics())
    return await service.open_alerts()


async def test_each_chain_has_its_own_lines_triggers_transactions_and_digest(
    services: tuple[Service, Service],
) -> None:
    one, other = services
    assert one.book.vault == other.book.vault
    lines = []
    for service in services:
        lines.append(await service.drawn_line())
        await service.ground.register_mandate(lines[-1], **ltv_mandate())
    assert lines[0] == lines[1]

    await one.ground.push(FALLEN)
    await settle(*services)
    assert [(trigger.chain_id, trigger.status) for trigger in await one.triggers()] == [(CHAINS[0], "done")]
    assert [(intent.chain_id, intent.status) for intent in await one.intents()] == [(CHAINS[0], "finalized")]
    assert (await one.owed(lines[0]))[1] < (await other.owed(lines[1]))[1]

    before = await digests(one)
    assert before != await digests(other)
    await other.ground.push(FALLEN)
    await settle(other)
    done = {(trigger.chain_id, trigger.line_id, trigger.status) for trigger in await one.triggers()}
    assert done == {(chain_id, lines[0], "done") for chain_id in CHAINS}
    assert await digests(one) == before, "what happens on one chain changes nothing of the other's"
    assert [await reconciled(service) for service in services] == [[], []]


async def test_a_reorg_of_one_chain_takes_nothing_from_the_other(services: tuple[Service, Service]) -> None:
    one, other = services
    for service in services:
        await service.drawn_line()
    await asyncio.gather(one.evaluate(), other.evaluate())
    before = await digests(other)
    await one.ground.reorg(2)
    await one.ground.send(ADMIN, "feed", "LocalFeed", "push", FALLEN, await one.ground.now())
    await asyncio.gather(one.evaluate(), other.evaluate())
    assert await digests(other) == before
    assert [await reconciled(service) for service in services] == [[], []]
