"""What people do with the contracts, drawn at random: every action, on several lines, in amounts that mostly fit.

Nothing here knows what became of an operation. Some are refused, and after a reorg more of them are: a reverted
transaction is a part of a chain like any other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from eth_typing import ChecksumAddress

from orchestrator.chain.typed_data import mandate_data, offer_data
from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.offer import ANYONE, Offer
from orchestrator.credit.units import Bps, CollateralWei, Timestamp, Wei
from tests.simulation.ground import (
    BORROWERS,
    CHAIN_ID,
    FEED,
    LENDERS,
    NFT,
    TRIGGER,
    VAULT,
    Ground,
    Person,
    SimulatedMarket,
)

USDC: Final = 10**6
FOREVER: Final = Timestamp(2**40 - 1)
BEYOND_ANY_CLOCK: Final = 2**200
"""As the time of a round it has no place in our tables: its log goes to quarantine."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One transaction, in words and in bytes."""

    words: str
    sender: ChecksumAddress
    to: ChecksumAddress
    data: bytes


@dataclass(frozen=True, slots=True)
class OpenedLine:
    """A line as it was meant to be opened; the chain may have refused."""

    line_id: int
    lender: Person
    borrower: Person
    market: SimulatedMarket
    limit: int


class Author:
    """Draws operations, one after the other, and remembers what lines and mandates it wrote about."""

    def __init__(self, random: Random, ground: Ground) -> None:
        self._random = random
        self._ground = ground
        self._lines: list[OpenedLine] = []
        self._mandates: list[Mandate] = []
        self._groups = 0
        self._rounds = 0

    def next(self) -> Operation:
        """The next operation."""
        if len(self._lines) < 2:
            return self._open()
        choices = {**_WEIGHTS, Author._open: 0.0 if len(self._lines) >= MOST_LINES else _WEIGHTS[Author._open]}
        return self._random.choices(list(choices), list(choices.values()))[0](self)

    def rounds(self) -> list[Operation]:
        """A sane round of every feed."""
        return [self._round(market, market.answer) for market in self._ground.markets]

    # ---------------------------------------------------------------- lines

    def _open(self) -> Operation:
        random = self._random
        self._groups += 1
        lender, borrower = random.choice(LENDERS), random.choice(BORROWERS)
        market = random.choice(self._ground.markets)
        limit = random.randrange(1_000, 5_000) * USDC
        worth_twice = 2 * limit * market.unit * 10**8 // (market.answer * USDC)
        offer = Offer(
            lender=lender.address,
            borrower=random.choice((ANYONE, borrower.address)),
            loan_token=self._ground.usdc,
            collateral_token=market.collateral,
            oracle=market.oracle,
            limit=Wei(limit),
            min_collateral=CollateralWei(worth_twice),
            apr_bps=Bps(random.randrange(500, 3_000)),
            origination_bps=Bps(50),
            commitment_bps=Bps(100),
            penalty_bps=Bps(500),
            initial_ltv_bps=Bps(6_000),
            liquidation_ltv_bps=Bps(8_000),
            bonus_bps=Bps(500),
            in_kind_ltv_bps=Bps(random.choice((4_000, 7_000))),
            in_kind_discount_bps=Bps(100),
            amort_bps=Bps(random.choice((0, 1_000))),
            period_hours=24,
            grace_hours=random.choice((12, 48)),
            draw_window_hours=random.choice((48, 24 * 30, 24 * 30)),
            term_hours=24 * 60,
            expiry=FOREVER,
            group=self._groups,
            group_cap=Wei(limit),
            epoch=0,
        )
        typed = offer_data(offer, CHAIN_ID, self._ground.vault)
        line = OpenedLine(len(self._lines) + 1, lender, borrower, market, limit)
        self._lines.append(line)
        amount = limit - random.choice((0, 0, limit // 3))
        data = VAULT.encode_call("open", typed.message, typed.sign(lender.account), amount, borrower.address)
        return Operation(f"{borrower.value} opens line {line.line_id}", borrower.address, self._ground.vault, data)

    def _deposit(self) -> Operation:
        line = self._line()
        return self._vault(line.borrower, "deposit", line.line_id, self._part(2 * line.market.unit))

    def _withdraw(self) -> Operation:
        line = self._line()
        return self._vault(
            line.borrower, "withdraw", line.line_id, self._part(line.market.unit // 10), line.borrower.address
        )

    def _deposit_reserve(self) -> Operation:
        line = self._line()
        return self._vault(line.borrower, "depositReserve", line.line_id, self._part(line.limit // 4))

    def _withdraw_reserve(self) -> Operation:
        line = self._line()
        return self._vault(
            line.borrower, "withdrawReserve", line.line_id, self._part(line.limit // 20), line.borrower.address
        )

    def _draw(self) -> Operation:
        line = self._line()
        return self._vault(line.borrower, "draw", line.line_id, self._part(line.limit // 2), line.borrower.address)

    def _repay(self) -> Operation:
        line = self._line()
        return self._vault(line.borrower, "repay", line.line_id, self._part(line.limit // 4))

    def _repay_from_reserve(self) -> Operation:
        line, amount = self._line(), self._part(self._random.randrange(1, 500) * USDC)
        repayment = _repayment(self._random.choice(_NEEDS), amount, 2 * amount, 50)
        return self._vault(line.borrower, "repayFromReserve", line.line_id, repayment)

    def _repay_in_kind(self) -> Operation:
        line = self._line()
        repayment = _repayment(self._random.choice(_NEEDS), self._part(100 * USDC), 10 * line.market.unit, 10)
        return self._vault(line.borrower, "repayInKind", line.line_id, repayment)

    def _claim(self) -> Operation:
        line = self._line()
        token = self._random.choice((self._ground.usdc, self._ground.usdc, line.market.collateral))
        return self._vault(line.lender, "claim", line.line_id, token, line.lender.address)

    def _close(self) -> Operation:
        line = self._line()
        return self._vault(line.borrower, "close", line.line_id, line.borrower.address)

    def _terminate(self) -> Operation:
        return self._vault(Person.KEEPER, "terminate", self._line().line_id)

    def _liquidate(self) -> Operation:
        line = self._line()
        repaid = self._random.choice((0, 2**90, line.limit // 2))
        return self._vault(Person.KEEPER, "liquidate", line.line_id, repaid, 0, Person.KEEPER.address)

    def _several_at_once(self) -> Operation:
        line = self._line()
        calls = [VAULT.encode_call("depositReserve", line.line_id, self._part(50 * USDC)) for _ in range(3)]
        return self._vault(line.borrower, "multicall", calls)

    # ---------------------------------------------------------------- notes, offers, permissions

    def _move_note(self) -> Operation:
        line = self._line()
        to = self._random.choice((Person.OTHER_LENDER, Person.LENDER, Person.KEEPER))
        data = NFT.encode_call("transferFrom", line.lender.address, to.address, line.line_id)
        return Operation(f"note {line.line_id} to {to.value}", line.lender.address, self._ground.nft, data)

    def _cancel_group(self) -> Operation:
        group = self._random.randrange(1, self._groups + 3)
        return self._vault(self._random.choice(LENDERS), "cancelGroup", self._ground.usdc, group)

    def _bump_epoch(self) -> Operation:
        return self._vault(self._random.choice((Person.KEEPER, Person.ADMIN)), "bumpEpoch")

    def _set_operator(self) -> Operation:
        operator = self._random.choice((self._ground.trigger, Person.KEEPER.address))
        return self._vault(self._random.choice(BORROWERS), "setOperator", operator, self._random.random() < 0.8)

    def _stop_or_resume(self) -> Operation:
        return self._vault(Person.ADMIN, self._random.choice(("stop", "resume")))

    # ---------------------------------------------------------------- mandates

    def _register(self) -> Operation:
        random, line = self._random, self._line()
        kind = random.choice((Kind.DUE, Kind.DUE, Kind.LTV, Kind.LEVEL))
        level = kind is Kind.LEVEL
        mandate = Mandate(
            line_id=line.line_id,
            kind=kind,
            source=random.choice((From.RESERVE, From.RESERVE, From.COLLATERAL, From.TOP_UP)),
            threshold_bps=Bps(6_500 if kind is Kind.LTV else 0),
            share_bps=Bps(0),
            fee_bps=Bps(10),
            period_hours=24,
            cap_per_period=10**24,
            amount=Wei(5 * USDC if level else 0),
            feed=line.market.feed if level else NO_FEED,
            above=level,
            level=1 if level else 0,
            expiry=FOREVER,
            nonce=len(self._mandates),
        )
        self._mandates.append(mandate)
        typed = mandate_data(mandate, CHAIN_ID, self._ground.trigger)
        data = TRIGGER.encode_call("register", typed.message, typed.sign(line.borrower.account))
        return self._trigger(Person.KEEPER, f"register {kind.name} of line {line.line_id}", data)

    def _fire(self) -> Operation:
        if not self._mandates:
            return self._register()
        mandate = self._random.choice(self._mandates)
        message = mandate_data(mandate, CHAIN_ID, self._ground.trigger).message
        data = TRIGGER.encode_call("fire", message, Person.KEEPER.address)
        return self._trigger(Person.KEEPER, f"fire {mandate.kind.name} of line {mandate.line_id}", data)

    def _revoke(self) -> Operation:
        nonce = self._random.randrange(len(self._mandates) + 5)
        borrower = self._random.choice(BORROWERS)
        return self._trigger(borrower, f"revoke {nonce}", TRIGGER.encode_call("revoke", nonce))

    # ---------------------------------------------------------------- rounds

    def _move_price(self) -> Operation:
        market = self._random.choice(self._ground.markets)
        percent = self._random.choice((100, 100, 95, 105, 60, self._random.randrange(5, 140)))
        return self._round(market, market.answer * percent // 100)

    def _absurd_round(self) -> Operation:
        market = self._random.choice(self._ground.markets)
        return self._round(market, market.answer, updated_at=BEYOND_ANY_CLOCK)

    # ---------------------------------------------------------------- what all have in common

    def _line(self) -> OpenedLine:
        """The latest lines more often: the oldest may be over."""
        return self._random.choice((*self._lines, *self._lines[-2:]))

    def _part(self, usual: int) -> int:
        return max(1, self._random.choice((usual, usual // 2, self._random.randrange(usual + 1))))

    def _vault(self, who: Person, function: str, *arguments: Any) -> Operation:
        shown = ", ".join(str(argument) for argument in arguments if isinstance(argument, int | bool))
        data = VAULT.encode_call(function, *arguments)
        return Operation(f"{who.value} {function}({shown})", who.address, self._ground.vault, data)

    def _trigger(self, who: Person, words: str, data: bytes) -> Operation:
        return Operation(words, who.address, self._ground.trigger, data)

    def _round(self, market: SimulatedMarket, answer: int, updated_at: int | None = None) -> Operation:
        """Of a second before the history begins: wherever a reorg puts it, it is never of the future."""
        self._rounds += 1
        updated_at = updated_at or self._ground.head_timestamp - ROUNDS_BEGIN_BEFORE_S + self._rounds
        data = FEED.encode_call("push", answer, updated_at)
        return Operation(f"round {answer}", Person.ADMIN.address, market.feed, data)


def _repayment(need: int, amount: int, max_spent: int, fee_bps: int) -> dict[str, Any]:
    """The vault's `Repayment`."""
    return {
        "need": need,
        "thresholdBps": 6_500 if need == EXCESS else 0,
        "amount": amount if need == AMOUNT else 0,
        "maxSpent": max_spent,
        "feeBps": fee_bps,
        "keeper": Person.KEEPER.address,
    }


AMOUNT, BILL, EXCESS = range(3)
"""The vault's `Need`."""

ROUNDS_BEGIN_BEFORE_S: Final = 10**5

_NEEDS: Final = (AMOUNT, AMOUNT, BILL, EXCESS)

MOST_LINES: Final = 8

_WEIGHTS: Final[dict[Callable[[Author], Operation], float]] = {
    Author._open: 8,
    Author._deposit: 4,
    Author._withdraw: 3,
    Author._deposit_reserve: 7,
    Author._withdraw_reserve: 2,
    Author._draw: 16,
    Author._repay: 6,
    Author._repay_from_reserve: 5,
    Author._repay_in_kind: 4,
    Author._claim: 6,
    Author._close: 2,
    Author._terminate: 2,
    Author._liquidate: 3,
    Author._several_at_once: 3,
    Author._move_note: 4,
    Author._cancel_group: 2,
    Author._bump_epoch: 1,
    Author._set_operator: 1,
    Author._stop_or_resume: 0.5,
    Author._register: 6,
    Author._fire: 8,
    Author._revoke: 1,
    Author._move_price: 10,
    Author._absurd_round: 1,
}
