"""The key by which the commands of a local stack read what only operators may."""

from __future__ import annotations

from typing import Final

from api.api_keys.service import create_key
from api.identity.accounts import AccountRepository
from api.identity.repository import IdentityRepository
from api.identity.scopes import Role, Scope
from orchestrator.db.session import open_engine, sessions_of

NAME: Final = "covenant up"
DAYS: Final = 30


async def make_operator_key(database_url: str) -> str:
    """A new key; those of earlier runs are revoked."""
    engine = open_engine(database_url, process="up")
    try:
        async with sessions_of(engine).begin() as session:
            account = await AccountRepository(session).named(NAME, (Role.OPERATOR,))
            repository = IdentityRepository(session)
            for key in await repository.keys_of(account.id):
                await repository.revoke_key(account.id, key.id)
            return (await create_key(session, account.id, NAME, (Scope.ALERTS_READ,), DAYS)).key
    finally:
        await engine.dispose()
