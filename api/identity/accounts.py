"""Queries on accounts that operators make and change."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.scopes import Role
from orchestrator.db.models import Account

_ADDRESS: Final = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


class AccountRepository:
    """Works in its caller's transaction."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def all(self) -> Sequence[Account]:
        """The oldest first."""
        return (await self._session.scalars(select(Account).order_by(Account.created_at, Account.id))).all()

    async def find(self, who: str) -> Account | None:
        """By address, or else by name."""
        wanted = Account.address == who.lower() if _ADDRESS.fullmatch(who) else Account.name == who
        return (await self._session.scalars(select(Account).where(wanted))).one_or_none()

    async def named(self, name: str, roles: Collection[Role]) -> Account:
        """The account of this name, made with ``roles`` if there is none yet."""
        making = insert(Account).values(id=uuid.uuid4(), name=name, roles=sorted(roles))
        await self._session.execute(
            making.on_conflict_do_nothing(index_elements=["name"], index_where=Account.name.is_not(None))
        )
        return (await self._session.scalars(select(Account).where(Account.name == name))).one()

    async def of_wallet(self, address: str, roles: Collection[Role]) -> Account:
        """The account of a wallet, made with ``roles`` if it never signed in."""
        making = insert(Account).values(id=uuid.uuid4(), address=address, roles=sorted(roles))
        await self._session.execute(
            making.on_conflict_do_nothing(index_elements=["address"], index_where=Account.address.is_not(None))
        )
        return (await self._session.scalars(select(Account).where(Account.address == address))).one()
