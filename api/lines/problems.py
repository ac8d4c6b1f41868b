"""What can be wrong with a question about a line."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_LINE: Final = Kind(
    "unknown_line", 404, "Unknown line", "line ids run from 1 without gaps; list them with GET /v1/lines"
)
TIME_BEFORE_STATE: Final = Kind(
    "time_before_state", 422, "The line had another state then",
    "ask for a time at or after `stored.accrued_at`; GET /v1/lines/{line_id}/history has the states before",
)  # fmt: skip
