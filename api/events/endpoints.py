"""Events over HTTP."""

from __future__ import annotations

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.events.broadcast import Broadcast, TooManyListeners
from api.events.forms import event_document
from api.events.repository import EventFilter, EventOrder, Stretch, read_events
from api.events.schemas import EventLog
from api.events.stream import EventStream, open_stream
from api.paging import DEFAULT_PAGE, Limit
from api.parts import PartsDep
from api.problems import DATABASE_UNAVAILABLE, INVALID_REQUEST, Problem, documented
from api.problems import Kind as ProblemKind
from api.snapshot import READ_PROBLEMS, MinBlock, wait_for_block
from api.statement import view_of
from api.wire import BIGINT_MAX, Int64

router = APIRouter(prefix="/v1/events", tags=["events"])

TOO_MANY_STREAMS: Final = ProblemKind(
    "too_many_streams", 503, "No more streams can be opened here", "close streams that nobody reads, or come back later"
)
_EXAMPLE: Final = """\
retry: 2000
id: 0

id: 1
event: line.drawn
data: {"position": 1, "kind": "line.drawn", "line_id": 1, "…": "as in GET /v1/events"}

event: block
data: {"chain_id": 31337, "block_number": 1204, "block_hash": "0x…", "timestamp": {"epoch_s": 1584046800}}

"""


async def broadcast_of(request: Request) -> Broadcast:
    found: Broadcast = request.app.state.broadcast
    return found


BroadcastDep = Annotated[Broadcast, Depends(broadcast_of)]

Kind = Annotated[str, Query(pattern=r"^[a-z_]{1,32}(\.[a-z_]{1,32}){0,2}$")]


@router.get(
    "",
    summary="Read the log of events",
    response_model=EventLog,
    responses={
        307: {"description": "With `Accept: text/event-stream`, the way to the stream with the same question."},
        **documented(INVALID_REQUEST, *READ_PROBLEMS),
    },
)
async def list_events(
    request: Request,
    parts: PartsDep,
    after: Annotated[Int64, Query(description="Events after this position; 0 for all.")] = 0,
    before: Annotated[Int64 | None, Query(description="Events before this position.")] = None,
    sort: Annotated[EventOrder, Query(description="Which end of them comes first.")] = EventOrder.OLDEST,
    line_id: Annotated[int | None, Query(ge=1, le=BIGINT_MAX)] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=20, description="One or several kinds.")] = None,
    limit: Limit = DEFAULT_PAGE,
    min_block: MinBlock = None,
) -> Response:
    """What happened on the chain, in the order in which it was learnt, without gaps; with `sort=newest`, backwards.

    An event of a block that a reorganisation replaced stays, and is followed by one that takes it back.
    """
    if EventStream.media_type in request.headers.get("accept", ""):
        return RedirectResponse(f"{request.url.path}/stream?{request.url.query}")
    if min_block is not None:
        await wait_for_block(parts, min_block)
    wanted = EventFilter(parts.book.vault, line_id, kind or ())
    seen, rows = await read_events(parts.reads, parts.chain_id, Stretch(after, before, sort), wanted, limit + 1)
    view, shown = view_of(parts, seen), rows[:limit]
    page = {
        "as_of": view.as_of.model_dump(mode="json"),
        "items": [event_document(row, view) for row in shown],
        "last_position": shown[-1].position if shown else (after if sort is EventOrder.OLDEST else before or 0),
        "has_more": len(rows) > limit,
    }
    return Response(orjson.dumps(page), media_type="application/json")


@router.get(
    "/stream",
    summary="Follow the events",
    response_class=EventStream,
    responses={
        200: {"description": "Server-sent events.", "content": {"text/event-stream": {"example": _EXAMPLE}}},
        **documented(INVALID_REQUEST, TOO_MANY_STREAMS, DATABASE_UNAVAILABLE),
    },
)
async def stream_events(
    parts: PartsDep,
    broadcast: BroadcastDep,
    after: Annotated[
        Int64 | None, Query(description="Begin after this position; without it, with what comes from now on.")
    ] = None,
    line_id: Annotated[int | None, Query(ge=1, le=BIGINT_MAX)] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=20, description="One or several kinds.")] = None,
    last_event_id: Annotated[
        str | None,
        Header(pattern=r"^[0-9]{1,18}$", description="Sent by browsers that come back; goes before `after`."),
    ] = None,
) -> Response:
    """Server-sent events: each as GET /v1/events tells it, with its position as id, in order and without gaps.

    An event that a reorganisation undid is followed by its `….reverted`. A frame `block` without an id says that the
    mirror has moved. A client that reads too slowly is cut off; whoever comes back with `Last-Event-ID` misses nothing.
    """
    wanted = EventFilter(parts.book.vault, line_id, kind or ())
    begin = after if last_event_id is None else int(last_event_id)
    try:
        return await open_stream(broadcast, wanted, begin)
    except TooManyListeners as error:
        raise Problem(TOO_MANY_STREAMS, f"{error} streams are open", headers={"Retry-After": "10"}) from error
