"""How the commands on accounts and keys reach the database: they are the operator's, and no key is needed for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.accounts import AccountRepository
from orchestrator.db.models import Account
from orchestrator.db.schema import require_current_schema
from orchestrator.db.session import open_engine, sessions_of, unreachable
from orchestrator.errors import CovenantError
from scripts.cli._settings import settings_of_service

T = TypeVar("T")


class UnknownAccount(CovenantError):
    """Nobody has this address, name or id."""


def in_database(work: Callable[[AsyncSession], Awaitable[T]]) -> T:
    """Runs ``work`` in one transaction on the service's database. Raises CovenantError."""

    async def run() -> T:
        engine = open_engine(settings_of_service().require_database_url(), process="cli")
        try:
            await require_current_schema(engine)
            async with sessions_of(engine).begin() as session:
                return await work(session)
        except OperationalError as error:
            raise unreachable(error) from None
        finally:
            await engine.dispose()

    return asyncio.run(run())


async def account_known_as(session: AsyncSession, who: str) -> Account:
    """Raises UnknownAccount."""
    found = await AccountRepository(session).find(who)
    if found is None:
        raise UnknownAccount(
            f"no account is known as {who}",
            "a wallet gets one when it signs in; make one for a program with `covenant accounts create NAME`",
        )
    return found
