"""What the engine tells people: lines that can be liquidated, firings that keep failing, markets without a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.alerts import Alerts, Conditions, Severity


@dataclass(frozen=True, slots=True)
class Liquidatable:
    line_id: int
    why: str


class EngineAlerts:
    """The alerts about one vault: each is raised when its condition begins, and resolved when it is over."""

    def __init__(self, alerts: Alerts, chain_id: int, vault: str) -> None:
        where = f"{chain_id}:{vault}"
        self._liquidatable, self._failing, self._price = (
            f"{kind}:{where}:" for kind in ("liquidatable", "firing_failed", "no_price")
        )
        self._conditions = Conditions(alerts, [self._liquidatable, self._failing, self._price])

    async def tell(
        self, liquidatable: Sequence[Liquidatable], failing: Mapping[str, str], without_price: Sequence[str]
    ) -> None:
        """What one evaluation found; what is not in it any more is over."""
        for line in liquidatable:
            await self._conditions.holds(
                f"{self._liquidatable}{line.line_id}",
                Severity.WARNING,
                f"line {line.line_id} can be liquidated: {line.why}",
                "anyone may call liquidate on the vault; this service does not, or can't now",
                {"line_id": line.line_id},
            )
        for mandate_hash, error in failing.items():
            await self._conditions.holds(
                f"{self._failing}{mandate_hash}",
                Severity.CRITICAL,
                f"mandate {mandate_hash} keeps failing to fire: {error}",
                "see `covenant triggers list`; the borrower may have to grant the trigger contract as operator",
                {"mandate_hash": mandate_hash},
            )
        for market in without_price:
            await self._conditions.holds(
                f"{self._price}{market}",
                Severity.CRITICAL,
                f"the oracle of {market} gives no price to measure with",
                "see `covenant feeds list`; LTV mandates of this market wait",
            )
        lasting = {f"{self._liquidatable}{line.line_id}" for line in liquidatable}
        lasting |= {f"{self._failing}{mandate_hash}" for mandate_hash in failing}
        lasting |= {f"{self._price}{market}" for market in without_price}
        await self._conditions.over_except(lasting)
