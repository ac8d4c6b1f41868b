"""What can be wrong with a question about a line."""

from __future__ import annotations

from typing import Final

from api.problems import Kind, Problem
from api.snapshot import View

UNKNOWN_LINE: Final = Kind(
    "unknown_line", 404, "Unknown line", "line ids run from 1 without gaps; list them with GET /v1/lines"
)
TIME_BEFORE_STATE: Final = Kind(
    "time_before_state", 422, "The line had another state then",
    "ask for a time at or after `stored.accrued_at`; GET /v1/lines/{line_id}/history has the states before",
)  # fmt: skip
UNKNOWN_BLOCK: Final = Kind(
    "unknown_block", 404, "The mirror has no such block",
    "ask for a block that the mirror has passed, or leave out `as_of_block`",
)  # fmt: skip


def unknown_line(line_id: int, view: View) -> Problem:
    return Problem(UNKNOWN_LINE, f"there is no line {line_id} at block {view.cursor.number}")
