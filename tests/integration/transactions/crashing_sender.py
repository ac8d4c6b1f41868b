"""A sender with two keys, killed at a named step: `python -m … DATABASE_URL RPC_URL STEP`. It never ends otherwise."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from enum import StrEnum

from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.transactions.steps import Step
from tests.integration.transactions.ground import Told, make_senders


async def run(database_url: str, rpc_url: str, step: Step) -> None:
    def die(reached: StrEnum) -> None:
        if reached is step:
            os.kill(os.getpid(), signal.SIGKILL)

    rpc, engine = JsonRpc(rpc_url), open_engine(database_url, process="crashing sender")
    senders = make_senders(rpc, sessions_of(engine), Told(), reached=die)
    await senders.recover()
    while True:
        await senders.tick()
        await rpc.call("evm_mine")


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], Step(sys.argv[3])))
