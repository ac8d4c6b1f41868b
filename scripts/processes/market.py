"""The simulated market of an embedded chain: keeps its feed moving, opens and closes lines. Not for real chains."""

from __future__ import annotations

import sys

from orchestrator.chain.book import AddressBook
from orchestrator.chain.rpc import JsonRpc
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.market import Market
from scripts.local.people import Contracts, Person
from scripts.local.service import Service
from scripts.processes.entry import run_process


async def run(settings: Settings) -> None:
    """Until cancelled. Raises CovenantError when it can't start, or when the chain or the API refuses it."""
    book = AddressBook.load(settings.require_book())
    accounts = LocalAccounts.create(settings.covenant_state_dir)
    rpc = JsonRpc(settings.require_rpc_urls()[0])
    service = Service.at(f"http://{settings.covenant_api_host}:{settings.covenant_api_port}")

    def person(role: Role) -> Person:
        return Person.of(accounts, role, rpc, book.chain_id)

    market = Market(rpc, service, Contracts.of(book), person(Role.ORACLE), person(Role.LENDER), person(Role.BORROWER))
    try:
        await market.open()
        notify_ready()
        await market.run()
    finally:
        await service.aclose()
        await rpc.aclose()


def main() -> int:
    return run_process("market", run)


if __name__ == "__main__":
    sys.exit(main())
