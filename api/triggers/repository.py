"""Queries on triggers, with the round that caused them and the transaction that carries them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import and_, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from orchestrator.db.models import Block, Feed, Intent, Line, Market, OracleRound, Trigger

_ROUND: Final = aliased(
    OracleRound,
    select(OracleRound)
    .where(
        OracleRound.chain_id == Trigger.chain_id,
        OracleRound.feed == Trigger.feed,
        OracleRound.round_id == Trigger.round_id,
    )
    .order_by(OracleRound.block_number.desc(), OracleRound.log_index.desc())
    .limit(1)
    .lateral("cause"),
)
_EVALUATED: Final = aliased(Block)
_MINED: Final = aliased(Block)


@dataclass(frozen=True, slots=True)
class TriggerFilter:
    """Every given condition must hold."""

    line_id: int | None = None
    mandate_hash: str | None = None
    action: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """A trigger and all that tells its story. ``…_canonical`` is None for a block that is not mirrored."""

    trigger: Trigger
    round: OracleRound | None
    feed: Feed | None
    intent: Intent | None
    market: Market | None
    evaluated_canonical: bool | None
    mined_canonical: bool | None


class TriggerRepository:
    """The triggers of one vault."""

    def __init__(self, session: AsyncSession, chain_id: int, vault: str) -> None:
        self._session = session
        self._chain_id = chain_id
        self._vault = vault

    async def find(self, trigger_id: uuid.UUID) -> Traced | None:
        found = await self._read(TriggerFilter(), None, 1, trigger_id)
        return found[0] if found else None

    async def page(
        self, wanted: TriggerFilter, before: tuple[datetime, uuid.UUID] | None, limit: int
    ) -> Sequence[Traced]:
        """The newest first; ``before`` is (created_at, id) of the last row of the page before."""
        return await self._read(wanted, before, limit, None)

    async def _read(
        self,
        wanted: TriggerFilter,
        before: tuple[datetime, uuid.UUID] | None,
        limit: int,
        trigger_id: uuid.UUID | None,
    ) -> list[Traced]:
        query = (
            select(Trigger, _ROUND, Feed, Intent, Market, _EVALUATED.canonical, _MINED.canonical)
            .select_from(Trigger)
            .outerjoin(_ROUND, true())
            .outerjoin(Feed, and_(Feed.chain_id == Trigger.chain_id, Feed.address == Trigger.feed))
            .outerjoin(Intent, Intent.id == Trigger.intent_id)
            .outerjoin(
                Line,
                and_(Line.chain_id == Trigger.chain_id, Line.vault == Trigger.vault, Line.line_id == Trigger.line_id),
            )
            .outerjoin(
                Market,
                and_(Market.chain_id == Line.chain_id, Market.vault == Line.vault, Market.market_id == Line.market_id),
            )
            .outerjoin(
                _EVALUATED,
                and_(
                    _EVALUATED.chain_id == Trigger.chain_id,
                    _EVALUATED.number == Trigger.evaluated_block_number,
                    _EVALUATED.hash == Trigger.evaluated_block_hash,
                ),
            )
            .outerjoin(
                _MINED,
                and_(
                    _MINED.chain_id == Intent.chain_id,
                    _MINED.number == Intent.mined_block_number,
                    _MINED.hash == Intent.mined_block_hash,
                ),
            )
            .where(Trigger.chain_id == self._chain_id, Trigger.vault == self._vault)
        )
        if trigger_id is not None:
            query = query.where(Trigger.id == trigger_id)
        if wanted.line_id is not None:
            query = query.where(Trigger.line_id == wanted.line_id)
        if wanted.mandate_hash is not None:
            query = query.where(Trigger.mandate_hash == wanted.mandate_hash)
        if wanted.action is not None:
            query = query.where(Trigger.action == wanted.action)
        if wanted.status is not None:
            query = query.where(Trigger.status == wanted.status)
        if before is not None:
            query = query.where(tuple_(Trigger.created_at, Trigger.id) < tuple_(*before))
        rows = await self._session.execute(query.order_by(Trigger.created_at.desc(), Trigger.id.desc()).limit(limit))
        return [Traced(*row) for row in rows]
