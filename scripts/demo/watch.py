"""Watching the service do its work: which mandates fire, and when everything that should have happened has."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.demo.facts import RoundCause, TriggerFact
from scripts.local.service import PAGE, Service

LIVE: Final = frozenset({"pending", "sending"})
MINED: Final = frozenset({"mined", "done"})


class RepaymentFailed(CovenantError):
    """A repayment was triggered and could not be made."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """A round or a due date that the demo brought about: in which block, and the wall clock before it was sent."""

    block_number: int
    sent_at_s: float
    round: RoundCause | None
    due_at: int | None


Answer = dict[str, Any]


@dataclass(slots=True)
class Watch:
    """One line, watched through the API alone. Remembers which triggers and events it has told of."""

    service: Service
    line_id: int
    patience_s: float
    occasions: list[Occasion] = field(default_factory=list)
    told: set[str] = field(default_factory=set)
    fired: dict[tuple[str, int], Answer] = field(default_factory=dict)
    position: int = 0

    async def line(self, min_block: int) -> Answer:
        """The line as mirrored at `min_block` or later."""
        return await self.service.get(f"/v1/lines/{self.line_id}", min_block=min_block)

    async def repayments_after(self, occasion: Occasion) -> list[TriggerFact]:
        """Waits until nothing more fires at the state that the occasion led to, and returns what fired for it.

        Raises:
            NothingHappened: the service did not do in time what the mandates ask for.
            RepaymentFailed: it tried and failed.
        """
        self.occasions.append(occasion)
        mandates = await self.service.until(
            f"the repayments that the mandates on line {self.line_id} ask for at block {occasion.block_number}",
            lambda: self._mandates_at_rest(occasion.block_number),
            self.patience_s,
        )
        triggers = await self.service.until(
            f"the triggers of line {self.line_id} to be mined", self._triggers_at_rest, self.patience_s
        )
        new = [one for one in reversed(triggers) if one["status"] in MINED and one["id"] not in self.told]
        if not new:
            return []
        firings = {(one["mandate_hash"], one["occurrence"]) for one in new}
        await self.service.until("the events of these firings", lambda: self._told_of(firings), self.patience_s)
        self.told |= {one["id"] for one in new}
        kinds = {one["mandate_hash"]: one for one in mandates}
        return sorted((self._fact(one, kinds[one["mandate_hash"]]) for one in new), key=lambda fact: fact.block_number)

    async def _mandates_at_rest(self, block_number: int) -> list[Answer] | None:
        page = await self.service.get(f"/v1/lines/{self.line_id}/mandates", min_block=block_number)
        mandates: list[Answer] = page["items"]
        fires = any(mandate["outlook"] and mandate["outlook"]["fires_now"] for mandate in mandates)
        return None if fires else mandates

    async def _triggers_at_rest(self) -> list[Answer] | None:
        triggers = await self.service.every("/v1/triggers", line_id=self.line_id)
        for trigger in triggers:
            if trigger["status"] == "failed":
                raise RepaymentFailed(
                    f"the trigger {trigger['id']} of line {self.line_id} failed: {trigger['error']}", "see the logs"
                )
        return None if any(trigger["status"] in LIVE for trigger in triggers) else triggers

    async def _told_of(self, firings: Set[tuple[str, int]]) -> bool | None:
        """Reads on in the log of events: each firing with what the chain says of it, the arguments of `Fired`."""
        page = await self.service.get(
            "/v1/events", after=self.position, line_id=self.line_id, kind="mandate.fired", limit=PAGE
        )
        for event in page["items"]:
            payload = event["payload"]
            self.fired[payload["mandateHash"], int(payload["occurrence"])] = payload
        self.position = page["last_position"]
        return True if firings <= self.fired.keys() else None

    def _fact(self, trigger: Answer, mandate: Answer) -> TriggerFact:
        occasion = self._occasion(trigger)
        fired = self.fired[trigger["mandate_hash"], trigger["occurrence"]]
        mined_block = trigger["mined"]["block_number"]
        return TriggerFact(
            trigger_id=trigger["id"],
            mandate=mandate["kind"],
            paid_from=mandate["paid_from"],
            mandate_hash=trigger["mandate_hash"],
            occurrence=trigger["occurrence"],
            round=occasion.round,
            due_at=occasion.due_at,
            paid=int(fired["paid"]),
            spent=int(fired["spent"]),
            keeper=fired["keeper"],
            tx_hash=trigger["tx_hash"],
            block_number=mined_block,
            latency_ms=round((_second(trigger["mined_at"]) - occasion.sent_at_s) * 1000),
            latency_blocks=mined_block - occasion.block_number,
            why=trigger["why"],
        )

    def _occasion(self, trigger: Answer) -> Occasion:
        """What the trigger itself names as its cause, among what the demo brought about."""
        cause = trigger["cause"]
        for occasion in reversed(self.occasions):
            if occasion.due_at is not None and cause["due_at"] and cause["due_at"]["epoch_s"] == occasion.due_at:
                return occasion
            if occasion.round is not None and cause["round"] and _same_round(cause["round"], occasion.round):
                return occasion
        raise RepaymentFailed(f"the trigger {trigger['id']} names a cause that was none: {cause}", "see the logs")


def _same_round(cause: Mapping[str, Any], played: RoundCause) -> bool:
    return int(cause["round_id"]) == played.round_id and int(cause["answer"]) == played.answer


def _second(instant: Mapping[str, Any]) -> float:
    """A wall-clock instant of the API, to the millisecond."""
    return datetime.fromisoformat(instant["rfc3339"]).timestamp()
