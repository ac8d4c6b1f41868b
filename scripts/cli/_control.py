"""How the commands that steer the service reach its database, one transaction each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.session import sessions_of
from scripts.cli._mirror import mirror_database
from scripts.cli._settings import settings_of_service

T = TypeVar("T")


def steer(work: Callable[[AsyncSession, int], Awaitable[T]]) -> T:
    """Runs ``work`` with a session and the chain's id, and commits.

    Raises:
        CovenantError: as ``work``; or the settings name no database, it can't be reached, or its schema is outdated.
    """
    settings = settings_of_service()
    chain_id, database_url = settings.require_chain_id(), settings.require_database_url()

    async def run() -> T:
        async with mirror_database(database_url) as engine, sessions_of(engine).begin() as session:
            return await work(session, chain_id)

    return asyncio.run(run())
