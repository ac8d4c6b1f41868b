"""Submissions over HTTP. Everybody sees their own only."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Response

from api.idempotency import RepeatableDep
from api.identity.principal import CREDENTIAL_PROBLEMS, Principal, requires
from api.identity.scopes import Scope
from api.media_type import require_json
from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_moment_and_uuid, encode_moment
from api.parts import PartsDep
from api.problems import (
    BODY_PROBLEMS,
    CHAIN_UNAVAILABLE,
    IDEMPOTENCY_KEY_REUSED,
    INVALID_REQUEST,
    MALFORMED_CURSOR,
    Problem,
    documented,
)
from api.snapshot import READ_PROBLEMS, Snapshot, SnapshotDep
from api.submissions.following import follow
from api.submissions.problems import (
    BROADCAST_REFUSED,
    FOREIGN_TRANSACTION,
    MALFORMED_TRANSACTION,
    UNKNOWN_SUBMISSION,
    UNKNOWN_TRANSACTION,
)
from api.submissions.repository import SubmissionRepository
from api.submissions.schemas import NewSubmission, SubmissionDetail, SubmissionPage
from api.submissions.service import submit

router = APIRouter(prefix="/v1/submissions", tags=["submissions"])

Submitter = Annotated[Principal, requires(Scope.TRANSACTIONS_WRITE)]


@router.post(
    "",
    summary="Submit a signed transaction",
    response_model=SubmissionDetail,
    status_code=202,
    responses={
        200: {"model": SubmissionDetail, "description": "You submitted the same transaction before; this is it."},
        **documented(
            *BODY_PROBLEMS,
            MALFORMED_TRANSACTION,
            FOREIGN_TRANSACTION,
            UNKNOWN_TRANSACTION,
            BROADCAST_REFUSED,
            IDEMPOTENCY_KEY_REUSED,
            CHAIN_UNAVAILABLE,
            *READ_PROBLEMS,
            *CREDENTIAL_PROBLEMS,
        ),
    },
    dependencies=[Depends(require_json)],
)
async def submit_transaction(
    principal: Submitter, wanted: NewSubmission, parts: PartsDep, repeatable: RepeatableDep
) -> Response:
    """Passes a transaction to the chain, or follows one that the wallet has sent, if it is for our contracts.

    A transaction is submitted once, however often it is sent here. An `Idempotency-Key` under which one was handed to a
    node stays with it, also when the node refused it: another transaction takes a new key.
    """
    return await submit(parts, principal, wanted, repeatable)


@router.get(
    "",
    summary="List your submissions",
    response_model=SubmissionPage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS, *CREDENTIAL_PROBLEMS),
)
async def list_submissions(
    principal: Submitter,
    snapshot: SnapshotDep,
    parts: PartsDep,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> SubmissionPage:
    """The newest first, each with what became of it, as the node says now."""
    before = None if cursor is None else decode_moment_and_uuid(cursor)
    rows = await _repository(snapshot, principal).page(before, limit + 1)
    await snapshot.release()
    last = rows[limit - 1] if len(rows) > limit else None
    return SubmissionPage(
        as_of=snapshot.as_of,
        items=await follow(rows[:limit], snapshot, parts.nodes),
        next_cursor=None if last is None else encode_moment(last.submitted_at, last.id),
    )


@router.get(
    "/{submission_id}",
    summary="Follow a submission",
    response_model=SubmissionDetail,
    responses=documented(UNKNOWN_SUBMISSION, INVALID_REQUEST, *READ_PROBLEMS, *CREDENTIAL_PROBLEMS),
)
async def get_submission(
    principal: Submitter, submission_id: uuid.UUID, snapshot: SnapshotDep, parts: PartsDep
) -> SubmissionDetail:
    """What became of it, as the node says now. Bytes that the node has lost are handed to it again."""
    row = await _repository(snapshot, principal).find(submission_id)
    if row is None:
        raise Problem(UNKNOWN_SUBMISSION, f"you have no submission {submission_id}")
    await snapshot.release()
    (submission,) = await follow([row], snapshot, parts.nodes)
    return SubmissionDetail(**dict(submission), as_of=snapshot.as_of)


def _repository(snapshot: Snapshot, principal: Principal) -> SubmissionRepository:
    return SubmissionRepository(snapshot.session, principal, snapshot.chain_id)
