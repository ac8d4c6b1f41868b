"""Queries on the order book, and on what the chain says of groups and epochs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Select, exists, func, literal, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.offer import ANYONE
from orchestrator.db.models import LenderEpochVersion, Market, Offer, OfferGroupVersion
from orchestrator.db.types import Hash

_FIRST_EPOCH: Final = 0

_GROUP: Final = (
    select(OfferGroupVersion.consumed, OfferGroupVersion.cancelled)
    .where(
        OfferGroupVersion.chain_id == Offer.chain_id,
        OfferGroupVersion.vault == Offer.vault,
        OfferGroupVersion.lender == Offer.lender,
        OfferGroupVersion.loan_token == Offer.loan_token,
        OfferGroupVersion.group == Offer.group,
    )
    .order_by(OfferGroupVersion.block_number.desc(), OfferGroupVersion.log_index.desc())
    .limit(1)
    .lateral("newest_group")
)
_LENDER: Final = (
    select(LenderEpochVersion.epoch)
    .where(
        LenderEpochVersion.chain_id == Offer.chain_id,
        LenderEpochVersion.vault == Offer.vault,
        LenderEpochVersion.lender == Offer.lender,
    )
    .order_by(LenderEpochVersion.block_number.desc(), LenderEpochVersion.log_index.desc())
    .limit(1)
    .lateral("newest_epoch")
)

WithStanding = Select[Offer, int | None, bool | None, int | None]


@dataclass(frozen=True, slots=True)
class Standing:
    """What the chain says of an offer's group and of its lender."""

    consumed: int
    cancelled: bool
    epoch: int


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Every given condition must hold. ``borrower``: offers that this account may take."""

    lender: str | None = None
    borrower: str | None = None
    loan_token: str | None = None
    collateral_token: str | None = None
    open_at: int | None = None


class OfferRepository:
    """The offers of one vault."""

    def __init__(self, session: AsyncSession, chain_id: int, vault: str) -> None:
        self._session = session
        self._chain_id = chain_id
        self._vault = vault

    async def find(self, offer_hash: str) -> Offer | None:
        return await self._session.get(Offer, (self._chain_id, self._vault, offer_hash))

    async def find_with_standing(self, offer_hash: str) -> tuple[Offer, Standing] | None:
        rows = await self._read(self._with_standing().where(Offer.offer_hash == offer_hash))
        return rows[0] if rows else None

    async def page(
        self, wanted: OfferFilter, after: tuple[datetime, str] | None, limit: int
    ) -> Sequence[tuple[Offer, Standing]]:
        """The newest first. ``after`` is (posted_at, offer_hash) of the last row of the page before."""
        query = self._with_standing()
        if wanted.lender is not None:
            query = query.where(Offer.lender == wanted.lender)
        if wanted.borrower is not None:
            query = query.where(or_(Offer.borrower == wanted.borrower, Offer.borrower.is_(None)))
        if wanted.loan_token is not None:
            query = query.where(Offer.loan_token == wanted.loan_token)
        if wanted.collateral_token is not None:
            query = query.where(Offer.collateral_token == wanted.collateral_token)
        if wanted.open_at is not None:
            query = _only_fillable(query, wanted.open_at)
        if after is not None:
            posted_at, offer_hash = after
            last = tuple_(literal(posted_at), literal(offer_hash, Hash()))
            query = query.where(tuple_(Offer.posted_at, Offer.offer_hash) < last)
        return await self._read(query.order_by(Offer.posted_at.desc(), Offer.offer_hash.desc()).limit(limit))

    async def standing(self, lender: str, loan_token: str, group: int) -> Standing:
        version = await self._session.scalar(
            select(OfferGroupVersion)
            .where(
                OfferGroupVersion.chain_id == self._chain_id,
                OfferGroupVersion.vault == self._vault,
                OfferGroupVersion.lender == lender,
                OfferGroupVersion.loan_token == loan_token,
                OfferGroupVersion.group == group,
            )
            .order_by(OfferGroupVersion.block_number.desc(), OfferGroupVersion.log_index.desc())
            .limit(1)
        )
        epoch = await self.epoch_of(lender)
        if version is None:
            return Standing(consumed=0, cancelled=False, epoch=epoch)
        return Standing(version.consumed, version.cancelled, epoch)

    async def epoch_of(self, lender: str) -> int:
        epoch = await self._session.scalar(
            select(LenderEpochVersion.epoch)
            .where(
                LenderEpochVersion.chain_id == self._chain_id,
                LenderEpochVersion.vault == self._vault,
                LenderEpochVersion.lender == lender,
            )
            .order_by(LenderEpochVersion.block_number.desc(), LenderEpochVersion.log_index.desc())
            .limit(1)
        )
        return _FIRST_EPOCH if epoch is None else epoch

    async def markets(self) -> Sequence[Market]:
        """All of them: markets are few, listed by the owner one by one."""
        rows = await self._session.scalars(
            select(Market).where(Market.chain_id == self._chain_id, Market.vault == self._vault)
        )
        return rows.all()

    async def add(self, offer: Offer) -> bool:
        """Whether it is new: False when the same offer is in the book already."""
        values = {
            column.key: getattr(offer, column.key)
            for column in Offer.__mapper__.column_attrs
            if column.key != "posted_at"
        }
        inserted = await self._session.scalar(
            insert(Offer).values(values).on_conflict_do_nothing().returning(Offer.offer_hash)
        )
        return inserted is not None

    def _with_standing(self) -> WithStanding:
        return (
            select(Offer, _GROUP.c.consumed, _GROUP.c.cancelled, _LENDER.c.epoch)
            .select_from(Offer)
            .outerjoin(_GROUP, true())
            .outerjoin(_LENDER, true())
            .where(Offer.chain_id == self._chain_id, Offer.vault == self._vault)
        )

    async def _read(self, query: WithStanding) -> list[tuple[Offer, Standing]]:
        return [
            (offer, Standing(consumed or 0, bool(cancelled), _FIRST_EPOCH if epoch is None else epoch))
            for offer, consumed, cancelled, epoch in await self._session.execute(query)
        ]


def _only_fillable(query: WithStanding, now: int) -> WithStanding:
    """The same conditions as the service's ``why_not_fillable``, for the database to choose by."""
    left = func.least(Offer.limit_amount, Offer.group_cap - func.coalesce(_GROUP.c.consumed, 0))
    market_with_room = exists().where(
        Market.chain_id == Offer.chain_id,
        Market.vault == Offer.vault,
        Market.loan_token == Offer.loan_token,
        Market.collateral_token == Offer.collateral_token,
        Market.oracle == func.decode(func.substr(Offer.fields["oracle"].astext, 3), "hex"),
        left >= Market.min_debt,
    )
    return query.where(
        Offer.expires_at >= now,
        Offer.epoch == func.coalesce(_LENDER.c.epoch, _FIRST_EPOCH),
        ~func.coalesce(_GROUP.c.cancelled, False),
        market_with_room,
    )


def borrower_of(address: str) -> str | None:
    """How the order book keeps the zero address, which stands for anyone."""
    return None if address == ANYONE else address
