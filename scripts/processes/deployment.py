"""What every process of the service checks before it begins: that book, settings and nodes speak of the same chain."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.book import AddressBook
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.schema import require_current_schema
from orchestrator.db.session import open_engine
from orchestrator.errors import CovenantError
from orchestrator.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deployment:
    """One chain with our contracts, the nodes that serve it, and the database that mirrors it."""

    book: AddressBook
    rpcs: tuple[JsonRpc, ...]
    engine: AsyncEngine
    database_url: str

    @property
    def chain_id(self) -> int:
        return self.book.chain_id


@asynccontextmanager
async def open_deployment(settings: Settings, process: str) -> AsyncIterator[Deployment]:
    """Opens what the settings name, and closes it at the end.

    Raises:
        CovenantError: a setting is missing or contradicts another, no node answers, or the schema is outdated.
    """
    book = load_book(settings)
    database_url = settings.require_database_url()
    async with AsyncExitStack() as stack:
        timeout_s = settings.covenant_rpc_timeout_ms / 1000
        rpcs = tuple(JsonRpc(url, timeout_s) for url in settings.require_rpc_urls())
        for rpc in rpcs:
            stack.push_async_callback(rpc.aclose)
        engine = open_engine(database_url, process=process)
        stack.push_async_callback(engine.dispose)
        await require_current_schema(engine)
        await require_chain(rpcs, book.chain_id)
        yield Deployment(book, rpcs, engine, database_url)


def load_book(settings: Settings) -> AddressBook:
    """The address book of the configured chain. Raises CovenantError."""
    return load_book_at(settings.require_book(), settings.require_chain_id())


def load_book_at(path: Path, chain_id: int) -> AddressBook:
    """An address book of that chain. Raises CovenantError."""
    book = AddressBook.load(path)
    if book.chain_id != chain_id:
        raise CovenantError(
            f"the address book is of chain {book.chain_id}, but chain {chain_id} is configured",
            f"check {path} and COVENANT_CHAIN_ID",
        )
    return book


async def require_chain(rpcs: Sequence[JsonRpc], chain_id: int) -> None:
    """A node that is down may come back; one of another chain, or none at all, is an error.

    Raises:
        WrongChain: a node serves another chain.
        RpcError: none answers.
    """
    failures: list[RpcError] = []
    for rpc in rpcs:
        try:
            await ChainReader(rpc).require_chain_id(chain_id)
        except RpcError as error:
            failures.append(error)
    if len(failures) == len(rpcs):
        raise failures[0]
    for failure in failures:
        log.warning("%s", failure)
