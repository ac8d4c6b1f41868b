"""Asking over HTTP: within a time, again after a failure that may pass, never faster than a pace, by one clock."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import orjson

from oracles.sources.quote import SourceFailed

MAX_BODY_BYTES: Final = 256 * 1_024


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """Times in seconds.

    Attributes:
        timeout_s: for one attempt, from connecting to the last byte.
        attempts: in all; only failures that may pass are tried again.
        backoff_s: before the second attempt; doubled before each further one, with up to half of it on top by chance.
        longest_wait_s: a ``Retry-After`` beyond this is a failure.
        pace_s: between the starts of two requests to one source.
        max_skew_s: a server whose clock is further off than this is not believed.
    """

    timeout_s: float = 5.0
    attempts: int = 3
    backoff_s: float = 0.5
    longest_wait_s: float = 10.0
    pace_s: float = 1.0
    max_skew_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON body (numbers as Decimal), the second it came, and how far the server's clock is ahead of ours."""

    body: Any
    received_at: int
    skew_s: int


class _MayPass(Exception):
    """An attempt failed in a way that may pass; ``wait_s`` is what the server asks for, if it does."""

    def __init__(self, reason: str, wait_s: float | None = None) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(slots=True)
class Fetcher:
    """Asks one source. ``now`` and ``sleep`` are the clock, which tests bring along."""

    source: str
    base_url: str
    client: httpx.AsyncClient
    policy: FetchPolicy = field(default_factory=FetchPolicy)
    now: Callable[[], float] = time.time
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    chance: Callable[[], float] = random.random
    _next_at: float = 0.0

    async def get(self, path: str, params: Mapping[str, str]) -> Answer:
        """The answer. Raises SourceFailed after the last attempt, or at once for what no repetition helps."""
        wait_s = self.policy.backoff_s
        for attempt in range(1, self.policy.attempts + 1):
            await self._keep_pace()
            try:
                return await self._attempt(path, params)
            except _MayPass as failure:
                asked_s = failure.wait_s or 0.0
                if attempt == self.policy.attempts or asked_s > self.policy.longest_wait_s:
                    tries = f" ({attempt} attempts)" if attempt > 1 else ""
                    raise SourceFailed(self.source, f"{failure}{tries}") from None
                await self.sleep(max(asked_s, wait_s * (1 + self.chance() / 2)))
                wait_s *= 2
        raise AssertionError("at least one attempt")

    async def _keep_pace(self) -> None:
        ahead_s = self._next_at - self.now()
        self._next_at = max(self.now(), self._next_at) + self.policy.pace_s
        if ahead_s > 0:
            await self.sleep(ahead_s)

    async def _attempt(self, path: str, params: Mapping[str, str]) -> Answer:
        try:
            async with asyncio.timeout(self.policy.timeout_s):
                response = await self._read(path, params)
        except TimeoutError:
            raise _MayPass(f"no answer within {self.policy.timeout_s:g} s") from None
        except httpx.TransportError as error:
            raise _MayPass(f"cannot be reached: {type(error).__name__}") from None
        received_at = self.now()
        if response.status_code == 429 or response.status_code >= 500:
            raise _MayPass(f"answered {response.status_code}", _seconds(response.headers.get("retry-after")))
        if response.status_code != 200:
            raise SourceFailed(self.source, f"answered {response.status_code}")
        skew_s = _skew(response.headers.get("date"), received_at)
        if abs(skew_s) > self.policy.max_skew_s:
            raise SourceFailed(self.source, f"its clock is {abs(skew_s):.0f} s {'ahead' if skew_s > 0 else 'behind'}")
        return Answer(self._json(response.content), int(received_at), round(skew_s))

    def _json(self, content: bytes) -> Any:
        """Numbers as Decimal, which only the standard library does; orjson first, which bounds the depth.

        Deeply nested brackets crash the standard library's scanner where somebody has raised the recursion limit.
        """
        try:
            orjson.loads(content)
            return json.loads(content, parse_float=Decimal)
        except (ValueError, RecursionError):
            raise SourceFailed(self.source, "the answer is not JSON") from None

    async def _read(self, path: str, params: Mapping[str, str]) -> httpx.Response:
        """The whole response, unless it is larger than any ticker."""
        async with self.client.stream("GET", f"{self.base_url}{path}", params=dict(params)) as response:
            content = b""
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > MAX_BODY_BYTES:
                    raise SourceFailed(self.source, f"the answer is larger than {MAX_BODY_BYTES} bytes")
            return httpx.Response(response.status_code, headers=_kept(response.headers), content=content)


def _kept(headers: httpx.Headers) -> Mapping[str, str]:
    """What is looked at afterwards; the content is decoded already."""
    return {name: headers[name] for name in ("date", "retry-after") if name in headers}


def _skew(date: str | None, now: float) -> float:
    """How far a server's clock is ahead; 0 when it does not say, or within the second that a Date is rounded to."""
    if date is None:
        return 0.0
    try:
        said = parsedate_to_datetime(date).timestamp()
    except ValueError:
        return 0.0
    return 0.0 if said <= now < said + 1 else said - now


def _seconds(retry_after: str | None) -> float | None:
    """Only the form in seconds; a date is as good as nothing, since its clock is theirs."""
    return float(retry_after) if retry_after is not None and retry_after.isascii() and retry_after.isdigit() else None
