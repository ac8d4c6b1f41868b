"""The application: every route, one form of refusal, one log line a request. Nothing of it is global."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from api import error_handlers
from api.access_log import AccessLog
from api.alerts.endpoints import router as alerts
from api.api_keys.endpoints import router as api_keys
from api.body_limit import BodyLimit
from api.console.endpoints import router as console
from api.console.files import read_files
from api.events.broadcast import Broadcast
from api.events.endpoints import router as events
from api.feeds.endpoints import router as feeds
from api.health.endpoints import router as health
from api.kept import Kept
from api.lines.endpoints import router as lines
from api.lines.prices import OraclePrices
from api.lines.record_endpoints import router as line_records
from api.lines.written import WrittenLines
from api.mandates.endpoints import router as mandates
from api.markets.endpoints import router as markets
from api.metrics import ApiMetrics
from api.notes.endpoints import router as notes
from api.offers.endpoints import router as offers
from api.openapi import TITLE, VERSION, build_openapi
from api.parts import Parts
from api.portfolio.endpoints import router as portfolio
from api.portfolio.repository import Group
from api.prepare.endpoints import router as prepare
from api.rate_limit import RateLimit, RateLimiter
from api.reconciliations.endpoints import router as reconciliations
from api.reference import router as reference
from api.reserves.endpoints import router as reserves
from api.reserves.repository import Held
from api.sending.endpoints import router as sending
from api.sessions.endpoints import router as sessions
from api.submissions.endpoints import router as submissions
from api.transactions.endpoints import router as transactions
from api.triggers.endpoints import router as triggers
from api.webhooks.endpoints import router as webhooks

MAX_BODY_BYTES: Final = 64 * 1024

ROUTERS: Final = (
    portfolio, lines, line_records, notes, markets, reserves, offers, mandates, prepare, submissions, triggers,
    transactions, sending, events, feeds, reconciliations, alerts, sessions, api_keys, webhooks, health, reference,
    console,
)  # fmt: skip


def create_app(parts: Parts) -> FastAPI:
    """An application over ``parts``, which stay the caller's to close."""
    app = FastAPI(
        title=TITLE,
        version=VERSION,
        docs_url=None,  # FastAPI's pages load their scripts from a CDN
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.parts = parts
    app.state.metrics = ApiMetrics()
    app.state.oracle_prices = OraclePrices(parts.nodes)
    app.state.broadcast = Broadcast(parts)
    app.state.written_lines = WrittenLines()
    app.state.portfolio_groups = Kept[list[Group]]()
    app.state.held = Kept[dict[str, Held]]()
    app.state.console_files = read_files()
    app.state.rate_limiter = RateLimiter(parts.redis, parts.bounds.requests_per_minute)
    error_handlers.install(app)
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES)
    app.add_middleware(RateLimit, limiter=app.state.rate_limiter)
    app.add_middleware(AccessLog, metrics=app.state.metrics)
    for router in ROUTERS:
        app.include_router(router)
    app.openapi = _once(app)  # type: ignore[method-assign]
    return app


def _once(app: FastAPI) -> Any:
    """FastAPI's way to replace the document: the method is asked again for each request of it."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = build_openapi(app, ROUTERS)
        return app.openapi_schema

    return document
