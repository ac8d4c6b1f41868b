"""Everybody and everything that the story needs, found in a bootstrapped chain and a running service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from eth_typing import ChecksumAddress
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.book import AddressBook
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.reconcile import Report, reconcile
from scripts.demo.ledger import Holders
from scripts.demo.stack import Stack
from scripts.local.accounts import Role
from scripts.local.people import Contracts, Person
from scripts.local.service import Service


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays, on which chain, watched through which API."""

    rpc: JsonRpc
    service: Service
    book: AddressBook
    contracts: Contracts
    holders: Holders
    lender: Person
    borrower: Person
    oracle: Person
    keeper: ChecksumAddress
    engine: AsyncEngine

    async def compare_mirror(self) -> Report:
        """The mirror against the chain at the mirror's newest block, by the service's own code."""
        chain_id, vault = self.book.chain_id, self.book.vault.lower()
        return await reconcile(self.engine, ChainReader(self.rpc), chain_id, vault, load_codecs())


@asynccontextmanager
async def open_cast(stack: Stack) -> AsyncIterator[Cast]:
    """Connections of the people, apart from those of the service; and one to look at the mirror with."""
    deployment = stack.deployment
    rpc, service = JsonRpc(stack.rpc_url), Service.at(stack.api_url)
    engine = open_engine(stack.database_url, process="demo")
    contracts = Contracts.of(deployment.book)

    def person(role: Role) -> Person:
        return Person.of(deployment.accounts, role, rpc, deployment.book.chain_id)

    try:
        yield Cast(
            rpc=rpc,
            service=service,
            book=deployment.book,
            contracts=contracts,
            holders=Holders.of(contracts, deployment.accounts),
            lender=person(Role.LENDER),
            borrower=person(Role.BORROWER),
            oracle=person(Role.ORACLE),
            keeper=deployment.accounts.address(Role.KEEPER),
            engine=engine,
        )
    finally:
        await engine.dispose()
        await service.aclose()
        await rpc.aclose()
