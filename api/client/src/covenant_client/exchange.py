"""One request until it is answered. Both clients drive it; it does no input or output itself."""

from __future__ import annotations

from typing import Generic, TypeVar

import httpx

from covenant_client.request import Request
from covenant_client.retry import Patience, Retry

Answer = TypeVar("Answer")


class Exchange(Generic[Answer]):
    """While it is ``open``: wait for ``pause_s``, send ``outgoing``, and tell what came of it."""

    def __init__(self, http: httpx.Client | httpx.AsyncClient, request: Request[Answer], retry: Retry) -> None:
        self._request = request
        self._patience = Patience(retry, repeatable=request.repeatable)
        self._content: bytes | None = None
        self.outgoing = http.build_request(
            request.method,
            request.path,
            params=request.parameters(),
            headers=request.headers(),
            content=request.content(),
        )

    @property
    def open(self) -> bool:
        return self._content is None

    @property
    def pause_s(self) -> float:
        return self._patience.pause_s

    def answered(self, response: httpx.Response) -> None:
        """Raises Refused or Unreadable, unless it is the answer or worth another attempt."""
        if response.status_code in self._request.statuses:
            self._content = response.content
        else:
            self._patience.refused(response)

    def lost(self, error: httpx.RequestError) -> None:
        """Raises Unreachable, unless it is worth another attempt."""
        self._patience.lost(error)

    def answer(self) -> Answer:
        """Once it is no longer open. Raises Unreadable."""
        assert self._content is not None, "nothing was answered yet"
        return self._request.read(self._content)
