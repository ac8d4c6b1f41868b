"""Offers over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from api.idempotency import HARMLESS, RepeatableDep
from api.identity.principal import may_if_somebody
from api.identity.problems import BAD_CREDENTIALS, FOREIGN_ORIGIN, OUT_OF_SCOPE
from api.identity.scopes import Scope
from api.media_type import require_json
from api.offers.fillable import offered_of
from api.offers.problems import (
    BAD_TERMS,
    GROUP_CANCELLED,
    GROUP_CONSUMED,
    OFFER_EXPIRED,
    SIGNATURE_REFUSED,
    UNKNOWN_MARKET,
    UNKNOWN_OFFER,
    WRONG_DOMAIN,
    WRONG_EPOCH,
)
from api.offers.repository import OfferFilter, OfferRepository
from api.offers.schemas import OfferDetail, OfferPage, OfferToSign, PostedOffer, SignedOffer, TypedDataPayload
from api.offers.service import payload_of, post_offer
from api.paging import DEFAULT_PAGE, CursorText, Limit, decode_moment, encode_moment, malformed_cursor
from api.parts import PartsDep
from api.problems import (
    BODY_TOO_LARGE,
    CHAIN_UNAVAILABLE,
    IDEMPOTENCY_KEY_REUSED,
    INVALID_REQUEST,
    MALFORMED_CURSOR,
    MALFORMED_JSON,
    UNSUPPORTED_MEDIA_TYPE,
    Problem,
    documented,
)
from api.snapshot import READ_PROBLEMS, SnapshotDep
from api.wire import HASH, Address, Hash

router = APIRouter(prefix="/v1/offers", tags=["offers"])

_BODY_PROBLEMS = (MALFORMED_JSON, BODY_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, INVALID_REQUEST)


@router.post(
    "/typed-data",
    summary="Build what a lender signs",
    response_model=TypedDataPayload,
    responses=documented(*_BODY_PROBLEMS, BAD_TERMS, UNKNOWN_MARKET, *READ_PROBLEMS),
    dependencies=[Depends(require_json), HARMLESS],
)
async def build_typed_data(wanted: OfferToSign, snapshot: SnapshotDep) -> TypedDataPayload:
    """Returns the EIP-712 payload of an offer for this chain and vault, after the checks that need no signature.

    Nothing is stored. Sign `typed_data` with `eth_signTypedData_v4` and send the offer with POST /v1/offers.
    """
    return payload_of(wanted.offer, snapshot, await _repository(snapshot).markets())


@router.post(
    "",
    summary="Post a signed offer",
    response_model=PostedOffer,
    status_code=201,
    responses={
        200: {"model": PostedOffer, "description": "The same offer was posted before; this is it."},
        **documented(
            *_BODY_PROBLEMS,
            WRONG_DOMAIN,
            BAD_TERMS,
            UNKNOWN_MARKET,
            OFFER_EXPIRED,
            SIGNATURE_REFUSED,
            WRONG_EPOCH,
            GROUP_CANCELLED,
            GROUP_CONSUMED,
            IDEMPOTENCY_KEY_REUSED,
            BAD_CREDENTIALS,
            OUT_OF_SCOPE,
            FOREIGN_ORIGIN,
            CHAIN_UNAVAILABLE,
            *READ_PROBLEMS,
        ),
    },
    dependencies=[may_if_somebody(Scope.OFFERS_WRITE), Depends(require_json)],
)
async def post_signed_offer(signed: SignedOffer, parts: PartsDep, repeatable: RepeatableDep) -> Response:
    """Checks an offer as the vault would when a line is opened under it, and puts it into the order book.

    The lender's signature is enough. A key or session that comes with it needs the scope `offers:write`.
    Posting the same offer again changes nothing and returns it with 200.
    """
    return await post_offer(parts, signed, repeatable)


@router.get(
    "",
    summary="List offers",
    response_model=OfferPage,
    responses=documented(MALFORMED_CURSOR, INVALID_REQUEST, *READ_PROBLEMS),
)
async def list_offers(
    snapshot: SnapshotDep,
    lender: Annotated[Address | None, Query(description="Offers of this lender.")] = None,
    borrower: Annotated[Address | None, Query(description="Offers that this account may take.")] = None,
    loan_token: Annotated[Address | None, Query()] = None,
    collateral_token: Annotated[Address | None, Query()] = None,
    fillable: Annotated[bool, Query(description="Only offers under which a line can be opened now.")] = False,
    limit: Limit = DEFAULT_PAGE,
    cursor: CursorText = None,
) -> OfferPage:
    """The newest first. Each says how much can still be opened under it, or why nothing can."""
    repository = _repository(snapshot)
    wanted = OfferFilter(lender, borrower, loan_token, collateral_token, snapshot.now if fillable else None)
    rows = await repository.page(wanted, _after(cursor), limit + 1)
    markets = await repository.markets()
    items = [offered_of(row, standing, snapshot, markets) for row, standing in rows[:limit]]
    last = rows[limit - 1][0] if len(rows) > limit else None
    return OfferPage(
        as_of=snapshot.as_of,
        items=items,
        next_cursor=None if last is None else encode_moment(last.posted_at, last.offer_hash),
    )


@router.get(
    "/{offer_hash}",
    summary="Show one offer",
    response_model=OfferDetail,
    responses=documented(UNKNOWN_OFFER, INVALID_REQUEST, *READ_PROBLEMS),
)
async def get_offer(offer_hash: Hash, snapshot: SnapshotDep) -> OfferDetail:
    """The offer as it was signed, and how much can still be opened under it, or why nothing can."""
    repository = _repository(snapshot)
    found = await repository.find_with_standing(offer_hash)
    if found is None:
        raise Problem(UNKNOWN_OFFER, f"there is no offer {offer_hash}")
    row, standing = found
    offered = offered_of(row, standing, snapshot, await repository.markets())
    return OfferDetail(**dict(offered), as_of=snapshot.as_of)


def _repository(snapshot: SnapshotDep) -> OfferRepository:
    return OfferRepository(snapshot.session, snapshot.chain_id, snapshot.book.vault)


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    posted_at, offer_hash = decode_moment(cursor)
    if not HASH.fullmatch(offer_hash):
        raise malformed_cursor()
    return posted_at, offer_hash
