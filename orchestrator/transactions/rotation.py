"""Which of several keys signs what is new: the first that the sender has loaded and nobody has retired.

A retired key gets no new nonce from the moment that its retirement is committed; what it has signed is seen through,
for as long as the sender has it loaded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import func, select, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from orchestrator.db.models import Intent, Lane, Signer
from orchestrator.errors import CovenantError
from orchestrator.transactions.states import IN_FLIGHT


class UnknownSigner(CovenantError):
    """No sender of this chain ever had that key."""


class NobodyElse(CovenantError):
    """There is no other key that could sign what is new."""


class Duty(StrEnum):
    """What a key is for now. STANDING_BY: loaded, and another signs. GONE: not loaded, and not retired either."""

    ACTIVE = "active"
    STANDING_BY = "standing by"
    RETIRED = "retired"
    GONE = "not loaded"


@dataclass(frozen=True, slots=True)
class Standing:
    """``in_flight``: transactions that hold a nonce of it and are not final. ``next_nonce``: None before its first."""

    address: str
    duty: Duty
    loaded: bool
    in_flight: int
    next_nonce: int | None
    retired_at: datetime | None
    spent_until: datetime | None
    """It has no budget left until then; None: it has."""


async def load_signers(session: AsyncSession, chain_id: int, addresses: Sequence[str]) -> None:
    """Notes which keys the sender has, in the order in which they are to sign. The caller commits."""
    await session.execute(update(Signer).where(Signer.chain_id == chain_id).values(place=None))
    for place, address in enumerate(addresses):
        loading = insert(Signer).values(chain_id=chain_id, address=address, place=place)
        await session.execute(
            loading.on_conflict_do_update(index_elements=["chain_id", "address"], set_={"place": place})
        )


async def active_signer(session: AsyncSession, chain_id: int) -> str | None:
    """Who signs what is new; None: nobody may."""
    return await session.scalar(
        select(Signer.address)
        .where(Signer.chain_id == chain_id, Signer.place.is_not(None), Signer.retired_at.is_(None))
        .order_by(Signer.place)
        .limit(1)
    )


async def may_sign(session: AsyncSession, chain_id: int, address: str) -> bool:
    """Whether a key may take a new nonce; it can't be retired before this transaction ends."""
    retired_at = select(Signer.retired_at).where(Signer.chain_id == chain_id, Signer.address == address)
    return (await session.execute(retired_at.with_for_update(read=True))).scalar_one_or_none() is None


async def retire_signer(session: AsyncSession, chain_id: int, address: str) -> None:
    """No new nonce for this key once the caller has committed. Waits for a signature that is just being made.

    Raises:
        UnknownSigner
        NobodyElse: it signs what is new, and no other key is loaded that could.
    """
    await _change(session, chain_id, address, func.coalesce(Signer.retired_at, func.clock_timestamp()))
    if await active_signer(session, chain_id) is None:
        raise NobodyElse(
            f"no other key than {address} is loaded and not retired",
            "name another one in COVENANT_MORE_KEYSTORES, or in COVENANT_MORE_SIGNERS, and restart the sender; "
            "to stop the sending use `covenant pause`",
        )


async def activate_signer(session: AsyncSession, chain_id: int, address: str) -> None:
    """Takes a retirement back. Raises UnknownSigner. The caller commits."""
    await _change(session, chain_id, address, None)


async def note_spent(session: AsyncSession, chain_id: int, address: str, until: datetime | None) -> None:
    """Until when the key has no budget for the next transaction; None: it has. The caller commits."""
    await session.execute(
        update(Signer)
        .where(Signer.chain_id == chain_id, Signer.address == address, Signer.spent_until.is_distinct_from(until))
        .values(spent_until=until)
    )


async def standings(session: AsyncSession, chain_id: int) -> Sequence[Standing]:
    """All keys that a sender of the chain ever had: those that are loaded first, in their order."""
    in_flight = (
        select(func.count())
        .where(Intent.chain_id == chain_id, Intent.signer == Signer.address, Intent.status.in_(IN_FLIGHT))
        .scalar_subquery()
    )
    rows = await session.execute(
        select(Signer, Lane.next_nonce, in_flight.label("in_flight"), func.clock_timestamp().label("now"))
        .outerjoin(Lane, (Lane.chain_id == Signer.chain_id) & (Lane.signer == Signer.address))
        .where(Signer.chain_id == chain_id)
        .order_by(Signer.place.nulls_last(), Signer.address)
    )
    active = await active_signer(session, chain_id)
    return [
        Standing(
            signer.address,
            _duty(signer, active),
            signer.place is not None,
            in_flight,
            next_nonce,
            signer.retired_at,
            signer.spent_until if signer.spent_until is not None and signer.spent_until > now else None,
        )
        for signer, next_nonce, in_flight, now in rows
    ]


async def signers_in_need(session: AsyncSession | AsyncConnection, chain_id: int) -> Sequence[str]:
    """Those that must be able to pay: whoever may sign again, or has something on its way."""
    known = union(
        select(Lane.signer.label("address")).where(Lane.chain_id == chain_id),
        select(Signer.address).where(Signer.chain_id == chain_id, Signer.place.is_not(None)),
    ).subquery()
    retired = select(Signer.address).where(Signer.chain_id == chain_id, Signer.retired_at.is_not(None))
    busy = select(Intent.signer).where(Intent.chain_id == chain_id, Intent.status.in_(IN_FLIGHT))
    address = known.c.address
    wanted = select(address).where(address.not_in(retired) | address.in_(busy)).order_by(address)
    return (await session.scalars(wanted)).all()


async def _change(session: AsyncSession, chain_id: int, address: str, retired_at: object) -> None:
    changed = await session.execute(
        update(Signer)
        .where(Signer.chain_id == chain_id, Signer.address == address)
        .values(retired_at=retired_at)
        .returning(Signer.address)
        .execution_options(synchronize_session=False)
    )
    if changed.first() is None:
        raise UnknownSigner(f"no sender of chain {chain_id} ever had a key of {address}", "see `covenant signers list`")


def _duty(signer: Signer, active: str | None) -> Duty:
    if signer.retired_at is not None:
        return Duty.RETIRED
    if signer.place is None:
        return Duty.GONE
    return Duty.ACTIVE if signer.address == active else Duty.STANDING_BY
