"""Feeds over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.feeds.problems import UNKNOWN_FEED
from api.feeds.repository import FeedRepository
from api.feeds.schemas import Feed, FeedDetail, FeedList, Round, RoundPage
from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_integers, encode_cursor
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, Problem, documented
from api.snapshot import READ_PROBLEMS, Snapshot, SnapshotDep
from api.wire import Address, Instant, checksum, decimal_text
from orchestrator.db.models import Feed as FeedRow
from orchestrator.db.models import OracleRound

router = APIRouter(prefix="/v1/feeds", tags=["feeds"])

FeedAddress = Annotated[Address, Path(description="The address of the feed's proxy.")]


@router.get("", summary="List feeds", response_model=FeedList, responses=documented(INVALID_REQUEST, *READ_PROBLEMS))
async def list_feeds(snapshot: SnapshotDep) -> FeedList:
    """Every feed that is followed, with its newest answer and the last judgement on its health."""
    rows = await FeedRepository(snapshot.session, snapshot.chain_id).all()
    return FeedList(as_of=snapshot.as_of, items=[_feed(row, newest, snapshot) for row, newest in rows])


@router.get(
    "/{address}",
    summary="Show one feed",
    response_model=FeedDetail,
    responses=documented(UNKNOWN_FEED, INVALID_REQUEST, *READ_PROBLEMS),
)
async def get_feed(address: FeedAddress, snapshot: SnapshotDep) -> FeedDetail:
    """With its newest answer and the last judgement on its health."""
    row, newest = await _find(address, snapshot)
    return FeedDetail(**dict(_feed(row, newest, snapshot)), as_of=snapshot.as_of)


@router.get(
    "/{address}/rounds",
    summary="List the rounds of a feed",
    response_model=RoundPage,
    responses=documented(MALFORMED_CURSOR, UNKNOWN_FEED, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_rounds(
    address: FeedAddress, snapshot: SnapshotDep, limit: Limit = DEFAULT_PAGE, cursor: CursorText = None
) -> RoundPage:
    """The newest first, each with the log it was read from."""
    feed, _ = await _find(address, snapshot)
    before = None
    if cursor is not None:
        block_number, log_index = decode_integers(cursor, 2)
        before = block_number, log_index
    rows = await FeedRepository(snapshot.session, snapshot.chain_id).rounds(address, before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return RoundPage(
        as_of=snapshot.as_of,
        feed=address,
        items=[_round(row, feed.decimals, snapshot) for row in rows[:limit]],
        next_cursor=None if last is None else encode_cursor(last.block_number, last.log_index),
    )


async def _find(address: str, snapshot: Snapshot) -> tuple[FeedRow, OracleRound | None]:
    found = await FeedRepository(snapshot.session, snapshot.chain_id).find(address)
    if found is None:
        raise Problem(UNKNOWN_FEED, f"{address} is not a feed that is followed")
    return found


def _feed(row: FeedRow, newest: OracleRound | None, snapshot: Snapshot) -> Feed:
    return Feed(
        address=checksum(row.address),
        pair=row.pair,
        decimals=row.decimals,
        heartbeat_s=row.heartbeat_s,
        margin_s=row.margin_s,
        status=row.status,
        reason=row.reason,
        judged_at_block=row.judged_at_block,
        judged_at=Instant.of_optional_clock(row.judged_at),
        age_s=None if newest is None else snapshot.now - newest.updated_at,
        newest=None if newest is None else _round(newest, row.decimals, snapshot),
    )


def _round(row: OracleRound, decimals: int, snapshot: Snapshot) -> Round:
    return Round(
        round_id=row.round_id,
        answer=row.answer,
        decimal=decimal_text(row.answer, decimals),
        updated_at=Instant.of_block_time(row.updated_at),
        log=snapshot.provenance(row),
    )
