"""From firings and deeds that are called for to triggers and the intents that carry them, each once."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract
from orchestrator.transactions.intents import queue_all
from orchestrator.triggers.causes import Causes
from orchestrator.triggers.cursor import Head
from orchestrator.triggers.evaluation import Wanted
from orchestrator.triggers.keeping import Deed
from orchestrator.triggers.states import Action, TriggerStatus
from orchestrator.triggers.store import Key, RetryPolicy, Standing, assign, insert_new, next_generation, standing_of
from orchestrator.triggers.upkeep import Upkeep
from orchestrator.triggers.words import why
from orchestrator.triggers.worth import fee_worth_wei


@dataclass(frozen=True, slots=True)
class Plan:
    """What was stored: triggers by what they do, and how many intents that carry them."""

    triggers: Counter[Action]
    intents: int


NOTHING: Final = Plan(Counter(), 0)


@dataclass(frozen=True, slots=True)
class _Due:
    trigger_id: uuid.UUID
    wanted: Wanted
    generation: int
    newest: Standing | None


@dataclass(frozen=True, slots=True)
class Planner:
    """Stores what one head calls for, within the engine's transaction."""

    book: AddressBook
    trigger: Contract
    batch_size: int
    retries: RetryPolicy
    wrapped_native: str | None = None

    async def store(self, session: AsyncSession, wanted: Sequence[Wanted], head: Head) -> Plan:
        if not wanted:
            return NOTHING
        keys = [key_of(one) for one in wanted]
        standing, now = await standing_of(session, self.book.chain_id, self.book.vault.lower(), keys)
        due: list[_Due] = []
        for one, key in zip(wanted, keys, strict=True):
            newest = standing.get(key)
            generation = next_generation(newest, self.retries, now)
            if generation is not None:
                due.append(_Due(uuid.uuid4(), one, generation, newest))
        causes = Causes(session, self.book.chain_id, head.number)
        new = await insert_new(session, [await self._row(one, head, causes) for one in due])
        intents = await self._carry(session, [one for one in due if one.trigger_id in new])
        return Plan(Counter({Action.REPAY: len(new)}), intents)

    async def _row(self, due: _Due, head: Head, causes: Causes) -> Mapping[str, object]:
        one = due.wanted
        market = self.book.market(one.line.market_id)
        cause = await causes.of(one, market.feeds)
        return self._columns(due.trigger_id, key_of(one), due.generation, due.newest, head) | {
            "trigger_contract": one.standing.trigger_contract,
            "feed": cause.feed,
            "round_id": cause.round_id,
            "due_at": cause.due_at,
            "price_e36": one.oracle.measuring_price,
            "need": one.firing.need,
            "pays": one.firing.pays,
            "fee_worth_wei": fee_worth_wei(
                one.firing.fee, one.standing.mandate.source, market, self.wrapped_native, one.oracle.measuring_price
            ),
            "why": why(one, market),
            "cause_seen_at": cause.seen_at,
        }

    async def act(self, session: AsyncSession, deeds: Sequence[Deed], head: Head) -> Plan:
        """One intent each: what is done about one line is no reason to wait for another."""
        if not deeds:
            return NOTHING
        standing, now = await standing_of(
            session, self.book.chain_id, self.book.vault.lower(), [one.key for one in deeds]
        )
        cause = await Causes(session, self.book.chain_id, head.number).of_head()
        rows: list[Mapping[str, object]] = []
        carried: dict[uuid.UUID, Deed] = {}
        for one in deeds:
            newest = standing.get(one.key)
            generation = next_generation(newest, self.retries, now)
            if generation is None:
                continue
            trigger_id = uuid.uuid4()
            carried[trigger_id] = one
            row = {
                "trigger_contract": self.book.vault,
                "price_e36": one.price_e36,
                "need": one.pays,
                "pays": one.pays,
                "fee_worth_wei": one.fee_worth_wei,
                "why": one.why,
                "cause_seen_at": cause.seen_at,
            }
            rows.append(self._columns(trigger_id, one.key, generation, newest, head) | row)
        inserted = await insert_new(session, rows) if rows else ()
        new = [trigger_id for trigger_id in carried if trigger_id in inserted]
        intent_ids = await queue_all(session, [carried[trigger_id].call for trigger_id in new])
        await assign(session, dict(zip(new, intent_ids, strict=True)))
        return Plan(Counter(carried[trigger_id].key.action for trigger_id in new), len(new))

    def _columns(
        self, trigger_id: uuid.UUID, key: Key, generation: int, newest: Standing | None, head: Head
    ) -> dict[str, object]:
        """What a new trigger says of its key and of the block it was judged at."""
        return {
            "id": trigger_id,
            "chain_id": self.book.chain_id,
            "vault": self.book.vault,
            "line_id": key.line_id,
            "action": key.action.value,
            "mandate_hash": key.mandate_hash,
            "occurrence": key.occurrence,
            "generation": generation,
            "failures": newest.failures if newest else 0,
            "status": TriggerStatus.PENDING.value,
            "evaluated_block_number": head.number,
            "evaluated_block_hash": head.block_hash,
        }

    async def _carry(self, session: AsyncSession, new: Sequence[_Due]) -> int:
        """Queues intents for the new triggers: many in one, in order, one trigger contract each."""
        by_contract: dict[str, list[_Due]] = {}
        for one in new:
            by_contract.setdefault(one.wanted.standing.trigger_contract, []).append(one)
        batches = [
            (contract, due[start : start + self.batch_size])
            for contract, due in by_contract.items()
            for start in range(0, len(due), self.batch_size)
        ]
        upkeep = Upkeep(self.trigger)
        calls = [
            upkeep.call(self.book.chain_id, contract, [one.wanted.standing.mandate for one in batch])
            for contract, batch in batches
        ]
        intent_ids = await queue_all(session, calls)
        carriers = zip(intent_ids, (batch for _, batch in batches), strict=True)
        await assign(session, {one.trigger_id: intent_id for intent_id, batch in carriers for one in batch})
        return len(calls)


def key_of(one: Wanted) -> Key:
    """The occurrence is the count of firings before this one, as the contract has it."""
    return Key(one.line.line_id, one.standing.mandate_hash, one.standing.state.fires)
