"""Pages of lines. Status depends on time, so it is derived here and not asked of the database."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from api.lines.repository import LineFilter, LineRepository
from api.lines.schemas import Line, LinePage, StatusName
from api.lines.service import accrue, line_of, status_name
from api.paging import encode_cursor
from api.snapshot import Snapshot
from orchestrator.credit.state import LineFlags

_MAX_LOOKED_AT: Final = 1_000
"""Lines looked at for one page, so that a rare status costs several short requests and no long one."""


async def list_page(
    snapshot: Snapshot,
    repository: LineRepository,
    wanted: LineFilter,
    status: StatusName | None,
    after_id: int,
    limit: int,
) -> LinePage:
    """The lines after ``after_id`` that match, at most ``limit``."""
    narrowed = _narrowed(wanted, status)
    items: list[Line] = []
    for _ in range(max(1, _MAX_LOOKED_AT // limit)):
        batch = await repository.page(narrowed, after_id, limit + 1)
        for held in batch[:limit]:
            after_id = held.line.line_id
            accrued = accrue(held, snapshot.now)
            if status in (None, status_name(accrued)):
                items.append(line_of(accrued, snapshot))
            if len(items) == limit:
                return _page(snapshot, items, after_id if batch[-1].line.line_id > after_id else None)
        if len(batch) <= limit:
            return _page(snapshot, items, None)
    return _page(snapshot, items, after_id)


def _narrowed(wanted: LineFilter, status: StatusName | None) -> LineFilter:
    """What the stored flags decide, the database can choose by."""
    match status:
        case None:
            return wanted
        case StatusName.CLOSED:
            return replace(wanted, flagged=LineFlags.CLOSED)
        case StatusName.WRITTEN_OFF:
            return replace(wanted, flagged=LineFlags.WRITTEN_OFF)
        case _:
            return replace(wanted, unflagged=LineFlags.CLOSED | LineFlags.WRITTEN_OFF)


def _page(snapshot: Snapshot, items: list[Line], after_id: int | None) -> LinePage:
    return LinePage(
        as_of=snapshot.as_of, items=items, next_cursor=None if after_id is None else encode_cursor(after_id)
    )
