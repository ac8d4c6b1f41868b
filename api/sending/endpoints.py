"""Over HTTP, whether anything new is sent."""

from __future__ import annotations

from fastapi import APIRouter

from api.parts import PartsDep
from api.problems import DATABASE_UNAVAILABLE, INVALID_REQUEST, documented
from api.sending.repository import count_unfinished
from api.sending.schemas import Hold, Sending
from api.snapshot import as_of_cursor, find_cursor, reading
from api.wire import Instant
from orchestrator.transactions.holds import standing_holds

router = APIRouter(prefix="/v1/sending", tags=["transactions"])


@router.get(
    "",
    summary="Is anything new sent?",
    response_model=Sending,
    responses=documented(INVALID_REQUEST, DATABASE_UNAVAILABLE),
)
async def show_sending(parts: PartsDep) -> Sending:
    """Whether an operator or the circuit breaker keeps new transactions from being signed, and why."""
    async with reading(parts) as session:
        block = await find_cursor(session, parts.chain_id)
        holds = await standing_holds(session, parts.chain_id)
        queued, in_flight = await count_unfinished(session, parts.chain_id)
    return Sending(
        as_of=None if block is None else as_of_cursor(block),
        held=bool(holds),
        holds=[
            Hold(cause=hold.cause, reason=hold.reason, placed_at=Instant.of_clock(hold.placed_at)) for hold in holds
        ],
        queued=queued,
        in_flight=in_flight,
    )
