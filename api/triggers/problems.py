"""What can be wrong with a question about triggers."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_TRIGGER: Final = Kind("unknown_trigger", 404, "Unknown trigger", "list triggers with GET /v1/triggers")
