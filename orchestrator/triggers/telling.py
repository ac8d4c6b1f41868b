"""What the engine tells people: lines that can be liquidated, firings that keep failing, markets without a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.alerts import Alerts, Conditions, Severity
from orchestrator.triggers.states import Action
from orchestrator.triggers.store import Key


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
        self,
        liquidatable: Sequence[Liquidatable],
        failing: Mapping[Key, str],
        without_price: Sequence[str],
        *,
        all_looked_at: bool = True,
    ) -> None:
        """What one evaluation found; what is not in it any more is over, if it looked at all lines."""
        for line in liquidatable:
            await self._conditions.holds(
                f"{self._liquidatable}{line.line_id}",
                Severity.WARNING,
                f"line {line.line_id} can be liquidated: {line.why}",
                "anyone may call liquidate on the vault; this service does not, or can't now",
                {"line_id": line.line_id},
            )
        for key, error in failing.items():
            await self._keeps_failing(key, error)
        for market in without_price:
            await self._conditions.holds(
                f"{self._price}{market}",
                Severity.CRITICAL,
                f"the oracle of {market} gives no price to measure with",
                "see `covenant feeds list`; LTV mandates of this market wait",
            )
        if not all_looked_at:
            return
        lasting = {f"{self._liquidatable}{line.line_id}" for line in liquidatable}
        lasting |= {self._failing_key(key) for key in failing}
        lasting |= {f"{self._price}{market}" for market in without_price}
        await self._conditions.over_except(lasting)

    async def _keeps_failing(self, key: Key, error: str) -> None:
        if key.action is Action.REPAY:
            await self._conditions.holds(
                self._failing_key(key),
                Severity.CRITICAL,
                f"mandate {key.mandate_hash} keeps failing to fire: {error}",
                "see `covenant triggers list`; the borrower may have to grant the trigger contract as operator",
                {"mandate_hash": key.mandate_hash},
            )
            return
        await self._conditions.holds(
            self._failing_key(key),
            Severity.CRITICAL,
            f"our own keeper can't {key.action.value} line {key.line_id}: {error}",
            "see `covenant triggers list`; to liquidate, the signer holds the loan token and lets the vault take it",
            {"line_id": key.line_id, "action": key.action.value},
        )

    def _failing_key(self, key: Key) -> str:
        of = key.mandate_hash if key.action is Action.REPAY else f"{key.action.value}:{key.line_id}"
        return f"{self._failing}{of}"
