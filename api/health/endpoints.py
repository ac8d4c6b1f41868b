"""Health over HTTP, for people, load balancers and Prometheus."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from api.health.checks import check_all
from api.health.gauges import ServiceGauges
from api.health.repository import count_all
from api.health.schemas import Live, Ready
from api.metrics import ApiMetrics
from api.parts import PartsDep
from api.snapshot import find_cursor, reading

router = APIRouter(tags=["health"])

_NO_STORE: Final = {"Cache-Control": "no-store"}


@router.get("/health/live", summary="Does the process answer?", response_model=Live)
async def live() -> Live:
    """Always 200. Restart the process when this fails."""
    return Live()


@router.get(
    "/health/ready",
    summary="Is everything there that the service needs?",
    response_model=Ready,
    responses={503: {"model": Ready, "description": "Something is missing: `checks` says what, and what to do."}},
)
async def ready(parts: PartsDep) -> Response:
    """Database, Redis, the chain's node, how far the mirror is behind it, and what the signers can spend."""
    found = await check_all(parts)
    return Response(
        found.model_dump_json(), 200 if found.ready else 503, media_type="application/json", headers=_NO_STORE
    )


@router.get(
    "/metrics",
    summary="Metrics for Prometheus",
    response_class=Response,
    responses={
        200: {
            "description": "The text format of Prometheus.",
            "content": {"text/plain": {"example": 'covenant_mirror_block{chain_id="31337"} 1204.0\n'}},
        }
    },
)
async def metrics(parts: PartsDep, request: Request) -> Response:
    """What the API measured of itself, and how the rest does, by the database (if `covenant_database_up` is 1)."""
    of_api: ApiMetrics = request.app.state.metrics
    of_service = CollectorRegistry(auto_describe=False)
    try:
        async with reading(parts) as session:
            cursor, counts = await find_cursor(session, parts.chain_id), await count_all(session, parts.chain_id)
        of_service.register(ServiceGauges(parts.chain_id, cursor, counts))
    except (SQLAlchemyError, OSError):
        of_service.register(ServiceGauges(parts.chain_id, None, None))
    body = generate_latest(of_api.registry) + generate_latest(of_service)
    return Response(body, media_type=CONTENT_TYPE_LATEST, headers=_NO_STORE)
