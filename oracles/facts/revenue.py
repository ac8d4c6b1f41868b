"""What a merchant has taken in since the beginning: the feed that a SHARE mandate turns into repayments."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from oracles.facts.fact import NothingSeen, Sighting
from oracles.facts.receipts import Receipts


@dataclass(frozen=True, slots=True)
class RevenueFact:
    """The sum of a merchant's receipts less its refunds, in whole units of its currency."""

    merchant: str
    receipts: Receipts
    now: Callable[[], float] = time.time

    @property
    def name(self) -> str:
        return f"revenue of {self.merchant}"

    async def look(self) -> Sighting:
        """Raises NothingSeen before the first receipt: nobody knows yet whether webhooks arrive at all."""
        total = self.receipts.total(self.merchant)
        if total is None:
            raise NothingSeen(f"{self.name}: no receipt has come yet", "check the merchant's webhook endpoint")
        return Sighting(total, int(self.now()))
