"""The indexer: mirrors one chain into the database and puts the events of all chains in order."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence

from orchestrator.alerts import Alerts
from orchestrator.chain.book import AddressBook
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.migrate import require_current_schema
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.delivery.sequencer import Sequencer
from orchestrator.errors import CovenantError
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.loop import MirrorLoop
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from scripts.processes.entry import run_process

log = logging.getLogger(__name__)

SEQUENCER_INTERVAL_S = 0.25


async def run(settings: Settings) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    chain_id, book = settings.require_chain_id(), AddressBook.load(settings.require_book())
    if book.chain_id != chain_id:
        raise CovenantError(
            f"the address book is of chain {book.chain_id}, but chain {chain_id} is configured",
            "check COVENANT_BOOK and COVENANT_CHAIN_ID",
        )
    engine = open_engine(settings.require_database_url(), process="indexer")
    readers = [ChainReader(JsonRpc(url)) for url in settings.require_rpc_urls()]
    try:
        await require_current_schema(engine)
        await _require_chain(readers, chain_id)
        sequencer = Sequencer(engine, SEQUENCER_INTERVAL_S)
        mirror = MirrorLoop(
            engine=engine,
            readers=readers,
            book=book,
            codecs=load_codecs(),
            alerts=Alerts(sessions_of(engine), Metrics()),
            poll_interval_s=settings.covenant_poll_interval_ms / 1000,
            moved=sequencer.wake,
        )
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(sequencer.run())
            tasks.create_task(mirror.run(ready=notify_ready))
    finally:
        for reader in readers:
            await reader.aclose()
        await engine.dispose()


async def _require_chain(readers: Sequence[ChainReader], chain_id: int) -> None:
    """A provider that is down may come back; one of another chain, or none at all, is an error."""
    failures: list[RpcError] = []
    for reader in readers:
        try:
            await reader.require_chain_id(chain_id)
        except RpcError as error:
            log.warning("%s", error)
            failures.append(error)
    if len(failures) == len(readers):
        raise failures[0]


def main() -> int:
    return run_process("indexer", run)


if __name__ == "__main__":
    sys.exit(main())
