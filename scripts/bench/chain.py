"""The chain that is mirrored: built once for each length and each build of the contracts, then kept."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.chain.book import AddressBook
from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.bench.load import EVENTS_A_BLOCK, EVENTS_A_LINE, Load
from scripts.deploy.artifacts import RELEASE
from scripts.local.accounts import LocalAccounts
from scripts.local.anvil import start_anvil
from scripts.local.bootstrap import bootstrap
from scripts.local.output import Output
from scripts.local.part import Part
from scripts.local.runtime import Runtime

CHAINS: Final = Path("build/bench/chains")
FINALITY_SLOTS: Final = 32
FINALITY_BLOCKS: Final = 64
RPC_TIMEOUT_S: Final = 60.0
STATE_WRITTEN_WITHIN_S: Final = 300.0
MOST_KEPT_BLOCKS: Final = 4_000
"""A block takes 140 kB in anvil's file."""
STATE: Final = "chain.json"
DONE: Final = "done"


@dataclass(frozen=True, slots=True)
class BenchChain:
    """A running chain whose last events are final. ``home`` is where its book and its accounts are."""

    rpc: JsonRpc
    url: str
    pid: int
    home: Path
    events: int

    @property
    def ws_url(self) -> str:
        return self.url.replace("http://", "ws://")

    @property
    def book_path(self) -> Path:
        return next(self.home.glob("*.book.json"))

    async def head(self) -> int:
        return integer(await self.rpc.call("eth_blockNumber"))

    async def finalized(self) -> int:
        """The last block whose events are final."""
        return integer((await self.rpc.call("eth_getBlockByNumber", ["finalized", False]))["number"])

    async def more_load(self) -> Load:
        """Goes on where the load that built the chain ended."""
        load = await Load.ready(self.rpc, AddressBook.load(self.book_path), LocalAccounts.create(self.home))
        load.events = self.events
        load.lines = -(-self.events // EVENTS_A_LINE)
        return load


@asynccontextmanager
async def open_chain(runtime: Runtime, logs: Path, blocks: int, output: Output) -> AsyncIterator[BenchChain]:
    """A chain with ``blocks`` blocks of events: as an earlier run left it if it is not too large, else built now.

    It is the caller's to change: what is kept is a copy.
    """
    home = CHAINS / f"{blocks}-{_contracts_digest()}"
    if not (home / DONE).exists():
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
    keep = blocks <= MOST_KEPT_BLOCKS
    if keep and not (home / DONE).exists():
        async with _anvil(runtime, logs, home / STATE) as part:
            await _build(part.url, home, blocks, output)
            await part.child.stop(STATE_WRITTEN_WITHIN_S)
        (home / DONE).touch()
    if keep:
        shutil.copyfile(home / STATE, runtime.directory / STATE)
    async with _anvil(runtime, logs, runtime.directory / STATE) as part:
        if not keep:
            await _build(part.url, home, blocks, output)
        rpc = JsonRpc(part.url, RPC_TIMEOUT_S)
        try:
            yield BenchChain(rpc, part.url, part.child.pid, home, blocks * EVENTS_A_BLOCK)
        finally:
            await rpc.aclose()


async def _build(url: str, home: Path, blocks: int, output: Output) -> None:
    began = time.monotonic()
    deployment = await bootstrap(url, home)
    rpc = JsonRpc(url, RPC_TIMEOUT_S)
    try:
        load = await Load.ready(rpc, deployment.book, deployment.accounts)
        await load.fill(blocks, lambda done: output.say(f"building the chain: {done:,} of {blocks:,} blocks"))
        await rpc.call("anvil_mine", [quantity(FINALITY_BLOCKS)])
    finally:
        await rpc.aclose()
    output.say(f"the chain was built in {time.monotonic() - began:.0f} s")


@asynccontextmanager
async def _anvil(runtime: Runtime, logs: Path, state: Path) -> AsyncIterator[Part]:
    """Goes on from a file, and writes it only when it is stopped in order before the end."""
    part = await start_anvil(runtime, logs / "anvil.log", state=state.resolve(), safe_behind=FINALITY_SLOTS, long=True)
    try:
        yield part
    finally:
        part.child.kill()
        await part.child.wait()


def _contracts_digest() -> str:
    """Other contracts make another chain."""
    compiled = sorted(RELEASE.rglob("CreditVault.json"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in compiled)).hexdigest()[:12]
