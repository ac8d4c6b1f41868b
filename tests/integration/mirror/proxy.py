"""A JSON-RPC provider that forwards to a real chain, and can be made to lie, refuse, lag or fall silent."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

import orjson

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc, RpcRefused

Answer = Callable[[str, list[Any], Any], Any]
"""(method, params, the chain's own result) → what the provider says instead. May raise Refusal."""


@dataclass
class Refusal(Exception):
    """The provider answers with an error."""

    code: int
    message: str


def honest(_method: str, _params: list[Any], result: Any) -> Any:
    return result


@dataclass
class Proxy:
    """``answer`` may be exchanged at any time. ``asked`` are the methods that were called, in order."""

    chain: JsonRpc
    url: str = ""
    answer: Answer = honest
    asked: list[str] = field(default_factory=list)
    connections: list[asyncio.StreamWriter] = field(default_factory=list)

    async def respond(self, body: bytes) -> bytes:
        request = orjson.loads(body)
        if isinstance(request, list):
            return orjson.dumps([await self._one(item) for item in request])
        return orjson.dumps(await self._one(request))

    async def _one(self, request: dict[str, Any]) -> dict[str, Any]:
        method, params = request["method"], list(request["params"])
        self.asked.append(method)
        reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
        [result] = await self.chain.try_batch([(method, params)])
        if isinstance(result, RpcRefused):
            return reply | {"error": {"code": result.code, "message": result.reason, "data": result.data}}
        try:
            return reply | {"result": self.answer(method, params, copy.deepcopy(result))}
        except Refusal as refusal:
            return reply | {"error": {"code": refusal.code, "message": refusal.message}}


@dataclass
class ShufflingProxy(Proxy):
    """Answers batches in another order, or without the last answer."""

    cut: bool = False

    async def respond(self, body: bytes) -> bytes:
        answers = orjson.loads(await super().respond(body))
        return orjson.dumps(answers[:-1] if self.cut else answers[::-1])


P = TypeVar("P", bound=Proxy)


@asynccontextmanager
async def proxied(chain_url: str, kind: type[P]) -> AsyncIterator[P]:
    """A provider in front of a chain."""
    proxy = kind(JsonRpc(chain_url))
    server = await asyncio.start_server(lambda reader, writer: _serve(proxy, reader, writer), "127.0.0.1", 0)
    proxy.url = "http://{}:{}".format(*server.sockets[0].getsockname())
    try:
        yield proxy
    finally:
        server.close()
        for writer in proxy.connections:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()
        await server.wait_closed()
        await proxy.chain.aclose()


async def _serve(proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    proxy.connections.append(writer)
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
            answer = await proxy.respond(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%b" % (len(answer), answer))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


class Past:
    """A chain as it was: blocks and receipts recorded before a reorg, told as if they were the present."""

    def __init__(self, blocks: list[dict[str, Any]], receipts: dict[str, Any]) -> None:
        self._by_number = {integer(block["number"]): block for block in blocks}
        self._receipts = receipts
        self._head = max(self._by_number)

    @classmethod
    async def record(cls, chain: JsonRpc) -> Past:
        head = integer(await chain.call("eth_blockNumber"))
        blocks = await chain.batch([("eth_getBlockByNumber", (quantity(n), False)) for n in range(head + 1)])
        hashes = [block["hash"] for block in blocks]
        receipts = await chain.batch([("eth_getBlockReceipts", (block_hash,)) for block_hash in hashes])
        return cls(blocks, dict(zip(hashes, receipts, strict=True)))

    def __call__(self, method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber":
            behind = {"latest": 0, "safe": 32, "finalized": 64}
            tag = params[0]
            number = max(0, self._head - behind[tag]) if tag in behind else integer(tag)
            return self._by_number.get(number)
        if method == "eth_getBlockReceipts":
            return self._receipts.get(params[0])
        return result
