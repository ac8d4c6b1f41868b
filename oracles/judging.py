"""Judging the feeds that we follow, at the mirror's block, and writing the judgement down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from oracles.health import FeedPolicy, FeedStatus, Judgement, judge, rounds_needed
from oracles.rounds import Round
from orchestrator.alerts import Alerts, Severity
from orchestrator.db.models import Cursor, Feed, OracleRound
from orchestrator.db.session import sessions_of

_SEVERITY: Final = {
    FeedStatus.STALE: Severity.CRITICAL,
    FeedStatus.OUT_OF_BOUNDS: Severity.CRITICAL,
    FeedStatus.JUMPED: Severity.WARNING,
    FeedStatus.FROZEN: Severity.WARNING,
}


@dataclass(frozen=True, slots=True)
class Judged:
    """A feed with what is thought of it."""

    address: str
    pair: str
    judgement: Judgement


async def judge_feeds(engine: AsyncEngine, chain_id: int, alerts: Alerts) -> Sequence[Judged]:
    """Judges every feed of a chain, stores the judgements, and tells people of the bad ones."""
    async with sessions_of(engine).begin() as session:
        judged = await _judge_all(session, chain_id)
    for one in judged:
        await _tell(one, chain_id, alerts)
    return judged


async def _judge_all(session: AsyncSession, chain_id: int) -> Sequence[Judged]:
    cursor = await session.get(Cursor, chain_id)
    if cursor is None:
        return ()
    judged = []
    for feed in (await session.scalars(select(Feed).where(Feed.chain_id == chain_id).order_by(Feed.pair))).all():
        policy = FeedPolicy(heartbeat_s=feed.heartbeat_s, margin_s=feed.margin_s)
        rounds = await _newest_rounds(session, feed, rounds_needed(policy), cursor.number)
        judgement = judge(rounds, policy, cursor.timestamp)
        await session.execute(
            update(Feed)
            .where(Feed.chain_id == chain_id, Feed.address == feed.address)
            .values(
                status=judgement.status.value,
                reason=judgement.reason,
                judged_at_block=cursor.number,
                judged_at=func.clock_timestamp(),
            )
        )
        judged.append(Judged(feed.address, feed.pair, judgement))
    return judged


async def _newest_rounds(session: AsyncSession, feed: Feed, count: int, block_number: int) -> Sequence[Round]:
    """Oldest first."""
    rows = await session.scalars(
        select(OracleRound)
        .where(
            OracleRound.chain_id == feed.chain_id,
            OracleRound.feed == feed.address,
            OracleRound.block_number <= block_number,
        )
        .order_by(OracleRound.block_number.desc(), OracleRound.log_index.desc())
        .limit(count)
    )
    return [Round(row.round_id, row.answer, row.updated_at) for row in reversed(rows.all())]


async def _tell(one: Judged, chain_id: int, alerts: Alerts) -> None:
    key = f"feed:{chain_id}:{one.address}"
    severity = _SEVERITY.get(one.judgement.status)
    if severity is None:
        await alerts.resolve(key)
        return
    await alerts.raise_(
        key,
        severity,
        f"the feed {one.pair} is {one.judgement.status.value.replace('_', ' ')}: {one.judgement.reason}",
        "the contracts refuse what a bad feed would allow; check the feed and its publisher",
        {"feed": one.address, "status": one.judgement.status.value},
    )
