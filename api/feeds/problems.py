"""What can be wrong with a question about feeds."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_FEED: Final = Kind("unknown_feed", 404, "Unknown feed", "list the feeds that are followed with GET /v1/feeds")
