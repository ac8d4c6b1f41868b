"""Clients of a web server that cost little themselves: answers are measured, and not looked into."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

_LENGTH: Final = b"content-length: "


@dataclass(frozen=True, slots=True)
class Size:
    """How much there is in the database."""

    lines: int
    events: int


@dataclass(frozen=True, slots=True)
class Latencies:
    """Of all requests of one run, in seconds, sorted."""

    seconds: Sequence[float]
    elapsed_s: float

    @property
    def per_second(self) -> float:
        return len(self.seconds) / self.elapsed_s

    def quantile_ms(self, share: float) -> float:
        return self.seconds[min(len(self.seconds) - 1, int(len(self.seconds) * share))] * 1000

    def figures(self) -> dict[str, float]:
        return {
            "requests": len(self.seconds),
            "per_second": round(self.per_second, 1),
            "p50_ms": round(self.quantile_ms(0.50), 2),
            "p95_ms": round(self.quantile_ms(0.95), 2),
            "p99_ms": round(self.quantile_ms(0.99), 2),
            "max_ms": round(self.quantile_ms(1.0), 2),
        }


class Client:
    """One connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def get(self, path: str) -> bytes:
        """The body of an answer that must be 200."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**20)
        reader, writer = self._streams
        writer.write(f"GET {path} HTTP/1.1\r\nhost: {self._host}\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        begin = head.index(_LENGTH) + len(_LENGTH)
        body = await reader.readexactly(int(head[begin : head.index(b"\r", begin)]))
        if b" 200 " not in head[:16]:
            raise RuntimeError(f"{path}: {head[:40]!r} {body[:300]!r}")
        return body

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()


Paths = Callable[[], str]
"""The next path to ask for."""


async def closed_loop(host: str, port: int, paths: Paths, clients: int, seconds: float) -> Latencies:
    """``clients`` connections, each asking again as soon as it is answered."""
    found: list[float] = []
    started = time.perf_counter()

    async def ask() -> None:
        client = Client(host, port)
        while time.perf_counter() - started < seconds:
            asked = time.perf_counter()
            await client.get(paths())
            found.append(time.perf_counter() - asked)
        client.close()

    await asyncio.gather(*(ask() for _ in range(clients)))
    return Latencies(sorted(found), time.perf_counter() - started)


async def open_loop(host: str, port: int, paths: Paths, per_second: float, seconds: float) -> Latencies:
    """Requests at a fixed rate, whether or not the ones before were answered; late is late, also in our own queue."""
    found: list[float] = []
    idle: asyncio.LifoQueue[Client] = asyncio.LifoQueue()
    started = time.perf_counter()

    async def ask(due: float) -> None:
        client = Client(host, port) if idle.empty() else idle.get_nowait()
        await client.get(paths())
        found.append(time.perf_counter() - due)
        idle.put_nowait(client)

    asking = []
    for number in range(int(per_second * seconds)):
        due = started + number / per_second
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        asking.append(asyncio.create_task(ask(due)))
    await asyncio.gather(*asking)
    elapsed = time.perf_counter() - started
    while not idle.empty():
        idle.get_nowait().close()
    return Latencies(sorted(found), elapsed)
