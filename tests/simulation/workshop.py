"""The parts that seeds are run on: a PostgreSQL and a deployed ground for many, a chain and two databases for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from orchestrator.chain.rpc import JsonRpc
from orchestrator.db import migrate
from scripts.local.anvil import start_anvil
from scripts.local.part import Part
from scripts.local.postgres import conninfo, create_database, start_postgres, url_of
from scripts.local.runtime import Runtime
from tests.simulation.forked import fork_server
from tests.simulation.ground import Deployed
from tests.simulation.plan import FINALITY_DEPTH
from tests.simulation.stage import Place

TEMPLATE: Final = "migrated"
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What is shared by the seeds of one process. Its server has a migrated database called ``TEMPLATE``."""

    runtime: Runtime
    deployed: Deployed
    forks: ForkServerContext

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """A chain and databases of one seed's own, gone afterwards."""
        number = next(_numbers)
        directory = self.runtime.directory / f"seed-{number}"
        directory.mkdir()
        names = (f"seed_{number}", f"reference_{number}")
        part = await _chain(self.runtime, directory)
        try:
            for name in names:
                await create_database(self.socket_dir, name, template=TEMPLATE)
            ours, reference = (url_of(self.socket_dir, name) for name in names)
            yield Place(part.url, self.deployed, ours, reference, directory, self.forks)
        finally:
            part.child.kill()
            await part.child.wait()
            await self._drop(*names)

    @property
    def socket_dir(self) -> Path:
        return self.runtime.directory / "pg"

    async def _drop(self, *names: str) -> None:
        at = conninfo(self.socket_dir, "postgres")
        async with await psycopg.AsyncConnection.connect(at, autocommit=True) as connection:
            for name in names:
                await connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


async def open_workshop(runtime: Runtime) -> Workshop:
    """On a runtime with a server that has the migrated ``TEMPLATE``."""
    directory = runtime.directory / "ground"
    directory.mkdir()
    part = await _chain(runtime, directory)
    rpc = JsonRpc(part.url)
    try:
        return Workshop(runtime, await Deployed.on(rpc), fork_server())
    finally:
        await rpc.aclose()
        part.child.kill()
        await part.child.wait()


async def start_template_server(runtime: Runtime) -> Part:
    """A PostgreSQL with the migrated ``TEMPLATE``."""
    part = await start_postgres(runtime, runtime.directory / "postgres", runtime.directory / "postgres.log", keep=False)
    await create_database(runtime.directory / "pg", TEMPLATE)
    await asyncio.to_thread(migrate.upgrade, url_of(runtime.directory / "pg", TEMPLATE))
    return part


async def _chain(runtime: Runtime, directory: Path) -> Part:
    return await start_anvil(runtime, directory / "anvil.log", safe_behind=FINALITY_DEPTH // 2)
