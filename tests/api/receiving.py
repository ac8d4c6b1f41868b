"""A receiver of webhooks that answers as it is told, and who sends to it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from orchestrator.alerts import Alerts
from orchestrator.db.session import sessions_of
from orchestrator.delivery.posting import Poster
from orchestrator.delivery.webhooks import Courier, DeliveryPolicy
from orchestrator.metrics import Metrics
from tests.api.world import SECRETS, World

AT_ONCE = DeliveryPolicy(first_pause=timedelta(0), longest_pause=timedelta(0), budget_s=30)


@dataclass
class Receiver:
    """An HTTP server that answers as it is told, and keeps what it took."""

    status: int = 200
    hangs: bool = False
    location: str = ""
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    url: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")[1:]
                headers = {name.lower(): text for name, _, text in (line.partition(": ") for line in lines if line)}
                body = await reader.readexactly(int(headers["content-length"]))
                self.got.append((headers, body))
                if self.hangs:
                    await asyncio.sleep(60)
                location = f"location: {self.location}\r\n" if self.location else ""
                writer.write(f"HTTP/1.1 {self.status} x\r\n{location}content-length: 0\r\n\r\n".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.got]

    @property
    def positions(self) -> list[int]:
        return [json.loads(body)["data"]["position"] for _, body in self.got]


@asynccontextmanager
async def receiving(*, hangs: bool = False) -> AsyncIterator[Receiver]:
    """One that listens, and with ``hangs`` says nothing to whatever it takes."""
    receiver = Receiver(hangs=hangs)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", 0)
    receiver.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    yield receiver
    server.close()


def courier(world: World, poster: Poster, policy: DeliveryPolicy = AT_ONCE) -> Courier:
    return Courier(world.engine, SECRETS, poster, Alerts(sessions_of(world.engine), Metrics()), policy)


async def make(owner: httpx.AsyncClient, url: str, **wanted: Any) -> dict[str, Any]:
    response = await owner.post("/v1/webhooks", json={"url": url, **wanted})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body
