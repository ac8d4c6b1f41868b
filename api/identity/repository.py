"""Queries on keys and sessions, and on the accounts behind them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.db.models import Account, ApiKey, Session, SignInNonce

_NOW = func.clock_timestamp()


class IdentityRepository:
    """The database's clock decides what has expired."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def key(self, key_id: uuid.UUID) -> tuple[ApiKey, Account] | None:
        """One that is neither revoked nor expired."""
        query = (
            select(ApiKey, Account)
            .join(Account, Account.id == ApiKey.account_id)
            .where(ApiKey.id == key_id, ApiKey.revoked_at.is_(None), ApiKey.expires_at > _NOW)
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else (row[0], row[1])

    async def session(self, token_hash: bytes) -> tuple[Session, Account] | None:
        """One that has not expired."""
        query = (
            select(Session, Account)
            .join(Account, Account.id == Session.account_id)
            .where(Session.token_hash == token_hash, Session.expires_at > _NOW)
        )
        row = (await self._session.execute(query)).one_or_none()
        return None if row is None else (row[0], row[1])

    async def add_nonce(self, nonce: str, address: str, lifetime: timedelta) -> SignInNonce:
        adding = insert(SignInNonce).values(nonce=nonce, address=address, expires_at=_NOW + lifetime)
        return (await self._session.scalars(adding.returning(SignInNonce))).one()

    async def use_nonce(self, nonce: str, address: str) -> bool:
        """Whether it was handed out to ``address`` and is fresh. It is gone after this, whoever asks."""
        using = delete(SignInNonce).where(SignInNonce.nonce == nonce)
        used = await self._session.execute(using.returning(SignInNonce.address, SignInNonce.expires_at > _NOW))
        row = used.one_or_none()
        return row is not None and row[0] == address.lower() and bool(row[1])

    async def add_session(self, token_hash: bytes, account_id: uuid.UUID, lifetime: timedelta) -> Session:
        adding = insert(Session).values(token_hash=token_hash, account_id=account_id, expires_at=_NOW + lifetime)
        return (await self._session.scalars(adding.returning(Session))).one()

    async def end_session(self, token_hash: bytes) -> None:
        await self._session.execute(delete(Session).where(Session.token_hash == token_hash))

    async def add_key(
        self, key_id: uuid.UUID, account_id: uuid.UUID, name: str, scopes: Sequence[str], secret_hash: bytes, days: int
    ) -> ApiKey:
        adding = insert(ApiKey).values(
            id=key_id,
            account_id=account_id,
            name=name,
            scopes=list(scopes),
            secret_hash=secret_hash,
            expires_at=_NOW + timedelta(days=days),
        )
        return (await self._session.scalars(adding.returning(ApiKey))).one()

    async def keys_of(self, account_id: uuid.UUID) -> Sequence[ApiKey]:
        """The newest first, those that no longer open anything included."""
        query = select(ApiKey).where(ApiKey.account_id == account_id)
        return (await self._session.scalars(query.order_by(ApiKey.created_at.desc(), ApiKey.id))).all()

    async def revoke_key(self, account_id: uuid.UUID, key_id: uuid.UUID) -> bool:
        """False when the account has no such key. Revoking twice changes nothing."""
        revoking = (
            update(ApiKey)
            .where(ApiKey.id == key_id, ApiKey.account_id == account_id)
            .values(revoked_at=func.coalesce(ApiKey.revoked_at, _NOW))
        )
        return (await self._session.execute(revoking.returning(ApiKey.id))).first() is not None
