"""The client without its operations: connections, sending, waiting. `async_client.py` adds a method for each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import aclosing
from types import TracebackType
from typing import Concatenate, ParamSpec, Self, TypeVar

import httpx

from covenant_client.connection import describe, headers_of
from covenant_client.exchange import Exchange
from covenant_client.models import Event
from covenant_client.paging import Page, following
from covenant_client.request import Request
from covenant_client.retry import Retry
from covenant_client.stream import Following

P = ParamSpec("P")
Answer = TypeVar("Answer")
Item = TypeVar("Item")


class PlainAsyncClient:
    """Sends requests to the API at ``base_url``, with ``api_key`` if there is one. Close it, or use `async with`."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        retry: Retry | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._retry = retry or Retry()
        self._http = httpx.AsyncClient(
            base_url=base_url, headers=headers_of(api_key), timeout=timeout_s, transport=transport
        )

    async def send(self, request: Request[Answer]) -> Answer:
        """Sends a request of `covenant_client.operations`, again if that may help.

        Raises:
            Refused: the service will not; the class says why.
            Unreachable: no answer came.
            Unreadable: an answer came that is not the API's.
        """
        exchange = Exchange(self._http, request, self._retry)
        while exchange.open:
            await asyncio.sleep(exchange.pause_s)
            try:
                exchange.answered(await self._http.send(exchange.outgoing))
            except httpx.RequestError as error:
                exchange.lost(error)
        return exchange.answer()

    async def follow(
        self, *, after: int | None = None, line_id: int | None = None, kind: Sequence[str] | None = None
    ) -> AsyncGenerator[Event, None]:
        """Each event once and in order, as it happens, for as long as more are asked for.

        Begins after position ``after``, or with what comes now. After a broken connection it goes on where it was.

        Raises:
            Refused, Unreachable, Unreadable: as ``send``.
        """
        subscription = Following(after, line_id, kind, self._retry)
        while True:
            await asyncio.sleep(subscription.pause_s)
            try:
                sent = await self._http.send(subscription.outgoing(self._http), stream=True)
                async with aclosing(sent) as response:
                    if subscription.opened(response):
                        async for chunk in response.aiter_bytes():
                            for event in subscription.read(chunk):
                                yield event
                        subscription.ended()
                    else:
                        await response.aread()
                        subscription.refused(response)
            except httpx.RequestError as error:
                subscription.lost(error)

    async def close(self) -> None:
        """Ends all connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


def calling(build: Callable[P, Request[Answer]]) -> Callable[Concatenate[PlainAsyncClient, P], Awaitable[Answer]]:
    """A method that sends what ``build`` builds."""

    async def call(client: PlainAsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        return await client.send(build(*args, **kwargs))

    describe(call, build)
    return call


def iterating(
    build: Callable[P, Request[Page[Item]]],
) -> Callable[Concatenate[PlainAsyncClient, P], AsyncIterator[Item]]:
    """A method that yields the items of all pages, each page when it is needed."""

    async def iterate(client: PlainAsyncClient, /, *args: P.args, **kwargs: P.kwargs) -> AsyncIterator[Item]:
        request: Request[Page[Item]] | None = build(*args, **kwargs)
        while request is not None:
            page = await client.send(request)
            for item in page.items:
                yield item
            request = following(request, page)

    describe(iterate, build)
    return iterate
