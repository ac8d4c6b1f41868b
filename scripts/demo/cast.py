"""Everybody and everything that the story needs, found in a bootstrapped chain and a running service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from orchestrator.chain.book import AddressBook
from orchestrator.chain.rpc import JsonRpc
from scripts.demo.ledger import Holders
from scripts.local.accounts import Role
from scripts.local.bootstrap import LocalDeployment
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


@asynccontextmanager
async def open_cast(deployment: LocalDeployment, rpc_url: str, api_url: str) -> AsyncIterator[Cast]:
    """Connections of the people, apart from those of the service."""
    rpc, service = JsonRpc(rpc_url), Service.at(api_url)
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
        )
    finally:
        await service.aclose()
        await rpc.aclose()
