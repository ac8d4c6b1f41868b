"""What the adapter of a history says, by its own rules: the readings that the credit rules take as given."""

from dataclasses import dataclass
from enum import IntEnum

from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.units import BPS, Bps, PriceE36, mul_div_up
from tests.contracts.support.deal import UINT256_MAX, OracleTerms
from tests.contracts.support.ground import FeedName


class Reason(IntEnum):
    """Contract: ``IOracleAdapter.Reason``."""

    OK = 0
    STALE = 1
    NON_POSITIVE = 2
    OUT_OF_BOUNDS = 3
    DEVIATES = 4


@dataclass(frozen=True, slots=True)
class Round:
    """The last round of a feed; rounds are numbered from 1."""

    answer: int
    updated_at: int
    number: int = 1


@dataclass(frozen=True, slots=True)
class Objection:
    """The first reason against a price and the feed it is about."""

    reason: Reason
    feed: FeedName


@dataclass(frozen=True, slots=True)
class Readings:
    """Both readings at one second; where a price is missing, the objection that the adapter reverts with."""

    oracle: OracleReading
    no_risk_price: Objection | None
    no_measuring_price: Objection | None


@dataclass(frozen=True, slots=True)
class _Source:
    feed: FeedName
    price_e36: int
    reason: Reason


def readings(terms: OracleTerms, rounds: dict[FeedName, Round], now: int) -> Readings:
    base = _source(terms, FeedName.BASE, terms.base_scale, rounds, now)
    cross = _source(terms, FeedName.CROSS, terms.cross_scale, rounds, now) if terms.crossed else None
    measuring = max(base.price_e36, cross.price_e36 if cross else 0)
    risk, deviation_bps, objection = _risk(terms, base, cross)
    return Readings(
        OracleReading(
            risk_price=None if objection else PriceE36(risk),
            measuring_price=PriceE36(measuring) if measuring else None,
            deviation_bps=Bps(deviation_bps),
        ),
        no_risk_price=objection,
        no_measuring_price=None if measuring else Objection(base.reason, base.feed),
    )


def _risk(terms: OracleTerms, base: _Source, cross: _Source | None) -> tuple[int, int, Objection | None]:
    """The lower price, the deviation, and the first objection against any of it."""
    sources = [base] if cross is None else [base, cross]
    for source in sources:
        if source.reason is not Reason.OK:
            return 0, 0, Objection(source.reason, source.feed)
    lower = min(sources, key=lambda source: source.price_e36)  # of equal ones the base
    higher = max(reversed(sources), key=lambda source: source.price_e36)
    deviation_bps = mul_div_up(higher.price_e36 - lower.price_e36, BPS, lower.price_e36)
    for source in (higher, lower):
        if not terms.min_price_e36 <= source.price_e36 <= terms.max_price_e36:
            return 0, deviation_bps, Objection(Reason.OUT_OF_BOUNDS, source.feed)
    if deviation_bps > terms.max_deviation_bps:
        return 0, deviation_bps, Objection(Reason.DEVIATES, lower.feed)
    return lower.price_e36, deviation_bps, None


def _source(terms: OracleTerms, feed: FeedName, scale: int, rounds: dict[FeedName, Round], now: int) -> _Source:
    answer, updated_at = rounds[feed].answer, rounds[feed].updated_at
    if answer <= 0:
        return _Source(feed, 0, Reason.NON_POSITIVE)
    if now - updated_at > terms.heartbeat_s:
        return _Source(feed, 0, Reason.STALE)
    price_e36 = answer * scale
    return _Source(feed, 0, Reason.OUT_OF_BOUNDS) if price_e36 > UINT256_MAX else _Source(feed, price_e36, Reason.OK)
