"""What can still be opened under an offer, and why nothing can: by the facts of one snapshot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from api.offers.repository import Standing
from api.offers.schemas import Fillable, Offered, OfferMessage, PostedOffer, WhyNotFillable
from api.snapshot import Snapshot
from api.tokens import Tokens
from api.wire import Instant, checksum
from orchestrator.credit.units import zero_floor_sub
from orchestrator.db.models import Market
from orchestrator.db.models import Offer as OfferRow


@dataclass(frozen=True, slots=True)
class Prospect:
    """What decides whether an offer can be filled: the chain's facts, and the second they are of."""

    standing: Standing
    market: Market | None
    now: int


def find_market(message: OfferMessage, markets: Sequence[Market]) -> Market | None:
    triple = (message.loan_token, message.collateral_token, message.oracle)
    return next((m for m in markets if _triple(m) == triple), None)


def _triple(market: Market) -> tuple[str, str, str]:
    return checksum(market.loan_token), checksum(market.collateral_token), checksum(market.oracle)


def posted_of(row: OfferRow) -> PostedOffer:
    return PostedOffer(
        chain_id=row.chain_id,
        vault=row.vault,
        offer_hash=row.offer_hash,
        offer=OfferMessage.model_validate(row.fields),
        signature="0x" + row.signature.hex(),
        posted_at=Instant.of_clock(row.posted_at),
    )


def offered_of(row: OfferRow, standing: Standing, snapshot: Snapshot, markets: Sequence[Market]) -> Offered:
    posted = posted_of(row)
    market = find_market(posted.offer, markets)
    prospect = Prospect(standing, market, snapshot.now)
    fillable = fillable_of(posted.offer, prospect, snapshot.tokens)
    return Offered.of(posted, market.market_id if market else None, fillable)


def fillable_of(message: OfferMessage, prospect: Prospect, tokens: Tokens) -> Fillable:
    standing, market = prospect.standing, prospect.market
    why_not = why_not_fillable(message, prospect)
    left = 0 if standing.cancelled else left_to_lend(message, standing)
    return Fillable(
        open=why_not is None,
        why_not=why_not,
        at_most=tokens.amount(message.loan_token, left),
        at_least=tokens.amount(message.loan_token, market.min_debt) if market else None,
        group_consumed=None if standing.cancelled else tokens.amount(message.loan_token, standing.consumed),
        lender_epoch=standing.epoch,
        expires_at=Instant.of_block_time(message.expiry),
    )


def left_to_lend(message: OfferMessage, standing: Standing) -> int:
    """The most that one opening can take: the offer's limit, or what its group's cap leaves."""
    return min(message.limit, zero_floor_sub(message.group_cap, standing.consumed))


def why_not_fillable(message: OfferMessage, prospect: Prospect) -> WhyNotFillable | None:
    """The first reason why the vault would not open a line under an offer, or None."""
    standing, market = prospect.standing, prospect.market
    if market is None:
        return "unknown_market"
    if prospect.now > message.expiry:
        return "expired"
    if message.epoch != standing.epoch:
        return "wrong_epoch"
    if standing.cancelled:
        return "group_cancelled"
    if left_to_lend(message, standing) < market.min_debt:
        return "group_consumed"
    return None
