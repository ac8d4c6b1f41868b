"""Watching the service do its work: which mandates fire, and when everything that should have happened has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from orchestrator.errors import CovenantError
from scripts.demo.facts import RoundCause, TriggerFact
from scripts.local.service import Service

REPAYMENT_WITHIN_S: Final = 20.0
MIRRORED_WITHIN_S: Final = 20.0

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


@dataclass(slots=True)
class Watch:
    """One line, watched through the API alone. Remembers which triggers it has told of."""

    service: Service
    line_id: int
    occasions: list[Occasion] = field(default_factory=list)
    told: set[str] = field(default_factory=set)

    async def line(self, min_block: int) -> dict[str, Any]:
        """The line as mirrored at `min_block` or later."""
        return await self.service.get(f"/v1/lines/{self.line_id}", min_block=min_block)

    async def repayments_after(self, occasion: Occasion) -> list[TriggerFact]:
        """Waits until nothing more fires at the state that the occasion led to, and returns what fired for it.

        Raises:
            NothingHappened: the service did not do in time what the mandates ask for.
            RepaymentFailed: it tried and failed.
        """
        self.occasions.append(occasion)
        awaited = f"the repayments that the mandates on line {self.line_id} ask for at block {occasion.block_number}"

        async def settled() -> bool | None:
            mandates = await self.service.get(f"/v1/lines/{self.line_id}/mandates", min_block=occasion.block_number)
            fires = any(mandate["outlook"] and mandate["outlook"]["fires_now"] for mandate in mandates["items"])
            return None if fires or await self._live() else True

        await self.service.until(awaited, settled, REPAYMENT_WITHIN_S)
        return await self._news()

    async def _live(self) -> bool:
        triggers = (await self.service.get("/v1/triggers", line_id=self.line_id))["items"]
        for trigger in triggers:
            if trigger["status"] == "failed":
                raise RepaymentFailed(
                    f"the trigger {trigger['id']} of line {self.line_id} failed: {trigger['error']}", "see the logs"
                )
        return any(trigger["status"] in LIVE for trigger in triggers)

    async def _news(self) -> list[TriggerFact]:
        triggers = await self.service.every("/v1/triggers", line_id=self.line_id)
        new = [one for one in reversed(triggers) if one["status"] in MINED and one["id"] not in self.told]
        if not new:
            return []
        mandates = {one["mandate_hash"]: one for one in await self._mandates()}
        fired = {(one["mandateHash"], int(one["occurrence"])): one for one in await self._fired()}
        self.told |= {one["id"] for one in new}
        facts = [
            self._fact(one, mandates[one["mandate_hash"]], fired[one["mandate_hash"], one["occurrence"]]) for one in new
        ]
        return sorted(facts, key=lambda fact: fact.block_number)

    async def _mandates(self) -> list[dict[str, Any]]:
        mandates: list[dict[str, Any]] = (await self.service.get(f"/v1/lines/{self.line_id}/mandates"))["items"]
        return mandates

    async def _fired(self) -> list[dict[str, Any]]:
        """What the chain says of each firing: the arguments of its `Fired` event."""
        payloads: list[dict[str, Any]] = []
        query: dict[str, str | int] = {"line_id": self.line_id, "kind": "mandate.fired", "limit": 200, "after": 0}
        while True:
            page = await self.service.get("/v1/events", **query)
            payloads += [event["payload"] for event in page["items"]]
            if not page["has_more"]:
                return payloads
            query["after"] = page["last_position"]

    def _fact(self, trigger: Mapping[str, Any], mandate: Mapping[str, Any], fired: Mapping[str, Any]) -> TriggerFact:
        occasion = self._occasion(trigger)
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
            tx_hash=trigger["tx_hash"],
            block_number=mined_block,
            latency_ms=round((_second(trigger["mined_at"]) - occasion.sent_at_s) * 1000),
            latency_blocks=mined_block - occasion.block_number,
            why=trigger["why"],
        )

    def _occasion(self, trigger: Mapping[str, Any]) -> Occasion:
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
