"""Preparing transactions over HTTP: one operation for each action, all of one form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import APIRouter, Depends

from api.idempotency import HARMLESS
from api.lines.problems import UNKNOWN_LINE
from api.mandates.problems import BAD_MANDATE
from api.media_type import require_json
from api.offers.problems import UNKNOWN_OFFER
from api.parts import PartsDep
from api.prepare.actions import ACTIONS, Action, Approve, OnLine, Open, RegisterMandate
from api.prepare.problems import UNKNOWN_TOKEN
from api.prepare.schemas import PreparedTransaction
from api.prepare.service import prepare
from api.problems import BODY_PROBLEMS, CHAIN_UNAVAILABLE, Kind, documented
from api.snapshot import READ_PROBLEMS, SnapshotDep

router = APIRouter(prefix="/v1/prepare", tags=["prepare"])

_DESCRIPTION = """\
Returns the unsigned transaction, in words and simulated at the node's head. Nothing is stored: a repeat does no harm.

What would revert is answered too: `simulation.revert` says why and what to do. Let the wallet sign it, then tell
POST /v1/submissions.
"""


def _problems_of(action: type[Action]) -> tuple[Kind, ...]:
    if issubclass(action, OnLine):
        return (UNKNOWN_LINE,)
    particular: dict[type[Action], tuple[Kind, ...]] = {
        Approve: (UNKNOWN_TOKEN,),
        Open: (UNKNOWN_OFFER,),
        RegisterMandate: (BAD_MANDATE,),
    }
    return particular.get(action, ())


def _operation(action: type[Action]) -> Callable[..., Awaitable[PreparedTransaction]]:
    async def operation(wanted: Any, snapshot: SnapshotDep, parts: PartsDep) -> PreparedTransaction:
        return await prepare(wanted, snapshot, parts.nodes)

    operation.__annotations__["wanted"] = action  # FastAPI reads the body's model from here
    return operation


for _action in ACTIONS:
    router.add_api_route(
        f"/{_action.name}",
        _operation(_action),
        methods=["POST"],
        name=f"prepare_{_action.name}",
        summary=_action.summary,
        description=_DESCRIPTION,
        response_model=PreparedTransaction,
        responses=documented(*BODY_PROBLEMS, *_problems_of(_action), CHAIN_UNAVAILABLE, *READ_PROBLEMS),
        dependencies=[Depends(require_json), HARMLESS],
    )
