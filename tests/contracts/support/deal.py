"""The market and the offer of one history, drawn from its seed: every cap, edge and kind of token has its turn."""

from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from orchestrator.credit.offer import ANYONE, Offer
from orchestrator.credit.terms import MAX_KEEPER_FEE_BPS
from orchestrator.credit.units import (
    BPS,
    MAX_LIMIT,
    PRICE_SCALE,
    UINT16_MAX,
    UINT32_MAX,
    YEAR,
    Bps,
    CollateralWei,
    Timestamp,
    Wei,
)
from scripts.deploy.create2 import address_of
from tests.contracts.support.ground import DECIMALS, FeedName, Ground, Role

STARTS_AT: Final = 1_800_000_000
SALT: Final = bytes(32)
NEVER_STALE: Final = 2**32 - 1
UINT256_MAX: Final = 2**256 - 1


@dataclass(frozen=True, slots=True)
class OracleTerms:
    """How a history's adapter reads its feeds; ``scale`` of each makes its answer a price."""

    crossed: bool
    max_deviation_bps: int
    heartbeat_s: int
    min_price_e36: int
    max_price_e36: int
    base_scale: int
    cross_scale: int


@dataclass(frozen=True, slots=True)
class Deal:
    """What stands before the first step. ``oracle_creation`` is the adapter's code with its arguments."""

    loan_token: str
    collateral_token: str
    loan_decimals: int
    min_debt: Wei
    oracle: OracleTerms
    oracle_creation: bytes = field(repr=False)
    offer: Offer
    opening_answers: dict[FeedName, int]

    @property
    def last_second(self) -> Timestamp:
        """Until here no debt can outgrow 96 bits, at 200 % a year: later the contracts take payments in parts only."""
        years = min(100, 2**95 // (2 * self.offer.limit))
        return Timestamp(min(UINT32_MAX - 10**6, STARTS_AT + years * YEAR))


def random_deal(random: Random, ground: Ground) -> Deal:
    loan_decimals, collateral_decimals = random.choice(DECIMALS), random.choice(DECIMALS)
    loan_token, collateral_token = ground.loan_tokens[loan_decimals], ground.collateral_tokens[collateral_decimals]
    limits = (
        MAX_LIMIT,
        any_size(random, 92),
        any_size(random, 12),
        random.randint(1, 10**12),
        10 ** (loan_decimals + 4),
    )
    limit = Wei(random.choice(limits))
    collaterals = (any_size(random, 90), any_size(random, 60), 10**18, random.randint(1, 10**12), any_size(random, 8))
    collateral = CollateralWei(0 if random.random() < 0.05 else random.choice(collaterals))
    exponent = 36 + loan_decimals - collateral_decimals
    base_scale = 10 ** (exponent - FeedName.BASE.value)
    worth = limit * random.choice((1, 2, 2, 3, 4, 20)) + random.randint(0, limit)
    answer = max(1, worth * PRICE_SCALE // (max(1, collateral) * base_scale))
    oracle = _random_oracle(random, answer * base_scale, base_scale, 10 ** (exponent - FeedName.CROSS.value))
    creation = _oracle_creation(ground, oracle, loan_token, collateral_token)
    adapter = address_of(SALT, creation).lower()
    return Deal(
        loan_token=loan_token,
        collateral_token=collateral_token,
        loan_decimals=loan_decimals,
        min_debt=Wei(max(1, limit // random.choice((1, 3, 10, 10, 100, 100, 10**4, limit)))),
        oracle=oracle,
        oracle_creation=creation,
        offer=_random_offer(random, limit, collateral, loan_token, collateral_token, adapter),
        opening_answers={
            FeedName.BASE: answer,
            FeedName.CROSS: answer * 10 ** (FeedName.CROSS.value - FeedName.BASE.value),
            FeedName.REVENUE: random.randint(-5, 10**9),
        },
    )


def any_size(random: Random, bits: int) -> int:
    """A positive integer, of each length up to ``bits`` as often."""
    return random.randint(1, 2 ** random.randint(1, bits))


def _edge(random: Random, most: int, usual: int) -> Bps:
    """Nothing, the most, the usual, or anything between."""
    return Bps(random.choice((0, most, usual, usual, random.randint(0, most))))


def _random_offer(
    random: Random, limit: Wei, collateral: CollateralWei, loan_token: str, collateral_token: str, oracle: str
) -> Offer:
    bonus_bps, discount_bps = _edge(random, 2_000, 500), _edge(random, 2_000, 300)
    below_bonus = (BPS * BPS - 1) // (BPS + bonus_bps)
    below_discount = (BPS * (BPS - discount_bps) - 1) // (BPS + MAX_KEEPER_FEE_BPS)
    greatest = min(below_bonus, below_discount)
    liquidation_bps = random.choice((greatest, min(greatest, 8_000), random.randint(1, greatest)))
    initial_bps = liquidation_bps * random.choice((75, 75, 90, random.randint(0, 99))) // 100
    initial_bps = random.choice((liquidation_bps - 1, initial_bps, initial_bps))
    period = random.choice((1, 24, random.randint(1, 60), 720, UINT16_MAX))
    periods = random.randint(2, 12) * period
    terms = (0, 1, period, period, *8 * (periods,), random.randint(1, 300), random.randint(1, 300), UINT16_MAX)
    term = min(random.choice(terms), UINT16_MAX)
    return Offer(
        lender=Role.LENDER.address,
        borrower=random.choice((ANYONE, Role.BORROWER.address)),
        loan_token=loan_token,
        collateral_token=collateral_token,
        oracle=oracle,
        limit=limit,
        min_collateral=collateral,
        apr_bps=_edge(random, BPS, 1_000),
        origination_bps=_edge(random, 1_000, 50),
        commitment_bps=_edge(random, 1_000, 100),
        penalty_bps=_edge(random, BPS, 500),
        initial_ltv_bps=Bps(initial_bps),
        liquidation_ltv_bps=Bps(liquidation_bps),
        bonus_bps=bonus_bps,
        in_kind_ltv_bps=Bps(random.choice((0, initial_bps, liquidation_bps, random.randint(0, UINT16_MAX)))),
        in_kind_discount_bps=discount_bps,
        amort_bps=_edge(random, BPS, 1_000),
        period_hours=period,
        grace_hours=random.choice((0, 1, 72, random.randint(0, 60))),
        draw_window_hours=random.choice((*5 * (term,), *5 * (term // 2,), *3 * (random.randint(0, term),), 0)),
        term_hours=term,
        expiry=Timestamp(STARTS_AT + random.choice((0, 10**4, 10**9))),
        group=random.randrange(3),
        group_cap=Wei(random.choice((limit, limit, 2 * limit, 3 * limit, limit - limit // 3))),
        epoch=0,
    )


def _random_oracle(random: Random, price_e36: int, base_scale: int, cross_scale: int) -> OracleTerms:
    crossed = random.random() < 0.6
    narrow = random.random() < 0.2
    return OracleTerms(
        crossed=crossed,
        max_deviation_bps=random.choice((1, 100, 300, BPS)) if crossed else 0,
        heartbeat_s=random.choice((NEVER_STALE, NEVER_STALE, NEVER_STALE, 10**6)),
        min_price_e36=max(1, price_e36 // 2) if narrow else 1,
        max_price_e36=3 * max(1, price_e36) if narrow else UINT256_MAX,
        base_scale=base_scale,
        cross_scale=cross_scale,
    )


def _oracle_creation(ground: Ground, oracle: OracleTerms, loan_token: str, collateral_token: str) -> bytes:
    def feed(name: FeedName) -> dict[str, Any]:
        return {"feed": ground.feeds[name], "heartbeat": oracle.heartbeat_s, "margin": 0}

    none = {"feed": ANYONE, "heartbeat": 0, "margin": 0}
    return ground.adapter.creation_with(
        {
            "loanToken": loan_token,
            "collateralToken": collateral_token,
            "base": feed(FeedName.BASE),
            "quote": none,
            "crossCheck": feed(FeedName.CROSS) if oracle.crossed else none,
            "sequencer": ANYONE,
            "sequencerGrace": 0,
            "maxDeviationBps": oracle.max_deviation_bps,
            "minPriceE36": oracle.min_price_e36,
            "maxPriceE36": oracle.max_price_e36,
        }
    )
