"""The receiving end of `orchestrator.readiness`: a datagram socket on which one process says that it is ready."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path


class Notification(asyncio.DatagramProtocol):
    """`ready` is set once the process has said so."""

    def __init__(self) -> None:
        self.ready = asyncio.Event()

    def datagram_received(self, data: bytes, addr: object) -> None:
        if b"READY=1" in data.splitlines():
            self.ready.set()


@asynccontextmanager
async def listen(path: Path) -> AsyncIterator[Notification]:
    """Listens at `path`, a socket that is made and removed here."""
    loop = asyncio.get_running_loop()
    path.unlink(missing_ok=True)
    transport, notification = await loop.create_datagram_endpoint(
        Notification, local_addr=str(path), family=socket.AF_UNIX
    )
    try:
        yield notification
    finally:
        transport.close()
        path.unlink(missing_ok=True)
