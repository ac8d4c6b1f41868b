"""One log line and one measurement a request, and the last net under everything: an unexpected error becomes a 500."""

from __future__ import annotations

import logging
import time
import uuid
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.metrics import ApiMetrics
from api.problems import INTERNAL, Problem

log = logging.getLogger("covenant.access")

_CLIENT_GONE: Final = 499
"""Logged, as others do, for a request whose client left before the answer."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class AccessLog:
    """ASGI middleware. Every response carries the ``X-Request-Id`` that its log lines name."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id, started, status = uuid.uuid4().hex, time.perf_counter(), 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except Exception:  # whatever it is, who asked gets problem details, and the log what happened
            log.exception("a request failed", extra={"request_id": request_id, "path": scope["path"]})
            if status:
                raise
            problem = Problem(INTERNAL, "the request could not be answered")
            await problem.response(scope["path"])(scope, receive, send_with_id)
        finally:
            self._record(scope, request_id, status, time.perf_counter() - started)

    def _record(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        """The path is logged without its query: filters may name what the caller wants to keep to itself."""
        status = status or _CLIENT_GONE
        self._metrics.observe(method_of(scope), route_of(scope), status, seconds)
        client = scope.get("client")
        log.info(
            "request",
            extra={
                "request_id": request_id,
                "method": scope["method"],
                "path": scope["path"],
                "status": status,
                "duration_ms": round(seconds * 1000, 1),
                "client": client[0] if client else None,
            },
        )


def method_of(scope: Scope) -> str:
    """Anybody can make up methods, and each would be a series of its own."""
    return scope["method"] if scope["method"] in _METHODS else "other"


def route_of(scope: Scope) -> str:
    """The template of the path, so that a metric has one series for a route and not one for each line."""
    route = scope.get("route")
    return str(getattr(route, "path", None) or "unmatched")
