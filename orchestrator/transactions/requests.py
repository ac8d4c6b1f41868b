"""What a person asks of one transaction: not to send it, or to try again what it was for."""

from __future__ import annotations

import uuid
from enum import StrEnum

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Intent, Trigger
from orchestrator.errors import CovenantError
from orchestrator.transactions.errors import ErrorKind, TransactionError
from orchestrator.transactions.intents import finish, lock
from orchestrator.transactions.states import FINAL, UNMINED, IntentStatus

BY_OPERATOR = TransactionError(ErrorKind.CANCELLED, "cancelled by an operator")


class UnknownTransaction(CovenantError):
    """There is no transaction with that id."""


class TooLate(CovenantError):
    """The transaction is past what was asked of it."""


class Cancelled(StrEnum):
    """AT_ONCE: it was not signed yet. REQUESTED: the sender replaces it by an empty one, if that is mined first."""

    AT_ONCE = "at once"
    REQUESTED = "requested"


async def request_cancellation(session: AsyncSession, intent_id: uuid.UUID) -> Cancelled:
    """The caller commits. Asking twice changes nothing.

    Raises:
        UnknownTransaction: nobody knows it.
        TooLate: it is mined, or ended otherwise.
    """
    intent = await _locked(session, intent_id)
    if intent.status == IntentStatus.QUEUED.value:
        finish(intent, IntentStatus.CANCELLED, BY_OPERATOR)
        await session.execute(
            update(Trigger)
            .where(Trigger.intent_id == intent_id)
            .values(status="cancelled", error=BY_OPERATOR.words, finished_at=func.clock_timestamp())
        )
        return Cancelled.AT_ONCE
    if intent.status not in UNMINED:
        raise TooLate(f"transaction {intent_id} is {intent.status}", "what is mined can't be taken back")
    if intent.cancel_requested_at is None:
        intent.cancel_requested_at = func.clock_timestamp()
    return Cancelled.REQUESTED


async def request_retry(session: AsyncSession, intent_id: uuid.UUID) -> int:
    """Lets the engine store new triggers for those of a transaction that came to nothing; how many. The caller commits.

    They fire at the next block if the rule still asks for it.

    Raises:
        UnknownTransaction: nobody knows it.
        TooLate: it is on its way, or did what it was for.
    """
    intent = await _locked(session, intent_id)
    if intent.status not in FINAL:
        raise TooLate(f"transaction {intent_id} is {intent.status}", "wait for what becomes of it, or cancel it first")
    asked = await session.execute(
        update(Trigger)
        .where(Trigger.intent_id == intent_id, Trigger.status.in_(("failed", "superseded", "skipped", "cancelled")))
        .values(retry_requested_at=func.clock_timestamp())
        .returning(Trigger.id)
    )
    count = len(asked.all())
    if count == 0:
        raise TooLate(f"all that transaction {intent_id} was for is done", "nothing is to be done")
    return count


async def _locked(session: AsyncSession, intent_id: uuid.UUID) -> Intent:
    intent = await lock(session, intent_id)
    if intent is None:
        raise UnknownTransaction(f"there is no transaction {intent_id}", "see `covenant transactions list`")
    return intent
