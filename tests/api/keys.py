"""API keys to come with."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncEngine

from api.api_keys.service import create_key
from api.identity.accounts import AccountRepository
from api.identity.scopes import Role, Scope, scopes_of
from orchestrator.db.session import sessions_of


async def make_key(
    engine: AsyncEngine, name: str, roles: Collection[Role], scopes: Collection[Scope] | None = None
) -> str:
    """A key of the account ``name``, which is made with ``roles``: with all that these allow, unless told otherwise."""
    async with sessions_of(engine).begin() as session:
        account = await AccountRepository(session).named(name, roles)
        granted = scopes_of(roles) if scopes is None else scopes
        return (await create_key(session, account.id, name, granted, 1)).key


def bearing(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
