"""Makes keys. Used by the operation and by the command alike."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncSession

from api.api_keys.schemas import ApiKey, CreatedApiKey
from api.identity.repository import IdentityRepository
from api.identity.scopes import Scope, scopes_named
from api.identity.tokens import hash_of, new_secret, write_api_key
from api.wire import Instant
from orchestrator.db.models import ApiKey as ApiKeyRow


async def create_key(
    session: AsyncSession, account_id: uuid.UUID, name: str, scopes: Collection[Scope], days: int
) -> CreatedApiKey:
    """Within the caller's transaction."""
    key_id, secret = uuid.uuid4(), new_secret()
    row = await IdentityRepository(session).add_key(
        key_id, account_id, name, sorted(set(scopes)), hash_of(secret), days
    )
    return CreatedApiKey(**dict(api_key_of(row)), key=write_api_key(key_id, secret))


def api_key_of(row: ApiKeyRow) -> ApiKey:
    return ApiKey(
        id=row.id,
        name=row.name,
        scopes=scopes_named(row.scopes),
        created_at=Instant.of_clock(row.created_at),
        expires_at=Instant.of_clock(row.expires_at),
        revoked_at=Instant.of_optional_clock(row.revoked_at),
    )
