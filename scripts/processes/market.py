"""The market of a local chain: publishes a wandering ETH/USD price, so that there is something to watch."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import time
from typing import Final

from orchestrator.chain.rpc import JsonRpc
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from scripts.local.accounts import LocalAccounts, Role
from scripts.local.bootstrap import FIRST_ANSWER
from scripts.local.market import Wandering
from scripts.local.people import Contracts, Person
from scripts.local.rounds import publish
from scripts.processes.deployment import load_book, require_chain
from scripts.processes.entry import run_process

log = logging.getLogger(__name__)

INTERVAL_S: Final = 5.0


async def run(settings: Settings) -> None:
    """Until cancelled. Raises CovenantError when it cannot start, and TransactionFailed when a round is refused."""
    book = load_book(settings)
    rpc = JsonRpc(settings.require_rpc_urls()[0])
    try:
        await require_chain([rpc], book.chain_id)
        oracle = Person.of(LocalAccounts.create(settings.covenant_state_dir), Role.ORACLE, rpc, book.chain_id)
        feed = Contracts.of(book).feed
        _, answer, _, _, _ = await feed.read(rpc, "latestRoundData")
        market, chance = Wandering(FIRST_ANSWER), random.Random()
        notify_ready()
        while True:
            answer = market.next_answer(answer, chance)
            published = await publish(oracle, feed, answer, int(time.time()))
            log.debug("published", extra={"answer": answer, "block": published.block_number})
            await asyncio.sleep(INTERVAL_S)
    finally:
        await rpc.aclose()


def main() -> int:
    return run_process("market", run)


if __name__ == "__main__":
    sys.exit(main())
