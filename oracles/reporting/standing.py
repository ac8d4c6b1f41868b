"""How a reporter is doing, for whoever runs it: whether it can tell its fact, and if not, why and since when."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from oracles.facts.fact import NothingSeen
from oracles.reporting.reporter import CannotReport
from orchestrator.chain.rpc import RpcError
from orchestrator.errors import CovenantError
from orchestrator.metrics import Metrics

FAILURES = (NothingSeen, CannotReport, RpcError)
"""What keeps a reporter from reporting, and may pass."""


@dataclass(slots=True)
class Standing:
    """Told of each look. ``why_not`` is None while the reporter works; ``since`` is when that last changed."""

    metrics: Metrics
    now: Callable[[], float] = time.time
    why_not: str | None = "it has not looked yet"
    since: int = 0

    def failed(self, error: CovenantError) -> bool:
        """A look came to nothing. Whether that is news."""
        at = "fact" if isinstance(error, NothingSeen) else "feed" if isinstance(error, CannotReport) else "chain"
        self.metrics.reporter_failures.labels(at=at).inc()
        self.metrics.reporter_works.set(0)
        news = self.why_not is None or not self.since
        self.why_not = error.message
        if news:
            self.since = int(self.now())
        return news

    def worked(self) -> bool:
        """A look was a whole one, whether a round was due or not. Whether it ends a failure."""
        self.metrics.reporter_works.set(1)
        recovered = self.why_not is not None and bool(self.since)
        if self.why_not is not None:
            self.why_not, self.since = None, int(self.now())
        return recovered

    def as_json(self) -> dict[str, object]:
        return {"works": self.why_not is None, "why_not": self.why_not, "since": self.since}
