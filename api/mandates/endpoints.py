"""Mandates to sign, over HTTP. Those that are registered are listed with their line."""

from __future__ import annotations

from fastapi import APIRouter, Depends

from api.feeds.repository import FeedRepository
from api.idempotency import HARMLESS
from api.lines.problems import UNKNOWN_LINE, unknown_line
from api.lines.rows import Place, find_line
from api.mandates.problems import BAD_MANDATE
from api.mandates.schemas import MandatePayload, MandateToSign
from api.media_type import require_json
from api.problems import BODY_PROBLEMS, documented
from api.snapshot import READ_PROBLEMS, SnapshotDep
from api.wire import BIGINT_MAX
from orchestrator.chain.typed_data import mandate_data

router = APIRouter(prefix="/v1/mandates", tags=["mandates"])


@router.post(
    "/typed-data",
    summary="Build what a borrower signs",
    response_model=MandatePayload,
    responses=documented(*BODY_PROBLEMS, BAD_MANDATE, UNKNOWN_LINE, *READ_PROBLEMS),
    dependencies=[Depends(require_json), HARMLESS],
)
async def build_mandate_typed_data(wanted: MandateToSign, snapshot: SnapshotDep) -> MandatePayload:
    """Returns the EIP-712 payload of a mandate for this chain and trigger, after the checks that need no signature.

    Nothing is stored. Sign `typed_data`, then prepare `register_mandate` with the signature.
    """
    mandate, line_id = wanted.mandate.mandate(), wanted.mandate.line_id
    place = Place.of(snapshot.book)
    if line_id > BIGINT_MAX or await find_line(await snapshot.driver(), place, line_id) is None:
        raise unknown_line(line_id, snapshot)
    feed_decimals = await FeedRepository(snapshot.session, snapshot.chain_id).decimals(mandate.feed)
    data = mandate_data(mandate, snapshot.chain_id, snapshot.book.trigger)
    return MandatePayload(
        chain_id=snapshot.chain_id,
        trigger=snapshot.book.trigger,
        mandate_hash=data.struct_hash(),
        digest=data.digest(),
        typed_data=data.payload(),
        words=wanted.mandate.words(feed_decimals),
    )
