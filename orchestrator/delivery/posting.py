"""One POST to a stranger's server: bounded in time and in what is read, no redirects, no proxies."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

import httpcore

from orchestrator.delivery.public_network import Network, PublicNetwork

TIMEOUT_S: Final = 5.0
_FAILURES: Final = (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol, OSError, ValueError)
_SUCCESS: Final = range(200, 300)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of it. ``error`` in words where there was no answer at all."""

    status_code: int | None
    error: str | None
    duration_ms: int

    @property
    def taken(self) -> bool:
        return self.status_code is not None and self.status_code in _SUCCESS

    @property
    def gone(self) -> bool:
        """The receiver says that it will never be there again."""
        return self.status_code == 410


class Poster:
    """Posts to public addresses, and to those of ``allowed`` networks."""

    def __init__(self, allowed: Sequence[Network] = (), timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl.create_default_context(),
            network_backend=PublicNetwork(allowed),
            max_keepalive_connections=20,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._pool.aclose()

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the other side does. Its answer's body is not read."""
        started = time.monotonic()
        status_code, error = None, None
        try:
            async with asyncio.timeout(self._timeout_s):
                async with self._pool.stream("POST", url, headers=list(headers.items()), content=body) as response:
                    status_code = response.status
        except TimeoutError:
            error = f"no answer within {self._timeout_s:g} s"
        except (
            httpcore.NetworkError,
            httpcore.ProtocolError,
            httpcore.UnsupportedProtocol,
            OSError,
            ValueError,
        ) as failed:
            error = f"{type(failed).__name__}: {failed}"[:200]
        except httpcore.TimeoutException:
            error = f"no answer within {self._timeout_s:g} s"
        if status_code is not None and status_code not in _SUCCESS:
            error = f"answered {status_code}"
        return Answer(status_code, error, round((time.monotonic() - started) * 1000))
