"""Queries on submissions; each account has its own."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.principal import Principal
from api.submissions.reading import Purpose, Signed
from orchestrator.db.models import Submission


class SubmissionRepository:
    def __init__(self, session: AsyncSession, principal: Principal, chain_id: int) -> None:
        self._session = session
        self._principal = principal
        self._chain_id = chain_id

    async def add(self, signed: Signed, purpose: Purpose, raw: bytes | None) -> tuple[Submission, bool]:
        """The submission, and whether it is new: a transaction is submitted once."""
        adding = insert(Submission).values(
            id=uuid.uuid4(),
            account_id=self._principal.account_id,
            chain_id=self._chain_id,
            tx_hash=signed.tx_hash,
            sender=signed.sender,
            nonce=signed.nonce,
            to_address=signed.to,
            function=purpose.function,
            line_id=purpose.line_id,
            raw=raw,
        )
        key = (Submission.account_id, Submission.chain_id, Submission.tx_hash)
        added = adding.on_conflict_do_nothing(index_elements=key).returning(Submission.id)
        is_new = (await self._session.execute(added)).first() is not None
        found = select(Submission).where(*self._own(), Submission.tx_hash == signed.tx_hash)
        return (await self._session.scalars(found)).one(), is_new

    async def find(self, submission_id: uuid.UUID) -> Submission | None:
        return await self._session.scalar(select(Submission).where(*self._own(), Submission.id == submission_id))

    async def page(self, before: tuple[datetime, uuid.UUID] | None, limit: int) -> Sequence[Submission]:
        """The newest first."""
        query = select(Submission).where(*self._own())
        if before is not None:
            query = query.where(tuple_(Submission.submitted_at, Submission.id) < tuple_(*before))
        query = query.order_by(Submission.submitted_at.desc(), Submission.id.desc()).limit(limit)
        return (await self._session.scalars(query)).all()

    def _own(self) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return Submission.account_id == self._principal.account_id, Submission.chain_id == self._chain_id
