"""An engine that takes two lines at once and is killed in its third step: `python -m … DATABASE_URL RPC_URL BOOK`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from orchestrator.chain.book import AddressBook
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.triggers.steps import EngineStep
from tests.integration.triggers.ground import POLICY, make_engine


async def run(database_url: str, rpc_url: str, book: Path) -> None:
    steps = 0

    def die(reached: StrEnum) -> None:
        nonlocal steps
        steps += reached is EngineStep.READ
        if steps == 3:
            os.kill(os.getpid(), signal.SIGKILL)

    sessions = sessions_of(open_engine(database_url, process="crashing engine"))
    policy = replace(POLICY, lines_at_once=2)
    await make_engine(sessions, JsonRpc(rpc_url), AddressBook.load(book), policy, die).catch_up()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], Path(sys.argv[3])))
