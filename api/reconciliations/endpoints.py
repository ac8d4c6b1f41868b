"""Reconciliations over HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_moment_and_uuid, encode_moment
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, Problem, documented
from api.reconciliations.problems import UNKNOWN_RECONCILIATION
from api.reconciliations.repository import ReconciliationRepository
from api.reconciliations.schemas import Reconciliation, ReconciliationDetail, ReconciliationPage
from api.snapshot import READ_PROBLEMS, Snapshot, SnapshotDep
from api.wire import Instant, checksum
from orchestrator.db.models import Reconciliation as ReconciliationRow

router = APIRouter(prefix="/v1/reconciliations", tags=["reconciliations"])


@router.get(
    "",
    summary="List reconciliations",
    response_model=ReconciliationPage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_reconciliations(
    snapshot: SnapshotDep,
    equal: Annotated[bool | None, Query(description="Only those without, or only those with differences.")] = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> ReconciliationPage:
    """The newest first. Each compares every mirrored fact of the vault with the chain, to the base unit."""
    before = None if cursor is None else decode_moment_and_uuid(cursor)
    rows = await _repository(snapshot).page(equal, before, limit + 1)
    last = rows[limit - 1][0] if len(rows) > limit else None
    return ReconciliationPage(
        as_of=snapshot.as_of,
        items=[_reconciliation(row, canonical, snapshot) for row, canonical in rows[:limit]],
        next_cursor=None if last is None else encode_moment(last.finished_at, last.id),
    )


@router.get(
    "/{reconciliation_id}",
    summary="Show one reconciliation",
    response_model=ReconciliationDetail,
    responses=documented(UNKNOWN_RECONCILIATION, INVALID_REQUEST, *READ_PROBLEMS),
)
async def get_reconciliation(reconciliation_id: uuid.UUID, snapshot: SnapshotDep) -> ReconciliationDetail:
    """With every difference that it found."""
    found = await _repository(snapshot).find(reconciliation_id)
    if found is None:
        raise Problem(UNKNOWN_RECONCILIATION, f"there is no reconciliation {reconciliation_id}")
    return ReconciliationDetail(**dict(_reconciliation(*found, snapshot)), as_of=snapshot.as_of)


def _repository(snapshot: Snapshot) -> ReconciliationRepository:
    return ReconciliationRepository(snapshot.session, snapshot.chain_id, snapshot.book.vault)


def _reconciliation(row: ReconciliationRow, canonical: bool | None, snapshot: Snapshot) -> Reconciliation:
    return Reconciliation(
        id=row.id,
        chain_id=row.chain_id,
        vault=checksum(row.vault),
        block=snapshot.position(row.block_number, row.block_hash, canonical),
        facts_compared=row.facts_compared,
        equal=row.equal,
        differences=row.differences,
        started_at=Instant.of_clock(row.started_at),
        finished_at=Instant.of_clock(row.finished_at),
        duration_ms=(row.finished_at - row.started_at) // timedelta(milliseconds=1),
    )
