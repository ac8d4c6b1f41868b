"""A chain with lines whose repayments become due one after another, as it was before the first, for each seed anew."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.context import ForkServerContext
from pathlib import Path
from typing import Any, Final

import psycopg
from eth_account import Account
from psycopg import sql

from orchestrator.chain.rpc import JsonRpc
from scripts.local.postgres import conninfo, create_database, url_of
from scripts.local.runtime import Runtime
from tests.integration.mirror.ground import BORROWER, HOUR, KEEPER, USDC, Ground
from tests.integration.triggers.ground import book_of, ltv_mandate
from tests.simulation.crashes.forked import fork_server

TEMPLATE: Final = "migrated"
SAFE_BEHIND: Final = 2
PASSWORD: Final = "of a throw-away key"
LONG_HOURS: Final = 60 * 24
"""A period in which a mandate fires once."""

Lines = Callable[[Ground], Awaitable[int]]

_numbers = count(1)


@dataclass
class World:
    """What the seeds of one process share. ``mandates``: how many must fire, each once."""

    runtime: Runtime
    rpc_url: str
    addresses: dict[str, str]
    mandates: int
    snapshot: str
    forks: ForkServerContext

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """The chain as it was at first, and a database of the seed's own."""
        number = next(_numbers)
        directory = self.runtime.directory / f"crash-{number}"
        directory.mkdir()
        rpc = JsonRpc(self.rpc_url)
        assert await rpc.call("evm_revert", [self.snapshot])
        self.snapshot = await rpc.call("evm_snapshot")
        await rpc.call("anvil_dropAllTransactions")
        await rpc.call("evm_setAutomine", [False])
        await create_database(self.socket_dir, f"crash_{number}", template=TEMPLATE)
        try:
            ground = Ground(rpc, dict(self.addresses))
            yield Place(self, ground, url_of(self.socket_dir, f"crash_{number}"), directory)
        finally:
            await rpc.call("evm_setAutomine", [True])
            await rpc.aclose()
            at = conninfo(self.socket_dir, "postgres")
            async with await psycopg.AsyncConnection.connect(at, autocommit=True) as connection:
                name = sql.Identifier(f"crash_{number}")
                await connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))

    @property
    def socket_dir(self) -> Path:
        return self.runtime.directory / "pg"


@dataclass(frozen=True, slots=True)
class Place:
    """What one seed plays on."""

    world: World
    ground: Ground
    database_url: str
    directory: Path

    def environment(self, **more: str) -> dict[str, str]:
        """Of an engine or a sender."""
        book_of(self.ground).dump(self.directory / "book.json")
        (self.directory / "password").write_text(PASSWORD + "\n")
        keystore = self.directory / "keystore.json"
        if not keystore.exists():
            keystore.write_text(json.dumps(Account.encrypt(KEEPER.key, PASSWORD, iterations=2)))
        return {
            "DATABASE_URL": self.database_url.replace("+psycopg", ""),
            "RPC_URL": self.world.rpc_url,
            "COVENANT_CHAIN_ID": "31337",
            "COVENANT_BOOK": str(self.directory / "book.json"),
            "COVENANT_KEYSTORE": str(keystore),
            "COVENANT_KEYSTORE_PASSWORD_FILE": str(self.directory / "password"),
            "COVENANT_POLL_INTERVAL_MS": "20",
            "COVENANT_MAX_PRICE_JUMP_BPS": "1000000",
            "COVENANT_LOG_LEVEL": "info",
        } | more


async def open_world(runtime: Runtime, rpc_url: str, lines: Lines | None = None) -> World:
    """On a new chain, and a runtime with a server that has the migrated ``TEMPLATE``.

    ``lines`` opens lines and says how many mandates they have; without, those whose events ``play`` makes happen.
    """
    rpc = JsonRpc(rpc_url)
    try:
        ground = await Ground.deployed(rpc)
        mandates = await (lines or _lines)(ground)
        return World(runtime, rpc_url, ground.addresses, mandates, await rpc.call("evm_snapshot"), fork_server())
    finally:
        await rpc.aclose()


async def _lines(ground: Ground) -> int:
    """Five lines with a mandate each; returns how many. See ``play.EVENTS`` for what makes them fire."""

    async def drawn(mandate: dict[str, Any], **terms: Any) -> None:
        line = await ground.open_line(**terms)
        await ground.vault(BORROWER, "depositReserve", line, 400 * USDC)
        await ground.vault(BORROWER, "draw", line, 600 * USDC, BORROWER.address)
        await ground.register_mandate(line, **mandate)

    feed = book_of(ground).markets[0].feeds[0]
    level = {"kind": 2, "feed": feed, "level": 1_500 * 10**8, "amount": 100 * USDC, "periodHours": LONG_HOURS}
    await drawn(level)
    await drawn(ltv_mandate(4_000, periodHours=LONG_HOURS), initialLtvBps=3_000)
    await drawn(ltv_mandate(6_000, periodHours=LONG_HOURS))
    await drawn({"periodHours": 24})
    await drawn({"periodHours": 24})
    return 5


WAIT_FOR_BILLS_S: Final = 25 * HOUR
