"""Where a reporter takes what others send (its peers' observations, receipts of revenue), and says how it is doing."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import orjson
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from oracles.facts.receipts import ReceiptChanged, Receipts
from oracles.facts.webhooks import MAX_BODY_BYTES, Secret, WebhookRefused, receipt_of
from oracles.reporting.observation import BadObservation, parse_signed
from oracles.reporting.reporter import OBSERVATIONS_PATH, Reporter
from oracles.reporting.standing import Standing
from orchestrator.chain.rpc import RpcError

log = logging.getLogger(__name__)

RECEIPTS_PATH: Final = "/receipts"
HEALTH_PATH: Final = "/health"


@dataclass(frozen=True, slots=True)
class ReceiptsDesk:
    """Takes the webhooks of one merchant. Several secrets while one takes the other's place."""

    receipts: Receipts
    merchant: str
    currency: str
    secrets: Sequence[Secret]
    now: Callable[[], float] = time.time

    def take(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the receipt is new. Raises WebhookRefused, ReceiptChanged."""
        now = int(self.now())
        return self.receipts.add(receipt_of(self.merchant, headers, body, self.secrets, self.currency, now))


def create_endpoint(reporter: Reporter, standing: Standing, desk: ReceiptsDesk | None = None) -> FastAPI:
    """The application: nothing is believed but signatures. Anybody may ask how it is doing: 200, or 503."""
    app = FastAPI(openapi_url=None)

    @app.get(HEALTH_PATH)
    async def health() -> Response:
        body = {"reporter": reporter.account.address, "fact": reporter.fact.name, **standing.as_json()}
        return JSONResponse(body, 503 if standing.why_not else 200)

    @app.post(OBSERVATIONS_PATH)
    async def observations(request: Request) -> Response:
        try:
            signed = parse_signed(orjson.loads(await _body(request)), reporter.feed.id)
        except (ValueError, BadObservation, WebhookRefused) as error:
            return _refused(400, getattr(error, "message", "the body is not JSON"))
        try:
            refused = await reporter.accept(signed)
        except RpcError as error:
            return _refused(503, error.message)
        return JSONResponse({}, 202) if refused is None else _refused(409, refused)

    if desk is not None:

        @app.post(f"{RECEIPTS_PATH}/{desk.merchant}")
        async def receipts(request: Request) -> Response:
            try:
                new = desk.take(request.headers, await _body(request))
            except WebhookRefused as error:
                return _refused(400, error.message)
            except ReceiptChanged as error:
                log.error("alert: %s", error.message, extra={"hint": error.hint})
                return _refused(409, error.message)
            return JSONResponse({"counted": new}, 200)

    return app


async def _body(request: Request) -> bytes:
    """At most what a receipt may have; the rest is not read. Raises WebhookRefused."""
    content = b""
    async for chunk in request.stream():
        content += chunk
        if len(content) > MAX_BODY_BYTES:
            raise WebhookRefused(f"the body is larger than {MAX_BODY_BYTES} bytes", "send less")
    return content


def _refused(status: int, reason: str) -> Response:
    return JSONResponse({"error": reason}, status)
