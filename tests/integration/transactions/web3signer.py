"""A small stand-in for a Web3Signer: it speaks the two calls of its HTTP API that we use, and signs with a real key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from eth_keys.datatypes import PrivateKey
from eth_utils.crypto import keccak


@dataclass
class StandIn:
    """``answer`` replaces what it says to a request to sign: a status and a body."""

    key: PrivateKey
    url: str = ""
    answer: tuple[int, str] | None = None
    asked: list[str] = field(default_factory=list)

    @property
    def identifier(self) -> str:
        return "0x" + self.key.public_key.to_bytes().hex()

    def respond(self, method: str, path: str, body: bytes) -> tuple[int, str]:
        self.asked.append(f"{method} {path}")
        if (method, path) == ("GET", "/api/v1/eth1/publicKeys"):
            return 200, json.dumps([self.identifier])
        if (method, path) != ("POST", f"/api/v1/eth1/sign/{self.identifier}"):
            return 404, ""
        if self.answer is not None:
            return self.answer
        payload = bytes.fromhex(json.loads(body)["data"][2:])
        signature = self.key.sign_msg_hash(keccak(payload)).to_bytes()
        return 200, "0x" + signature[:64].hex() + f"{signature[64] + 27:02x}"


@asynccontextmanager
async def web3signer(key: bytes) -> AsyncIterator[StandIn]:
    stand_in = StandIn(PrivateKey(key))

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        method, path, _ = head.decode().split(" ", 2)
        length = next((line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), b": 0")
        body = await reader.readexactly(int(length.split(b":")[1]))
        status, text = stand_in.respond(method, path, body)
        reply = f"HTTP/1.1 {status} X\r\nContent-Length: {len(text)}\r\nConnection: close\r\n\r\n{text}"
        writer.write(reply.encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    stand_in.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield stand_in
