"""Bodies are JSON, and say so: a form of a foreign page could post anything else without asking."""

from __future__ import annotations

from fastapi import Request

from api.problems import UNSUPPORTED_MEDIA_TYPE, Problem


async def require_json(request: Request) -> None:
    """Raises Problem unless the request declares `application/json` (or another JSON type)."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "application/json" and not (declared.startswith("application/") and declared.endswith("+json")):
        raise Problem(UNSUPPORTED_MEDIA_TYPE, f"the body is declared as {declared[:80] or 'nothing'}")
