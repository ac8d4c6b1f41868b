"""Alerts over HTTP."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query

from api.alerts.repository import AlertFilter, AlertRepository
from api.alerts.schemas import Alert, AlertPage
from api.identity.principal import CREDENTIAL_PROBLEMS, Principal, requires
from api.identity.scopes import Scope
from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_moment_and_uuid, encode_moment
from api.parts import PartsDep
from api.problems import INVALID_REQUEST, MALFORMED_CURSOR, documented
from api.snapshot import as_of_cursor, find_cursor, reading
from api.wire import Instant
from orchestrator.alerts import Severity
from orchestrator.db.models import Alert as AlertRow

router = APIRouter(prefix="/v1/alerts", tags=["alerts"])

_OPEN: Final = {"open": True, "resolved": False, "all": None}


@router.get(
    "",
    summary="List alerts",
    response_model=AlertPage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *CREDENTIAL_PROBLEMS),
)
async def list_alerts(
    principal: Annotated[Principal, requires(Scope.ALERTS_READ)],
    parts: PartsDep,
    state: Annotated[Literal["open", "resolved", "all"], Query()] = "open",
    severity: Annotated[Severity | None, Query()] = None,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> AlertPage:
    """The newest first, for operators and auditors. Told also before the first block is mirrored: they may say why."""
    before = None if cursor is None else decode_moment_and_uuid(cursor)
    async with reading(parts) as session:
        block = await find_cursor(session, parts.chain_id)
        rows = await AlertRepository(session).page(AlertFilter(_OPEN[state], severity), before, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    return AlertPage(
        as_of=None if block is None else as_of_cursor(block),
        items=[_alert(row) for row in rows[:limit]],
        next_cursor=None if last is None else encode_moment(last.raised_at, last.id),
    )


def _alert(row: AlertRow) -> Alert:
    return Alert(
        id=row.id,
        key=row.key,
        severity=row.severity,
        message=row.message,
        hint=row.hint,
        details=row.details,
        count=row.count,
        raised_at=Instant.of_clock(row.raised_at),
        last_seen_at=Instant.of_clock(row.last_seen_at),
        resolved_at=Instant.of_optional_clock(row.resolved_at),
    )
