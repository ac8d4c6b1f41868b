"""How many calls a second a provider takes: learned from its refusals, since few say it and none keeps to it.

Until a provider refuses for the first time, nothing is held back. From then on the rate grows by a step each second and
is halved by each refusal.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

SLOWEST_CALLS_PER_S: Final = 0.5
GROWTH_CALLS_PER_S: Final = 2.0
"""By how much the rate grows in a second without a refusal."""
ONE_REFUSAL_S: Final = 1.0
"""What was sent together is refused together: refusals within this time count once."""


class LearnedRate:
    """Of one provider. ``now`` is a clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.calls_per_s: float | None = None
        self._now = now
        self._free_at = self._halved_at = self._grown_at = float("-inf")
        self._second, self._calls, self._calls_before = 0, 0, 0

    def delay_s(self, calls: int) -> float:
        """How long to wait before ``calls`` calls are sent. Takes their place in the queue."""
        now = self._now()
        self._count(now, calls)
        if self.calls_per_s is None:
            return max(0.0, self._free_at - now)
        start = max(now, self._free_at)
        self._free_at = start + calls / self.calls_per_s
        return start - now

    def answered(self) -> None:
        if self.calls_per_s is not None:
            now = self._now()
            self.calls_per_s += GROWTH_CALLS_PER_S * (now - self._grown_at)
            self._grown_at = now

    def refused(self, retry_after_s: float = 0.0) -> None:
        """There were too many calls. ``retry_after_s``: when the provider wants to be asked again, if it says so."""
        now = self._now()
        self._free_at = max(self._free_at, now + retry_after_s)
        if now - self._halved_at < ONE_REFUSAL_S:
            return
        self._halved_at = self._grown_at = now
        rate = max(self._calls, self._calls_before) if self.calls_per_s is None else self.calls_per_s
        self.calls_per_s = max(SLOWEST_CALLS_PER_S, rate / 2)

    def _count(self, now: float, calls: int) -> None:
        """Calls of this second and of the one before: how fast it went, should the first refusal come."""
        second = int(now)
        if second != self._second:
            self._calls_before = self._calls if second == self._second + 1 else 0
            self._second, self._calls = second, 0
        self._calls += calls
