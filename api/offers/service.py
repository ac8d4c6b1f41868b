"""Takes offers into the order book, and says what can still be done with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from fastapi import Response
from pydantic.alias_generators import to_camel
from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import Answer, Repeatable
from api.offers.fillable import Prospect, find_market, posted_of, why_not_fillable
from api.offers.problems import (
    BAD_TERMS,
    GROUP_CANCELLED,
    GROUP_CONSUMED,
    OFFER_EXPIRED,
    SIGNATURE_REFUSED,
    UNKNOWN_MARKET,
    WRONG_DOMAIN,
    WRONG_EPOCH,
)
from api.offers.repository import OfferRepository, borrower_of
from api.offers.schemas import (
    OfferMessage,
    SignedOffer,
    TypedDataPayload,
    WhyNotFillable,
)
from api.parts import Parts
from api.problems import InvalidField, Kind, Problem
from api.signatures import SignatureRefused, check_signature
from api.snapshot import Snapshot, find_cursor, mirror_empty, reading
from orchestrator.chain.book import AddressBook
from orchestrator.chain.typed_data import TypedData, offer_data
from orchestrator.credit.errors import BadTerms
from orchestrator.db.models import Market
from orchestrator.db.models import Offer as OfferRow

_REFUSALS: Final[dict[WhyNotFillable, tuple[Kind, str]]] = {
    "unknown_market": (UNKNOWN_MARKET, "no market has these tokens and this oracle"),
    "expired": (OFFER_EXPIRED, "expiry {offer.expiry} is before the last block's time, {now}"),
    "wrong_epoch": (WRONG_EPOCH, "the offer is of epoch {offer.epoch}, its lender is in epoch {standing.epoch}"),
    "group_cancelled": (GROUP_CANCELLED, "group {offer.group} is cancelled for good"),
    "group_consumed": (GROUP_CONSUMED, "group {offer.group} has lent {standing.consumed} of its {offer.group_cap}"),
}


def typed_data_of(message: OfferMessage, book: AddressBook) -> TypedData:
    """What the lender signs.

    Raises:
        Problem: the vault would refuse the terms.
    """
    try:
        offer = message.offer()
    except BadTerms as error:
        raise Problem(BAD_TERMS, str(error), errors=[_bad_term(error)]) from error
    return offer_data(offer, book.chain_id, book.vault)


def payload_of(message: OfferMessage, snapshot: Snapshot, markets: Sequence[Market]) -> TypedDataPayload:
    """The payload for the lender's wallet. Raises Problem for terms or a market that the vault would refuse."""
    data = typed_data_of(message, snapshot.book)
    require_market(message, markets)
    return TypedDataPayload(
        chain_id=snapshot.chain_id,
        vault=snapshot.book.vault,
        offer_hash=data.struct_hash(),
        digest=data.digest(),
        typed_data=data.payload(),
    )


async def post_offer(parts: Parts, signed: SignedOffer, repeatable: Repeatable) -> Response:
    """Checks a signed offer as the vault would, and stores it. 201 the first time, 200 when it is there already.

    Raises:
        Problem: the vault would refuse it; nothing is stored.
    """
    lender = signed.offer.lender
    answered = await repeatable.replay(parts.engine, lender)
    if answered is not None:
        return answered
    require_domain(signed, parts.book)
    data = typed_data_of(signed.offer, parts.book)
    async with reading(parts) as session:
        known = await _repository(session, parts).find(data.struct_hash())
    if known is None or known.signature != signed.signature_bytes:
        # Before the transaction: a slow node must not hold a row lock.
        await _require_signature(parts, signed, data)
    return await repeatable.once(parts.engine, lender, lambda session: _store(session, parts, signed, data))


async def _store(session: AsyncSession, parts: Parts, signed: SignedOffer, data: TypedData) -> Answer:
    repository = _repository(session, parts)
    offer_hash = data.struct_hash()
    known = await repository.find(offer_hash)
    if known is not None:
        return Answer(200, posted_of(known))
    await _require_fillable(session, repository, parts, signed.offer)
    is_new = await repository.add(_row(signed, data, parts))
    stored = await repository.find(offer_hash)
    assert stored is not None, "the row was inserted by this transaction, or by one that has committed"
    return Answer(201 if is_new else 200, posted_of(stored))


async def _require_fillable(
    session: AsyncSession, repository: OfferRepository, parts: Parts, message: OfferMessage
) -> None:
    """Raises Problem with the first reason why no line could be opened under the offer."""
    cursor = await find_cursor(session, parts.chain_id)
    if cursor is None:
        raise mirror_empty(parts.chain_id)
    market = require_market(message, await repository.markets())
    if min(message.limit, message.group_cap) < market.min_debt:
        raise Problem(
            BAD_TERMS,
            f"limit {message.limit} or groupCap {message.group_cap} is below the market's minimum of {market.min_debt}",
        )
    standing = await repository.standing(message.lender, message.loan_token, message.group)
    why_not = why_not_fillable(message, Prospect(standing, market, cursor.timestamp))
    if why_not is not None:
        kind, detail = _REFUSALS[why_not]
        raise Problem(kind, detail.format(offer=message, standing=standing, now=cursor.timestamp))


async def _require_signature(parts: Parts, signed: SignedOffer, data: TypedData) -> None:
    digest = bytes.fromhex(data.digest()[2:])
    try:
        await check_signature(parts.nodes, signed.offer.lender, digest, signed.signature_bytes)
    except SignatureRefused as refused:
        raise Problem(SIGNATURE_REFUSED, refused.message, refused.hint) from refused


def require_domain(signed: SignedOffer, book: AddressBook) -> None:
    if signed.chain_id != book.chain_id:
        raise Problem(WRONG_DOMAIN, f"the offer is for chain {signed.chain_id}, this is chain {book.chain_id}")
    if signed.vault != book.vault:
        raise Problem(WRONG_DOMAIN, f"the offer is for vault {signed.vault}, this is vault {book.vault}")


def require_market(message: OfferMessage, markets: Sequence[Market]) -> Market:
    market = find_market(message, markets)
    if market is None:
        raise Problem(
            UNKNOWN_MARKET,
            f"no market lends {message.loan_token} against {message.collateral_token} by oracle {message.oracle}",
        )
    return market


def _repository(session: AsyncSession, parts: Parts) -> OfferRepository:
    return OfferRepository(session, parts.chain_id, parts.book.vault)


def _row(signed: SignedOffer, data: TypedData, parts: Parts) -> OfferRow:
    message = signed.offer
    return OfferRow(
        chain_id=parts.chain_id,
        vault=parts.book.vault,
        offer_hash=data.struct_hash(),
        lender=message.lender,
        borrower=borrower_of(message.borrower),
        loan_token=message.loan_token,
        collateral_token=message.collateral_token,
        group=message.group,
        epoch=message.epoch,
        limit_amount=message.limit,
        group_cap=message.group_cap,
        expires_at=message.expiry,
        fields=message.model_dump(mode="json"),
        signature=signed.signature_bytes,
        account_id=None,
    )


def _bad_term(error: BadTerms) -> InvalidField:
    """The credit rules count durations in seconds, what is signed counts hours."""
    name = error.field.removesuffix("_s") + "_hours" if error.field.endswith("_s") else error.field
    return InvalidField(at=f"body.offer.{to_camel(name)}", message=error.reason)
