"""A provider as the indexer sees it: an HTTP server before the chain, with a view and with faults of its own.

Blocks and logs are told from memory, as anvil gave them when they were mined: so a provider can stay on a branch that
the chain has left. What else is asked goes on to anvil.
"""

from __future__ import annotations

import asyncio
import copy
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import orjson

from orchestrator.chain.rpc import JsonRpc, RpcRefused
from tests.simulation.chain import Json, Memory
from tests.simulation.faults import Answer, Call, Fault, Manner, distort
from tests.simulation.plan import FINALITY_DEPTH
from tests.simulation.told import Told

LATE_S: Final = 0.05
SILENCE_S: Final = 1.0
"""Longer than the indexer waits."""
SAFE_DEPTH: Final = FINALITY_DEPTH // 2
_BEHIND: Final = {"latest": 0, "safe": SAFE_DEPTH, "finalized": FINALITY_DEPTH}


@dataclass
class View:
    """What a provider believes to be the chain: the canonical blocks or a branch that it is pinned to, and how late."""

    memory: Memory
    pinned: tuple[str, ...] | None = None
    lag: int = 0

    def pin(self) -> None:
        self.pinned = tuple(self.memory.canonical)

    def rejoin(self) -> None:
        self.pinned, self.lag = None, 0

    def hashes(self) -> Sequence[str]:
        """Of the blocks that it knows, by number. The first is always known."""
        chain = self.pinned if self.pinned is not None else self.memory.canonical
        return chain[: max(1, len(chain) - self.lag)]

    def block(self, tag: str) -> Json | None:
        """By number or tag; None beyond its head."""
        hashes = self.hashes()
        number = max(0, len(hashes) - 1 - _BEHIND[tag]) if tag in _BEHIND else int(tag, 16)
        return self.memory.blocks[hashes[number]] if number < len(hashes) else None

    def receipts(self, block: str) -> list[Json] | None:
        """By hash, number or tag; None of a block that is not in its chain."""
        if len(block) == 66:
            return self.memory.receipts[block] if block in self.hashes() else None
        found = self.block(block)
        return self.memory.receipts[found["hash"]] if found else None

    def receipt(self, tx_hash: str) -> Json | None:
        for block_hash in self.hashes():
            for receipt in self.memory.receipts[block_hash]:
                if receipt["transactionHash"] == tx_hash:
                    return receipt
        return None

    def logs(self, asked: Json) -> list[Json]:
        """As `eth_getLogs`: what lies beyond its head it does not have, and does not say so."""
        if "blockHash" in asked:
            blocks: Sequence[str] = [asked["blockHash"]] if asked["blockHash"] in self.hashes() else []
        else:
            blocks = self.hashes()[int(asked["fromBlock"], 16) : int(asked["toBlock"], 16) + 1]
        wanted = asked.get("address")
        addresses = {a.lower() for a in ([wanted] if isinstance(wanted, str) else wanted or [])}
        return [
            log
            for block_hash in blocks
            for receipt in self.memory.receipts[block_hash]
            for log in receipt["logs"]
            if not addresses or log["address"].lower() in addresses
        ]


@dataclass
class Provider:
    """One JSON-RPC endpoint. ``before`` runs before each request is answered."""

    name: str
    chain: JsonRpc
    view: View
    before: Callable[[], Awaitable[None]]
    told: Told
    url: str = ""
    _waiting: deque[tuple[Fault, Random]] = field(default_factory=deque)
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    def arm(self, fault: Fault, choice: int) -> None:
        """The next request that the fault fits is answered wrongly."""
        self._waiting.append((fault, Random(choice)))

    def disarm(self) -> None:
        self._waiting.clear()

    async def answer(self, body: bytes) -> Answer:
        request = orjson.loads(body)
        batched = isinstance(request, list)
        requests = request if batched else [request]
        calls = [Call(one["method"], one["params"]) for one in requests]
        replies = [
            {"jsonrpc": "2.0", "id": one["id"]} | await self._outcome(call)
            for one, call in zip(requests, calls, strict=True)
        ]
        answer = Answer(calls, replies, batched)
        self._distort(answer)
        return answer

    def _distort(self, answer: Answer) -> None:
        """By the first of the waiting faults that fits."""
        for waiting in tuple(self._waiting):
            fault, random = waiting
            if distort(fault, answer, random, self.view.memory.orphans_at):
                self._waiting.remove(waiting)
                self.told.say(f"{self.name} answered {answer.calls[0].method} with: {fault}")
                self.told.counts[f"{answer.calls[0].method}: {fault}"] += 1
                return

    async def _outcome(self, call: Call) -> dict[str, Any]:
        view, params = self.view, call.params
        match call.method:
            case "eth_getBlockByNumber":
                return {"result": copy.deepcopy(view.block(params[0]))}
            case "eth_getBlockReceipts":
                return {"result": copy.deepcopy(view.receipts(params[0]))}
            case "eth_getTransactionReceipt":
                return {"result": copy.deepcopy(view.receipt(params[0]))}
            case "eth_getLogs":
                return {"result": copy.deepcopy(view.logs(params[0]))}
            case "eth_blockNumber":
                return {"result": hex(len(view.hashes()) - 1)}
            case _:
                return await self._from_the_chain(call)

    async def _from_the_chain(self, call: Call) -> dict[str, Any]:
        [result] = await self.chain.try_batch([(call.method, call.params)])
        if isinstance(result, RpcRefused):
            return {"error": {"code": result.code, "message": result.reason, "data": result.data}}
        return {"result": result}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until either side ends it."""
        self._connections.add(writer)
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == b"content-length:")
                body = await reader.readexactly(length)
                await self.before()
                if not await self._deliver(await self.answer(body), writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._connections.discard(writer)
            writer.close()

    async def _deliver(self, answer: Answer, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        body = answer.body()
        if answer.manner is Manner.RESET:
            writer.transport.abort()
            return False
        if answer.manner is Manner.SILENT:
            await asyncio.sleep(SILENCE_S)
            return False
        if answer.manner is Manner.LATE:
            await asyncio.sleep(LATE_S)
        head = f"HTTP/1.1 {answer.status} X\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        cut = answer.manner is Manner.CUT_OFF
        writer.write(head.encode() + (body[: len(body) // 2] if cut else body))
        await writer.drain()
        return not cut

    def close(self) -> None:
        for writer in self._connections:
            writer.transport.abort()


@asynccontextmanager
async def listening(provider: Provider) -> AsyncIterator[Provider]:
    """The provider on a port of its own."""
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0)
    provider.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    try:
        yield provider
    finally:
        server.close()
        provider.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 1)
