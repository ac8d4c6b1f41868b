"""Transactions over HTTP."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Query

from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_moment_and_uuid, encode_moment
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, Problem, documented
from api.snapshot import READ_PROBLEMS, Snapshot, SnapshotDep
from api.transactions.problems import UNKNOWN_TRANSACTION
from api.transactions.repository import Sent, TransactionRepository
from api.transactions.schemas import Attempt, Transaction, TransactionDetail, TransactionPage
from api.wire import Instant, checksum
from orchestrator.db.models import Attempt as AttemptRow
from orchestrator.transactions.states import IntentStatus

router = APIRouter(prefix="/v1/transactions", tags=["transactions"])


@router.get(
    "",
    summary="List transactions",
    response_model=TransactionPage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_transactions(
    snapshot: SnapshotDep,
    status: Annotated[IntentStatus | None, Query()] = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> TransactionPage:
    """What the service sent or is about to send, the newest first, with every attempt."""
    before = None if cursor is None else decode_moment_and_uuid(cursor)
    rows = await TransactionRepository(snapshot.session, snapshot.chain_id).page(status, before, limit + 1)
    last = rows[limit - 1].intent if len(rows) > limit else None
    return TransactionPage(
        as_of=snapshot.as_of,
        items=[_transaction(row, snapshot) for row in rows[:limit]],
        next_cursor=None if last is None else encode_moment(last.created_at, last.id),
    )


@router.get(
    "/{transaction_id}",
    summary="Show one transaction",
    response_model=TransactionDetail,
    responses=documented(UNKNOWN_TRANSACTION, INVALID_REQUEST, *READ_PROBLEMS),
)
async def get_transaction(transaction_id: uuid.UUID, snapshot: SnapshotDep) -> TransactionDetail:
    """By our id, which stays while attempts and their hashes change."""
    found = await TransactionRepository(snapshot.session, snapshot.chain_id).find(transaction_id)
    if found is None:
        raise Problem(UNKNOWN_TRANSACTION, f"there is no transaction {transaction_id}")
    return TransactionDetail(**dict(_transaction(found, snapshot)), as_of=snapshot.as_of)


def _transaction(sent: Sent, snapshot: Snapshot) -> Transaction:
    row = sent.intent
    return Transaction(
        id=row.id,
        chain_id=row.chain_id,
        signer=None if row.signer is None else checksum(row.signer),
        to=checksum(row.to_address),
        value_wei=row.value_wei,
        description=row.description,
        status=row.status,
        nonce=row.nonce,
        gas_limit=row.gas_limit,
        gas_used=row.gas_used,
        tx_hash=row.mined_tx_hash,
        mined=snapshot.optional_position(row.mined_block_number, row.mined_block_hash, sent.mined_canonical),
        error_kind=row.error_kind,
        error=row.error,
        created_at=Instant.of_clock(row.created_at),
        mined_at=Instant.of_optional_clock(row.mined_at),
        finished_at=Instant.of_optional_clock(row.finished_at),
        attempts=[_attempt(attempt) for attempt in sent.attempts],
        trigger_ids=list(sent.trigger_ids),
    )


def _attempt(row: AttemptRow) -> Attempt:
    return Attempt(
        number=row.number,
        tx_hash=row.tx_hash,
        max_fee_per_gas_wei=row.max_fee_per_gas_wei,
        max_priority_fee_per_gas_wei=row.max_priority_fee_per_gas_wei,
        signed_at=Instant.of_clock(row.signed_at),
        broadcast_at=Instant.of_optional_clock(row.broadcast_at),
        broadcast_count=row.broadcast_count,
    )
