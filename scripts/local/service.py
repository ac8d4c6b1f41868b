"""The service as its users see it: the API over HTTP, asked until it shows what should have happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Self, TypeVar

import httpx

from orchestrator.errors import CovenantError

T = TypeVar("T")

REQUEST_TIMEOUT_S: Final = 10.0
MIRRORED_WITHIN_S: Final = 30.0
POLL_S: Final = 0.02
PAGE: Final = 200


class ServiceRefused(CovenantError):
    """The API answered with a problem, or not at all."""


class NotMirrored(ServiceRefused):
    """The mirror has not come to the block that was asked for, though the API waited a while for it."""


class NothingHappened(CovenantError):
    """What the service should have done was not seen in time."""


@dataclass(frozen=True, slots=True)
class Service:
    """A client of one API. Close it with `aclose`."""

    http: httpx.AsyncClient

    @classmethod
    def at(cls, url: str) -> Self:
        return cls(httpx.AsyncClient(base_url=url, timeout=REQUEST_TIMEOUT_S))

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """With `min_block`, waits longer than the API does. Raises ServiceRefused, NothingHappened."""
        if "min_block" not in query:
            return await self._ask("GET", path, params=query)

        async def mirrored() -> dict[str, Any] | None:
            try:
                return await self._ask("GET", path, params=query)
            except NotMirrored:
                return None

        return await self.until(f"the mirror to reach block {query['min_block']}", mirrored, MIRRORED_WITHIN_S)

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises ServiceRefused."""
        return await self._ask("POST", path, json=body)

    async def every(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """All items of a list, in its order. Raises ServiceRefused."""
        items: list[dict[str, Any]] = []
        while True:
            page = await self.get(path, limit=PAGE, **query)
            items += page["items"]
            if page["next_cursor"] is None:
                return items
            query["cursor"] = page["next_cursor"]

    async def until(self, awaited: str, look: Callable[[], Awaitable[T | None]], within_s: float) -> T:
        """Looks again and again until there is something to see, and returns it.

        Raises:
            NothingHappened: there is nothing after `within_s` seconds; the message says what was `awaited`.
        """
        deadline = time.monotonic() + within_s
        while (seen := await look()) is None:
            if time.monotonic() > deadline:
                raise NothingHappened(
                    f"waited {within_s:.0f} s for {awaited}, in vain", "see the logs of the processes"
                )
            await asyncio.sleep(POLL_S)
        return seen

    async def until_it_answers(self, within_s: float) -> None:
        """Raises NothingHappened."""

        async def alive() -> bool | None:
            try:
                await self.get("/health/live")
            except ServiceRefused:
                return None
            return True

        await self.until("the API", alive, within_s)

    async def aclose(self) -> None:
        await self.http.aclose()

    async def _ask(self, method: str, path: str, **how: Any) -> dict[str, Any]:
        try:
            response = await self.http.request(method, path, **how)
        except httpx.HTTPError as error:
            raise ServiceRefused(
                f"the API does not answer {method} {path}: {str(error) or type(error).__name__}",
                "see the log of `web`",
            ) from None
        if response.is_success:
            answer: dict[str, Any] = response.json()
            return answer
        code, detail = _problem(response)
        refusal = NotMirrored if code == "block_not_mirrored" else ServiceRefused
        raise refusal(f"the API refuses {method} {path}: {code} ({response.status_code}): {detail}", "see what it says")


def _problem(response: httpx.Response) -> tuple[str, str]:
    """Code and detail of a problem in RFC 9457's form."""
    try:
        problem = response.json()
        return str(problem["code"]), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        return "no problem details", response.text[:80]
