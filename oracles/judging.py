"""Judging the feeds that we follow, at the mirror's block, and writing the judgement down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from oracles.chainlink.directory import policy_of, read_directory
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


Policies = Mapping[str, FeedPolicy]
"""By a feed's address, in lower case: bounds, jumps and standing still. Heartbeat and margin are the adapter's own."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A feed with what is thought of it, by which policy."""

    address: str
    pair: str
    judgement: Judgement
    policy: FeedPolicy


def read_policies(directory: Path | None) -> Policies:
    """What Chainlink's directory of a network says of its feeds; nothing without one. Raises BadDirectory."""
    if directory is None:
        return {}
    return {feed.proxy: policy_of(feed) for feed in read_directory(directory).feeds.values()}


async def judge_feeds(
    engine: AsyncEngine, chain_id: int, alerts: Alerts, policies: Policies | None = None
) -> Sequence[Judged]:
    """Judges every feed of a chain, stores the judgements, and tells people of the bad ones."""
    async with sessions_of(engine).begin() as session:
        judged = await _judge_all(session, chain_id, policies or {})
    for one in judged:
        await _tell(one, chain_id, alerts)
    return judged


async def _judge_all(session: AsyncSession, chain_id: int, policies: Policies) -> Sequence[Judged]:
    cursor = await session.get(Cursor, chain_id)
    if cursor is None:
        return ()
    judged = []
    for feed in (await session.scalars(select(Feed).where(Feed.chain_id == chain_id).order_by(Feed.pair))).all():
        policy = _policy_for(feed, policies)
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
        judged.append(Judged(feed.address, feed.pair, judgement, policy))
    return judged


def _policy_for(feed: Feed, policies: Policies) -> FeedPolicy:
    """What the adapter believes for how long is stored with the feed, and prevails over what its publisher promises."""
    known = policies.get(feed.address.lower())
    if known is None:
        policy = FeedPolicy if feed.is_price else FeedPolicy.of_fact
        return policy(heartbeat_s=feed.heartbeat_s, margin_s=feed.margin_s)
    return replace(known, heartbeat_s=feed.heartbeat_s, margin_s=feed.margin_s)


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


def severity_of(judgement: Judgement, policy: FeedPolicy) -> Severity | None:
    """None for what nobody needs to look at. Late is told of once half of the margin is gone: before what it stops."""
    if judgement.status is FeedStatus.LATE and judgement.age_s is not None:
        late_s = judgement.age_s - policy.heartbeat_s
        return Severity.WARNING if 2 * late_s > policy.margin_s else None
    return _SEVERITY.get(judgement.status)


async def _tell(one: Judged, chain_id: int, alerts: Alerts) -> None:
    key = f"feed:{chain_id}:{one.address}"
    severity = severity_of(one.judgement, one.policy)
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
