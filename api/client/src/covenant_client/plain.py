"""The client without its operations: connections, sending, waiting. `client.py` adds a method for each."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
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


class PlainClient:
    """Sends requests to the API at ``base_url``, with ``api_key`` if there is one. Close it, or use it in a `with`."""

    def __init__(
        self,
        base_url: str,
        *,
        api_key: str | None = None,
        timeout_s: float = 30.0,
        retry: Retry | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._retry = retry or Retry()
        self._http = httpx.Client(
            base_url=base_url, headers=headers_of(api_key), timeout=timeout_s, transport=transport
        )

    def send(self, request: Request[Answer]) -> Answer:
        """Sends a request of `covenant_client.operations`, again if that may help.

        Raises:
            Refused: the service will not; the class says why.
            Unreachable: no answer came.
            Unreadable: an answer came that is not the API's.
        """
        exchange = Exchange(self._http, request, self._retry)
        while exchange.open:
            time.sleep(exchange.pause_s)
            try:
                exchange.answered(self._http.send(exchange.outgoing))
            except httpx.RequestError as error:
                exchange.lost(error)
        return exchange.answer()

    def follow(
        self, *, after: int | None = None, line_id: int | None = None, kind: Sequence[str] | None = None
    ) -> Generator[Event, None, None]:
        """Each event once and in order, as it happens, for as long as more are asked for.

        Begins after position ``after``, or with what comes now. After a broken connection it goes on where it was.

        Raises:
            Refused, Unreachable, Unreadable: as ``send``.
        """
        subscription = Following(after, line_id, kind, self._retry)
        while True:
            time.sleep(subscription.pause_s)
            try:
                with closing(self._http.send(subscription.outgoing(self._http), stream=True)) as response:
                    if subscription.opened(response):
                        for chunk in response.iter_bytes():
                            yield from subscription.read(chunk)
                        subscription.ended()
                    else:
                        response.read()
                        subscription.refused(response)
            except httpx.RequestError as error:
                subscription.lost(error)

    def close(self) -> None:
        """Ends all connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def calling(build: Callable[P, Request[Answer]]) -> Callable[Concatenate[PlainClient, P], Answer]:
    """A method that sends what ``build`` builds."""

    def call(client: PlainClient, /, *args: P.args, **kwargs: P.kwargs) -> Answer:
        return client.send(build(*args, **kwargs))

    describe(call, build)
    return call


def iterating(build: Callable[P, Request[Page[Item]]]) -> Callable[Concatenate[PlainClient, P], Iterator[Item]]:
    """A method that yields the items of all pages, each page when it is needed."""

    def iterate(client: PlainClient, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[Item]:
        request: Request[Page[Item]] | None = build(*args, **kwargs)
        while request is not None:
            page = client.send(request)
            yield from page.items
            request = following(request, page)

    describe(iterate, build)
    return iterate
