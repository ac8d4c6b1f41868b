"""When to try again, and when to give up."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx

from covenant_client.errors import Unreachable
from covenant_client.refusal import refusal_of

_NOT_NOW: Final = frozenset({429, 502, 503, 504})
_NEVER_BEGUN: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Retry:
    """How patient a client is: a request is sent ``attempts`` times at most, with pauses that double and are shuffled.

    A service that asks for a pause longer than ``longest_pause_s`` is not asked again.
    """

    attempts: int = 5
    first_pause_s: float = 0.25
    longest_pause_s: float = 60.0

    def pause_s(self, failures: int, asked_s: float | None, chance: float) -> float | None:
        """After so many failures in a row; None to give up. ``chance`` lies in [0, 1)."""
        if failures >= self.attempts or (asked_s or 0.0) > self.longest_pause_s:
            return None
        doubled_s = min(self.longest_pause_s, self.first_pause_s * 2.0 ** (failures - 1))
        return max(asked_s or 0.0, doubled_s * (1 + chance) / 2)


class Patience:
    """Counts the failures of one undertaking. ``pause_s`` is how long to wait before the next attempt."""

    def __init__(self, retry: Retry, *, repeatable: bool, chance: Callable[[], float] = random.random) -> None:
        self._retry = retry
        self._repeatable = repeatable
        self._chance = chance
        self._failures = 0
        self.pause_s = 0.0

    def renew(self) -> None:
        """It went well: the next failure is the first one."""
        self._failures = 0

    def refused(self, response: httpx.Response) -> None:
        """The answer was none that was hoped for. Raises Refused or Unreadable, unless it is worth another attempt."""
        refusal = refusal_of(response)
        # Who is told to come later was not served; of a 5xx that is not sure.
        again = response.status_code in _NOT_NOW and (self._repeatable or response.status_code == 429)
        if not again or not self._wait(retry_after_s(response, datetime.now(UTC))):
            raise refusal

    def lost(self, error: httpx.RequestError) -> None:
        """No answer came. Raises Unreachable, unless it is worth another attempt."""
        again = isinstance(error, httpx.TransportError) and (self._repeatable or isinstance(error, _NEVER_BEGUN))
        if not again or not self._wait(None):
            raise Unreachable(f"no answer after {self._failures} attempts: {type(error).__name__}: {error}") from error

    def _wait(self, asked_s: float | None) -> bool:
        self._failures += 1
        pause_s = self._retry.pause_s(self._failures, asked_s, self._chance())
        self.pause_s = pause_s or 0.0
        return pause_s is not None


def retry_after_s(response: httpx.Response, now: datetime) -> float | None:
    """The pause that the service asks for, in either form of RFC 9110; None when it says nothing that can be read."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - now).total_seconds())
    except (TypeError, ValueError):
        return None
