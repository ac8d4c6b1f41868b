"""What became of the transactions in flight: judged from receipts and nonces, then recorded with its outcome.

Final means at or below the chain's finalized head, by a receipt that is still in a canonical block then. Until that,
everything can be taken back, and is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from sqlalchemy import func
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Intent
from orchestrator.transactions.errors import ErrorKind, TransactionError
from orchestrator.transactions.intents import Flight, finish, lock
from orchestrator.transactions.node import Receipt, View
from orchestrator.transactions.outcomes import Outcomes
from orchestrator.transactions.states import IN_FLIGHT, UNMINED, IntentStatus, moved


class Verdict(StrEnum):
    """``waiting``: nothing new. ``displaced``: the nonce is used, and by none of our attempts."""

    WAITING = "waiting"
    MINED = "mined"
    UNMINED = "unmined"
    FINAL = "final"
    DISPLACED = "displaced"
    DISPLACED_FOR_GOOD = "displaced for good"


@dataclass(frozen=True, slots=True)
class Finding:
    """What the chain says of one flight; it has a ``receipt`` when one of its attempts is in a canonical block."""

    flight: Flight
    verdict: Verdict
    receipt: Receipt | None

    @property
    def changes(self) -> bool:
        """Whether the flight's row no longer says what the chain says."""
        return self.verdict not in (Verdict.WAITING, Verdict.DISPLACED)


def judge(flight: Flight, receipts: Mapping[str, Receipt], view: View) -> Finding:
    """What became of ``flight``, by receipts that were read after ``view`` was taken."""
    receipt = next((receipts[attempt.tx_hash] for attempt in flight.attempts if attempt.tx_hash in receipts), None)
    if receipt is not None:
        if receipt.block_number <= view.finalized_number:
            return Finding(flight, Verdict.FINAL, receipt)
        known = flight.status is IntentStatus.MINED and flight.mined_block_hash == receipt.block_hash
        return Finding(flight, Verdict.WAITING if known else Verdict.MINED, receipt)
    if flight.nonce < view.nonce_at_finalized:
        return Finding(flight, Verdict.DISPLACED_FOR_GOOD, None)
    if flight.status is IntentStatus.MINED:
        return Finding(flight, Verdict.UNMINED, None)
    if flight.nonce < view.nonce_at_head:
        return Finding(flight, Verdict.DISPLACED, None)
    return Finding(flight, Verdict.WAITING, None)


async def record(session: AsyncSession, finding: Finding, outcomes: Outcomes, reverted: TransactionError) -> bool:
    """Writes a finding down, with what its outcome means to whoever wanted it; False when another process already has.

    ``reverted`` is what a receipt that did not succeed means. The caller commits.
    """
    flight, receipt = finding.flight, finding.receipt
    intent = await lock(session, flight.intent_id)
    if intent is None or intent.status not in IN_FLIGHT or _overtaken(intent, flight):
        return False
    match finding.verdict:
        case Verdict.WAITING | Verdict.DISPLACED:
            return False
        case Verdict.MINED:
            assert receipt is not None
            _note_block(intent, receipt, reverted)
            await outcomes.mined(session, intent.id, receipt)
        case Verdict.UNMINED:
            intent.status = moved(intent.status, IntentStatus.BROADCAST)
            intent.mined_tx_hash = intent.mined_block_hash = intent.mined_block_number = None
            intent.gas_used = intent.cost_wei = intent.mined_at = intent.error_kind = intent.error = None
            await outcomes.unmined(session, intent.id)
        case Verdict.FINAL:
            assert receipt is not None
            _note_block(intent, receipt, reverted)
            await _settle(session, intent, finding, outcomes, reverted)
        case Verdict.DISPLACED_FOR_GOOD:
            intent.cost_wei = 0  # a stranger's transaction paid for itself
            words = f"nonce {flight.nonce} of {intent.signer} was used by a transaction that is not ours"
            await _fail(session, intent, TransactionError(ErrorKind.NONCE, words), outcomes)
        case _:
            assert_never(finding.verdict)
    return True


def _overtaken(intent: Intent, flight: Flight) -> bool:
    """Whether the row has changed since the flight was read."""
    return (intent.status, intent.mined_block_hash) != (flight.status.value, flight.mined_block_hash) and not (
        intent.status in UNMINED and flight.status in UNMINED
    )


def _note_block(intent: Intent, receipt: Receipt, reverted: TransactionError) -> None:
    if intent.status != IntentStatus.MINED.value:
        intent.status = moved(intent.status, IntentStatus.MINED)
        intent.mined_at = func.clock_timestamp()
    intent.mined_tx_hash = receipt.tx_hash
    intent.mined_block_number = receipt.block_number
    intent.mined_block_hash = receipt.block_hash
    intent.gas_used, intent.cost_wei = receipt.gas_used, receipt.cost_wei
    intent.error_kind = None if receipt.succeeded else reverted.kind.value
    intent.error = None if receipt.succeeded else reverted.words


async def _settle(
    session: AsyncSession, intent: Intent, finding: Finding, outcomes: Outcomes, reverted: TransactionError
) -> None:
    receipt = finding.receipt
    assert receipt is not None
    mined = next(attempt for attempt in finding.flight.attempts if attempt.tx_hash == receipt.tx_hash)
    if mined.cancels:
        asked = intent.cancel_requested_at is not None
        words = "cancelled by an operator" if asked else "given up"
        kind = ErrorKind.CANCELLED if asked else ErrorKind.FATAL
        error = TransactionError(kind, f"{words}: an empty transfer used its nonce")
        finish(intent, IntentStatus.CANCELLED, error)
        await outcomes.failed(session, intent.id, error)
    elif receipt.succeeded:
        finish(intent, IntentStatus.FINALIZED, None)
        await outcomes.finalized(session, intent.id, receipt)
    else:
        await _fail(session, intent, reverted, outcomes)


async def _fail(session: AsyncSession, intent: Intent, error: TransactionError, outcomes: Outcomes) -> None:
    finish(intent, IntentStatus.FAILED, error)
    await outcomes.failed(session, intent.id, error)
