"""A server that answers from a script, on a real socket: what a service does on a bad day."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import orjson


@dataclass(frozen=True, slots=True)
class Asked:
    """A request as it came. Names of headers are in lower case."""

    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Scripted:
    """``address`` is where it listens; ``asked`` is what came, in order. The last line of the script is repeated."""

    script: Sequence[bytes]
    address: str = ""
    asked: list[Asked] = field(default_factory=list)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection; an empty line of the script hangs up without a word."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        line = self.script[min(len(self.asked), len(self.script) - 1)]
        self.asked.append(Asked(head[0].split(" ")[1], headers, body))
        writer.write(line)
        await writer.drain()
        writer.close()


@asynccontextmanager
async def scripted(*script: bytes) -> AsyncIterator[Scripted]:
    server = Scripted(script)
    async with await asyncio.start_server(server.answer, "127.0.0.1", 0) as listening:
        host, port = listening.sockets[0].getsockname()[:2]
        server.address = f"http://{host}:{port}"
        yield server


HANGS_UP = b""


def answer(status: int, body: bytes, kind: str = "application/json", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} -", f"content-type: {kind}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def problem(status: int, code: str, **headers: str) -> bytes:
    told = {"type": f"urn:covenant:problem:{code}", "title": "T", "detail": "D", "hint": "H", "instance": "/"}
    return answer(status, orjson.dumps(told | {"status": status, "code": code}), "application/problem+json", **headers)


def stream(*frames: str) -> bytes:
    """An event stream that breaks off after the last frame."""
    return b"HTTP/1.1 200 -\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n" + "".join(frames).encode()
