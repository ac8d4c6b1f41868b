"""Triggers over HTTP."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query

from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_moment_and_uuid, encode_moment
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, Problem, documented
from api.snapshot import READ_PROBLEMS, Snapshot, SnapshotDep
from api.tokens import NAMELESS
from api.triggers.problems import UNKNOWN_TRIGGER
from api.triggers.repository import Traced, TriggerFilter, TriggerRepository
from api.triggers.schemas import RoundCause, Trigger, TriggerCause, TriggerDetail, TriggerPage
from api.wire import BIGINT_MAX, Hash, Instant, TokenAmount, checksum
from orchestrator.triggers.states import Action, TriggerStatus

router = APIRouter(prefix="/v1/triggers", tags=["triggers"])


@router.get(
    "",
    summary="List triggers",
    response_model=TriggerPage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_triggers(
    snapshot: SnapshotDep,
    line_id: Annotated[int | None, Query(ge=1, le=BIGINT_MAX)] = None,
    mandate_hash: Annotated[Hash | None, Query()] = None,
    action: Annotated[Action | None, Query()] = None,
    status: Annotated[TriggerStatus | None, Query()] = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> TriggerPage:
    """The newest first: the round or bill that caused each, the transaction that carries it, and how long it took."""
    before = None if cursor is None else decode_moment_and_uuid(cursor)
    rows = await _repository(snapshot).page(TriggerFilter(line_id, mandate_hash, action, status), before, limit + 1)
    last = rows[limit - 1].trigger if len(rows) > limit else None
    return TriggerPage(
        as_of=snapshot.as_of,
        items=[_trigger(row, snapshot) for row in rows[:limit]],
        next_cursor=None if last is None else encode_moment(last.created_at, last.id),
    )


@router.get(
    "/{trigger_id}",
    summary="Show one trigger",
    response_model=TriggerDetail,
    responses=documented(UNKNOWN_TRIGGER, INVALID_REQUEST, *READ_PROBLEMS),
)
async def get_trigger(trigger_id: uuid.UUID, snapshot: SnapshotDep) -> TriggerDetail:
    """Why it fired, at which block and price, and what became of it."""
    found = await _repository(snapshot).find(trigger_id)
    if found is None:
        raise Problem(UNKNOWN_TRIGGER, f"there is no trigger {trigger_id}")
    return TriggerDetail(**dict(_trigger(found, snapshot)), as_of=snapshot.as_of)


def _repository(snapshot: Snapshot) -> TriggerRepository:
    return TriggerRepository(snapshot.session, snapshot.chain_id, snapshot.book.vault)


def _trigger(traced: Traced, snapshot: Snapshot) -> Trigger:
    row, intent = traced.trigger, traced.intent
    mined_at = None if intent is None else intent.mined_at
    return Trigger(
        id=row.id,
        chain_id=row.chain_id,
        vault=checksum(row.vault),
        line_id=row.line_id,
        action=row.action,
        trigger_contract=checksum(row.trigger_contract),
        mandate_hash=row.mandate_hash,
        occurrence=row.occurrence,
        generation=row.generation,
        status=row.status,
        why=row.why,
        error=row.error,
        cause=_cause(traced),
        price_e36=row.price_e36,
        need=_loan_amount(traced, row.need, snapshot),
        pays=_loan_amount(traced, row.pays, snapshot),
        evaluated=snapshot.position(row.evaluated_block_number, row.evaluated_block_hash, traced.evaluated_canonical),
        transaction_id=row.intent_id,
        tx_hash=None if intent is None else intent.mined_tx_hash,
        mined=None
        if intent is None
        else snapshot.optional_position(intent.mined_block_number, intent.mined_block_hash, traced.mined_canonical),
        cause_seen_at=Instant.of_clock(row.cause_seen_at),
        created_at=Instant.of_clock(row.created_at),
        mined_at=Instant.of_optional_clock(mined_at),
        finished_at=Instant.of_optional_clock(row.finished_at),
        latency_ms=None if mined_at is None else (mined_at - row.cause_seen_at) // timedelta(milliseconds=1),
    )


def _cause(traced: Traced) -> TriggerCause:
    row, seen = traced.trigger, traced.round
    due_at = Instant.of_optional_block_time(row.due_at)
    if row.feed is None or row.round_id is None:
        return TriggerCause(round=None, due_at=due_at)
    return TriggerCause(
        round=RoundCause(
            feed=checksum(row.feed),
            pair=None if traced.feed is None else traced.feed.pair,
            round_id=row.round_id,
            answer=None if seen is None else seen.answer,
            decimals=None if traced.feed is None else traced.feed.decimals,
            updated_at=None if seen is None else Instant.of_block_time(seen.updated_at),
        ),
        due_at=due_at,
    )


def _loan_amount(traced: Traced, base_units: int, snapshot: Snapshot) -> TokenAmount:
    """A trigger outlives the line of an orphaned block, and with it the knowledge of its market."""
    if traced.market is None:
        return TokenAmount(base_units=base_units, token=NAMELESS, decimals=None)
    return snapshot.tokens.amount(traced.market.loan_token, base_units)
