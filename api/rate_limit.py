"""How often one client may ask: an address, and an account whatever addresses it comes from.

Counted in Redis for all web processes together, in this process when Redis is away. Asking Redis for each request
would cost more than many an answer, so a process takes leave for several requests at once. A client that spreads over
n processes can therefore exceed its limit by n such batches at most.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Final, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import RATE_LIMITED, Problem

log = logging.getLogger(__name__)

WINDOW_S: Final = 60
_BATCHES: Final = 20
_TIMEOUT_S: Final = 0.25
_REST_S: Final = 5.0
_MAX_CLIENTS: Final = 10_000
_FREE: Final = ("/health/", "/metrics")


class Clock(Protocol):
    def __call__(self) -> float: ...


@dataclass(slots=True)
class _Leave:
    """What a client may still ask in a window without asking Redis again; ``taken`` counts when nobody else does."""

    window: int
    left: int = 0
    taken: int = 0
    refused: bool = False


class RateLimiter:
    """At most ``per_minute`` requests of a client in each minute of the clock."""

    def __init__(self, redis: Redis, per_minute: int, clock: Clock = time.time) -> None:
        self._redis = redis
        self._per_minute = per_minute
        self._batch = max(1, per_minute // _BATCHES)
        self._clock = clock
        self._leaves: dict[str, _Leave] = {}
        self._alone_until = 0.0

    async def retry_after_s(self, client: str) -> int | None:
        """None for a request that may be answered; else after how many seconds to come again."""
        now = self._clock()
        leave = self._leave_of(client, int(now // WINDOW_S))
        if leave.left == 0 and not leave.refused:
            await self._take(client, leave)
        if leave.left == 0:
            return max(1, int((leave.window + 1) * WINDOW_S - now))
        leave.left -= 1
        return None

    async def admit(self, client: str) -> None:
        """Raises Problem for a request too many."""
        retry_after_s = await self.retry_after_s(client)
        if retry_after_s is not None:
            raise Problem(
                RATE_LIMITED, f"the limit is reached for {retry_after_s} s", headers={"Retry-After": str(retry_after_s)}
            )

    def _leave_of(self, client: str, window: int) -> _Leave:
        leave = self._leaves.get(client)
        if leave is None or leave.window != window:
            if len(self._leaves) >= _MAX_CLIENTS:
                self._leaves = {name: kept for name, kept in self._leaves.items() if kept.window == window}
            leave = self._leaves[client] = _Leave(window)
        return leave

    async def _take(self, client: str, leave: _Leave) -> None:
        taken = await self._count_for_all(client, leave.window)
        if taken is None:
            taken = leave.taken + self._batch
        leave.taken = max(leave.taken, taken)
        granted = self._batch - max(0, taken - self._per_minute)
        leave.left += max(0, granted)
        leave.refused = granted <= 0

    async def _count_for_all(self, client: str, window: int) -> int | None:
        """What all processes took with this batch; None while Redis is away, which is found out every few seconds."""
        if self._clock() < self._alone_until:
            return None
        key = f"covenant:rate:{window}:{client}"
        try:
            async with asyncio.timeout(_TIMEOUT_S):
                async with self._redis.pipeline(transaction=False) as pipeline:
                    pipeline.incrby(key, self._batch)
                    pipeline.expire(key, 2 * WINDOW_S)
                    taken, _ = await pipeline.execute()
            return int(taken)
        except (RedisError, OSError, TimeoutError) as error:
            self._alone_until = self._clock() + _REST_S
            log.warning("requests are counted in this process alone: Redis is away (%s)", type(error).__name__)
            return None


class RateLimit:
    """ASGI middleware: 429 for who asks too often. Health is always told."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app = app
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self._app(scope, receive, send)
            return
        client = scope.get("client")
        try:
            await self._limiter.admit(client[0] if client else "unknown")
        except Problem as problem:
            await problem.response(scope["path"])(scope, receive, send)
            return
        await self._app(scope, receive, send)
