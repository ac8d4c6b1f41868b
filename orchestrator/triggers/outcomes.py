"""What became of an intent, told to its triggers: each mandate of a batch has an outcome of its own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.chain.codec import UndecodableData
from orchestrator.chain.contracts import Contract
from orchestrator.chain.rpc import RpcError
from orchestrator.db.models import Mandate as MandateRow
from orchestrator.db.models import Trigger
from orchestrator.db.session import Sessions
from orchestrator.db.values import mandate_of
from orchestrator.transactions.errors import ErrorKind, TransactionError, classify_revert, classify_simulation
from orchestrator.transactions.intents import Call, queue_all
from orchestrator.transactions.node import Node, Receipt
from orchestrator.triggers.states import LIVE, Action, TriggerStatus
from orchestrator.triggers.store import assign
from orchestrator.triggers.upkeep import Upkeep

_ENDED = {
    ErrorKind.ALREADY_DONE: TriggerStatus.SUPERSEDED,
    ErrorKind.UNPROFITABLE: TriggerStatus.SKIPPED,
    ErrorKind.CANCELLED: TriggerStatus.CANCELLED,
}
"""All other kinds: failed."""

NOT_FIRED = TransactionError(ErrorKind.REVERT, "its transaction was mined without firing it")


class TriggerOutcomes:
    """Follows intents that carry triggers; any other intent has none, and nothing happens."""

    def __init__(self, sessions: Sessions, trigger: Contract) -> None:
        self._sessions = sessions
        self._upkeep = Upkeep(trigger)
        self._explained: dict[uuid.UUID, Mapping[str, TransactionError]] = {}

    async def explain(self, intent_id: uuid.UUID, error: TransactionError, node: Node, sender: str) -> TransactionError:
        """A batch in which nothing fires says no more than that; each mandate on its own says why."""
        async with self._sessions() as session:
            rows = await _triggers(session, intent_id)
            mandates = {row.mandate_hash: await _mandate(session, row) for row in rows}
        reasons: dict[str, TransactionError] = {}
        for row in rows:
            mandate = mandates[row.mandate_hash]
            if mandate is None:
                continue
            call = self._upkeep.encode_one(mandate_of(mandate), sender)
            try:
                await node.call(sender=sender, to=row.trigger_contract, data=call)
            except RpcError as refusal:
                reasons[row.mandate_hash] = classify_simulation(refusal, self._upkeep.contract)
            else:
                return TransactionError(ErrorKind.RETRY, "it fires by now")
        if not reasons:
            return error
        self._explained[intent_id] = reasons
        kinds = {reason.kind for reason in reasons.values()}
        words = "; ".join(sorted({reason.words for reason in reasons.values()}))
        for kind in (ErrorKind.RETRY, ErrorKind.FATAL, ErrorKind.REVERT):
            if kind in kinds:
                return TransactionError(kind, words)
        return TransactionError(ErrorKind.ALREADY_DONE, words)

    async def worth_wei(self, session: AsyncSession, intent_id: uuid.UUID) -> int | None:
        fees = (await session.scalars(select(Trigger.fee_worth_wei).where(Trigger.intent_id == intent_id))).all()
        known = [fee for fee in fees if fee is not None]
        return sum(known) if known and len(known) == len(fees) else None

    async def split(self, session: AsyncSession, intent_id: uuid.UUID, call: Call) -> int:
        """In two, in the order of the batch: what one mandate leaves of a line is what the next one finds."""
        rows = [row for row in await _triggers(session, intent_id) if row.action == Action.REPAY.value]
        stored = [await _mandate(session, row) for row in rows]
        mandates = [mandate_of(row) for row in stored if row is not None]
        if len(mandates) < 2 or len(mandates) < len(rows):
            return 0
        batch = sorted(zip(rows, mandates, strict=True), key=lambda one: self._upkeep.place_of(one[1], call.data))
        halves = [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
        calls = [self._upkeep.call(call.chain_id, call.to, [mandate for _, mandate in half]) for half in halves]
        carriers = zip(await queue_all(session, calls), halves, strict=True)
        await assign(session, {row.id: carrier for carrier, half in carriers for row, _ in half})
        return len(halves)

    async def signed(self, session: AsyncSession, intent_id: uuid.UUID) -> None:
        await self._move(session, intent_id, TriggerStatus.PENDING, TriggerStatus.SENDING)

    async def mined(self, session: AsyncSession, intent_id: uuid.UUID, receipt: Receipt) -> None:
        """None is final yet; one that did not fire says so already."""
        failures = self._failures(receipt)
        for row in await _triggers(session, intent_id):
            if row.status in LIVE:
                row.status = TriggerStatus.MINED.value
                failure = failures.get(row.mandate_hash)
                row.error = failure.words if failure else None

    async def unmined(self, session: AsyncSession, intent_id: uuid.UUID) -> None:
        for row in await _triggers(session, intent_id):
            if row.status == TriggerStatus.MINED.value:
                row.status, row.error = TriggerStatus.SENDING.value, None

    async def finalized(self, session: AsyncSession, intent_id: uuid.UUID, receipt: Receipt) -> None:
        fired, failures = self._fired(receipt), self._failures(receipt)
        for row in await _triggers(session, intent_id):
            done = row.action != Action.REPAY.value or row.mandate_hash in fired
            failure = None if done else failures.get(row.mandate_hash, NOT_FIRED)
            _finish(row, failure)

    async def failed(self, session: AsyncSession, intent_id: uuid.UUID, error: TransactionError) -> None:
        reasons = self._explained.pop(intent_id, {})
        for row in await _triggers(session, intent_id):
            _finish(row, reasons.get(row.mandate_hash, error))

    async def _move(
        self, session: AsyncSession, intent_id: uuid.UUID, status: TriggerStatus, to: TriggerStatus
    ) -> None:
        await session.execute(
            update(Trigger)
            .where(Trigger.intent_id == intent_id, Trigger.status == status.value)
            .values(status=to.value)
        )

    def _fired(self, receipt: Receipt) -> frozenset[str]:
        return frozenset(args["mandateHash"] for name, args in self._events(receipt) if name == "Fired")

    def _failures(self, receipt: Receipt) -> Mapping[str, TransactionError]:
        contract = self._upkeep.contract
        return {
            args["mandateHash"]: classify_revert(args["reason"], contract)
            for name, args in self._events(receipt)
            if name == "FiringFailed"
        }

    def _events(self, receipt: Receipt) -> Sequence[tuple[str, Mapping[str, Any]]]:
        """What the trigger contract said; logs of the vault and the tokens beside it are no events of it."""
        found = []
        for entry in receipt.logs:
            try:
                found.append(self._upkeep.contract.decode_event(entry.topics, entry.data))
            except UndecodableData:
                continue
        return found


def _finish(row: Trigger, failure: TransactionError | None) -> None:
    if row.status not in LIVE:
        return
    if failure is None:
        row.status, row.error = TriggerStatus.DONE.value, None
    else:
        row.status = _ENDED.get(failure.kind, TriggerStatus.FAILED).value
        row.error = failure.words
    row.finished_at = func.clock_timestamp()


async def _triggers(session: AsyncSession, intent_id: uuid.UUID) -> Sequence[Trigger]:
    statement = select(Trigger).where(Trigger.intent_id == intent_id).order_by(Trigger.id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def _mandate(session: AsyncSession, row: Trigger) -> MandateRow | None:
    return await session.get(MandateRow, (row.chain_id, row.trigger_contract, row.mandate_hash))
