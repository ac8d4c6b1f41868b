"""From firings that are called for to triggers and the intents that carry them, each once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract
from orchestrator.credit.mandate import From
from orchestrator.credit.oracle import OracleReading
from orchestrator.transactions.intents import Call, queue_all
from orchestrator.triggers.candidates import NO_MANDATE
from orchestrator.triggers.causes import Causes
from orchestrator.triggers.cursor import Head
from orchestrator.triggers.evaluation import Wanted
from orchestrator.triggers.liquidating import Liquidation
from orchestrator.triggers.states import Action, TriggerStatus
from orchestrator.triggers.store import Key, RetryPolicy, assign, insert_new, next_generation, standing_of
from orchestrator.triggers.upkeep import Upkeep
from orchestrator.triggers.words import why, why_liquidatable
from orchestrator.triggers.worth import fee_worth_wei

Oracles = Mapping[int, OracleReading]
"""By market."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How many triggers and intents were stored."""

    stored: int
    intents: int


@dataclass(frozen=True, slots=True)
class _Due:
    trigger_id: uuid.UUID
    wanted: Wanted
    generation: int
    failures: int


@dataclass(frozen=True, slots=True)
class Planner:
    """Stores what one head calls for, within the engine's transaction."""

    book: AddressBook
    trigger: Contract
    vault: Contract
    batch_size: int
    retries: RetryPolicy
    wrapped_native: str | None = None

    async def store(self, session: AsyncSession, wanted: Sequence[Wanted], head: Head) -> Plan:
        if not wanted:
            return Plan(0, 0)
        keys = [key_of(one) for one in wanted]
        standing, now = await standing_of(session, self.book.chain_id, self.book.vault.lower(), keys)
        due: list[_Due] = []
        for one, key in zip(wanted, keys, strict=True):
            newest = standing.get(key)
            generation = next_generation(newest, self.retries, now)
            if generation is not None:
                due.append(_Due(uuid.uuid4(), one, generation, newest.failures if newest else 0))
        causes = Causes(session, self.book.chain_id, head.number)
        new = await insert_new(session, [await self._row(one, head, causes) for one in due])
        intents = await self._carry(session, [one for one in due if one.trigger_id in new])
        return Plan(len(new), intents)

    async def _row(self, due: _Due, head: Head, causes: Causes) -> Mapping[str, object]:
        one = due.wanted
        market = self.book.market(one.line.market_id)
        cause = await causes.of(one, market.feeds)
        key = key_of(one)
        return {
            "id": due.trigger_id,
            "chain_id": self.book.chain_id,
            "vault": self.book.vault,
            "line_id": key.line_id,
            "action": Action.REPAY.value,
            "trigger_contract": one.standing.trigger_contract,
            "mandate_hash": key.mandate_hash,
            "occurrence": key.occurrence,
            "generation": due.generation,
            "failures": due.failures,
            "status": TriggerStatus.PENDING.value,
            "feed": cause.feed,
            "round_id": cause.round_id,
            "due_at": cause.due_at,
            "price_e36": one.oracle.measuring_price,
            "evaluated_block_number": head.number,
            "evaluated_block_hash": head.block_hash,
            "need": one.firing.need,
            "pays": one.firing.pays,
            "fee_worth_wei": fee_worth_wei(
                one.firing.fee, one.standing.mandate.source, market, self.wrapped_native, one.oracle.measuring_price
            ),
            "why": why(one, market),
            "cause_seen_at": cause.seen_at,
        }

    async def liquidate(
        self, session: AsyncSession, wanted: Sequence[Liquidation], receiver: str, oracles: Oracles, head: Head
    ) -> Plan:
        """One intent a line: what is paid for one is no reason to wait for another."""
        keys = [Key(one.line.line_id, NO_MANDATE, one.line.state.seq, Action.LIQUIDATE) for one in wanted]
        if not keys:
            return Plan(0, 0)
        standing, now = await standing_of(session, self.book.chain_id, self.book.vault.lower(), keys)
        causes, rows, calls = Causes(session, self.book.chain_id, head.number), [], {}
        for one, key in zip(wanted, keys, strict=True):
            newest = standing.get(key)
            generation = next_generation(newest, self.retries, now)
            if generation is not None:
                failures = newest.failures if newest else 0
                row = await self._liquidation_row(one, key, generation, failures, oracles, head, causes)
                rows.append(row)
                calls[row["id"]] = self._liquidation_call(one, receiver)
        new = [trigger_id for trigger_id in calls if trigger_id in await insert_new(session, rows)] if rows else []
        intent_ids = await queue_all(session, [calls[trigger_id] for trigger_id in new])
        await assign(session, dict(zip(new, intent_ids, strict=True)))
        return Plan(len(new), len(new))

    async def _liquidation_row(
        self,
        one: Liquidation,
        key: Key,
        generation: int,
        failures: int,
        oracles: Oracles,
        head: Head,
        causes: Causes,
    ) -> dict[str, Any]:
        market = self.book.market(one.line.market_id)
        price = oracles[one.line.market_id].measuring_price
        cause = await causes.of_head()
        return {
            "id": uuid.uuid4(),
            "chain_id": self.book.chain_id,
            "vault": self.book.vault,
            "line_id": key.line_id,
            "action": key.action.value,
            "trigger_contract": self.book.vault,
            "mandate_hash": key.mandate_hash,
            "occurrence": key.occurrence,
            "generation": generation,
            "failures": failures,
            "status": TriggerStatus.PENDING.value,
            "price_e36": price,
            "evaluated_block_number": head.number,
            "evaluated_block_hash": head.block_hash,
            "need": one.repays,
            "pays": one.repays,
            "fee_worth_wei": fee_worth_wei(one.gains, From.RESERVE, market, self.wrapped_native, price),
            "why": f"{why_liquidatable(one.line, price, head.timestamp)}: it is liquidated",
            "cause_seen_at": cause.seen_at,
        }

    def _liquidation_call(self, one: Liquidation, receiver: str) -> Call:
        line_id = one.line.line_id
        data = self.vault.encode_call("liquidate", line_id, one.max_repaid, one.min_seized, receiver)
        return Call(self.book.chain_id, self.book.vault, data, f"liquidates line {line_id}")

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
