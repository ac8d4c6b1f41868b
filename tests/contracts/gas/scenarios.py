"""What is measured, and what stood before it: a market of one feed (USDC of 6 decimals against WETH of 18)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak

from orchestrator.chain.typed_data import mandate_data, offer_data
from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.offer import ANYONE, Offer
from orchestrator.credit.units import HOUR, MAX_LIMIT, UINT96_MAX, Bps, CollateralWei, Timestamp, Wei
from tests.contracts.gas.meter import Meter
from tests.contracts.support.anvil_chain import AnvilChain
from tests.contracts.support.deal import STARTS_AT
from tests.contracts.support.ground import FEED, PURSE, TOKEN, TRIGGER, VAULT, FeedName, Ground, Role, lay_ground
from tests.contracts.support.words import call, signed_call

DAY: Final = 24 * HOUR
PERIOD_S: Final = 720 * HOUR
WINDOW_S: Final = 3 * PERIOD_S
NEVER_STALE: Final = 2**32 - 1
BATCH_SIZE: Final = 20
KEEPER_FEE: Final = Bps(50)


@dataclass(frozen=True, slots=True)
class Measurement:
    """Gas of one transaction; of a batch its share for each item. ``scenario`` says what was done to what."""

    operation: str
    gas: int
    scenario: str


def measure(chain: AnvilChain) -> Sequence[Measurement]:
    """Every operation once, on a fresh chain, always the same transactions in the same seconds."""
    stage = _Stage(chain)
    stage.open()
    stage.reserve()
    stage.use_a_line()
    stage.close()
    stage.liquidate()
    stage.terminate()
    stage.fire()
    stage.fire_from_the_wallet()
    stage.fire_batches()
    return stage.measured


def usdc(amount: int) -> Wei:
    return Wei(amount * 10**6)


def weth(amount: int) -> CollateralWei:
    return CollateralWei(amount * 10**18)


class _Stage:
    """One vault; all lines but the first are one lender's. Each method is a story in which operations are measured."""

    def __init__(self, chain: AnvilChain) -> None:
        self.measured: list[Measurement] = []
        self._chain = chain
        self._ground = lay_ground(chain)
        self._meter = Meter(chain)
        self._loan = self._ground.loan_tokens[6]
        self._collateral = self._ground.collateral_tokens[18]
        self._oracle = chain.create(_adapter(self._ground, self._loan, self._collateral))
        self._lines = 0
        self._price(2_000)
        self._vault(Role.OWNER.address, "createMarket", self._loan, self._collateral, self._oracle, usdc(100))

    # ---------------------------------------------------------------- stories

    def open(self) -> None:
        fresh = self._open(Role.BORROWER.account, lender=Role.STRANGER)
        self._measured("open_in_new_vault", fresh, "the first line of all: the vault holds no tokens yet")
        self._meter.wait(DAY)
        first = self._open(Role.BORROWER.account)
        self._measured(
            "open_first", first, "the lender's first line: it holds no NFT, and nothing of the group was lent"
        )
        self._meter.wait(DAY)
        again = self._open(Role.BORROWER.account)
        self._measured("open", again, "the second line of the same lender and group")

    def reserve(self) -> None:
        """On a line that nothing was done to since it was opened."""
        first = self._on_next_day(Role.BORROWER.address, "depositReserve", self._lines - 1, usdc(5_000))
        self._measured("deposit_reserve_first", first, "the reserve was empty")
        again = self._on_next_day(Role.BORROWER.address, "depositReserve", self._lines - 1, usdc(5_000))
        self._measured("deposit_reserve", again, "the reserve was not empty")

    def use_a_line(self) -> None:
        """A line without a reserve, from its first day until its window is over."""
        borrower, line = Role.BORROWER.address, self._lines
        act = partial(self._on_next_day, borrower)
        self._measured("deposit", act("deposit", line, weth(10)), "10 WETH from the borrower; nothing was drawn yet")
        self._measured(
            "draw_first", act("draw", line, usdc(30_000), borrower), "nothing drawn yet; borrower holds USDC"
        )
        self._measured("draw", act("draw", line, usdc(20_000), borrower), "30,000 drawn; borrower holds USDC")
        repaid = act("repay", line, usdc(10_000))
        self._measured("repay_part", repaid, "10,000 of 50,000, from the borrower, no bill is due")
        withdrawn = act("withdraw", line, weth(1), borrower)
        self._measured("withdraw_debt", withdrawn, "40,000 drawn; the borrower holds WETH; one feed read")
        self._measured("repay_full", act("repay", line, UINT96_MAX), "all of 40,000 and its interest; no bill is due")
        claimed = self._on_next_day(Role.LENDER.address, "claim", line, self._loan, Role.LENDER.address)
        self._measured("claim", claimed, "the interest paid, to the lender, which holds USDC")
        self._meter.wait(WINDOW_S)
        act("repay", line, UINT96_MAX)
        withdrawn = act("withdraw", line, weth(1), borrower)
        self._measured("withdraw_no_debt", withdrawn, "window over, nothing owed; the borrower holds WETH")

    def close(self) -> None:
        line = self._drawn(Role.BORROWER.account, usdc(50_000))
        closed = self._on_next_day(Role.BORROWER.address, "close", line, Role.BORROWER.address)
        self._measured("close", closed, "50,000 and its interest in cash; 50,000 undrawn; no reserve; WETH returned")

    def liquidate(self) -> None:
        bare = self._drawn(Role.BORROWER.account, usdc(100_000))
        reserved = self._drawn(Role.BORROWER.account, usdc(100_000))
        self._vault(Role.BORROWER.address, "depositReserve", reserved, usdc(1_000))
        self._meter.wait(DAY)
        self._price(1_200)
        stranger = Role.STRANGER.address
        part = self._vault(stranger, "liquidate", bare, usdc(10_000), 0, stranger)
        self._measured("liquidate", part, "10,000 of 100,000; no reserve; the liquidator holds WETH; one feed read")
        part = self._vault(stranger, "liquidate", reserved, usdc(10_000), 0, stranger)
        self._measured("liquidate_with_reserve", part, "the same after the reserve paid its 1,000")
        self._price(2_000)

    def terminate(self) -> None:
        line = self._drawn(Role.BORROWER.account, usdc(50_000))
        self._meter.wait(WINDOW_S)
        ended = self._on_next_day(Role.STRANGER.address, "terminate", line)
        self._measured("terminate", ended, "window over; 50,000 undrawn to the claim; three bills come due with it")

    def fire(self) -> None:
        borrower, keeper = Role.BORROWER.address, Role.KEEPER.address
        line, opened_at = self._drawn(Role.BORROWER.account, usdc(50_000)), self._meter.now
        self._vault(borrower, "depositReserve", line, usdc(5_000))
        self._vault(borrower, "setOperator", self._ground.trigger, 1)
        bill = self._mandate(line, Kind.DUE, From.RESERVE, nonce=1)
        registered = self._register(bill, Role.BORROWER.account)
        self._measured("register", registered, "a DUE mandate, carried by a stranger")
        self._meter.wait_until(opened_at + PERIOD_S)
        first = self._fire(bill)
        self._measured(
            "trigger_reserve_first", first, "a month's bill and 0.5 %; first firing; the keeper holds no USDC"
        )
        self._meter.wait_until(opened_at + 2 * PERIOD_S)
        self._measured("trigger_reserve", self._fire(bill), "the next month's bill; the keeper holds USDC")

        in_kind = self._mandate(line, Kind.DUE, From.COLLATERAL, nonce=2)
        self._register(in_kind, Role.BORROWER.account)
        self._mint(self._collateral, keeper)
        self._meter.wait_until(opened_at + 3 * PERIOD_S)
        paid = self._fire(in_kind)
        self._measured(
            "trigger_in_kind", paid, "a bill in WETH; nothing seized before; the keeper holds WETH; one feed"
        )

        line = self._drawn(Role.BORROWER.account, usdc(100_000))
        self._vault(borrower, "depositReserve", line, usdc(5_000))
        restore = self._mandate(line, Kind.LTV, From.RESERVE, nonce=3)
        self._register(restore, Role.BORROWER.account)
        self._meter.wait(DAY)
        self._price(1_600)
        self._measured("trigger_ltv", self._fire(restore), "to the initial LTV as far as 5,000 of reserve go; one feed")
        self._price(2_000)

    def fire_from_the_wallet(self) -> None:
        borrower = Role.BORROWER.address
        line, opened_at = self._drawn(Role.BORROWER.account, usdc(50_000)), self._meter.now
        self._send(borrower, self._loan, TOKEN.encode_call("approve", self._ground.trigger, 2**256 - 1))
        top_up = self._mandate(line, Kind.DUE, From.TOP_UP, nonce=4)
        self._register(top_up, Role.BORROWER.account)
        self._meter.wait_until(opened_at + PERIOD_S)
        self._fire(top_up)
        self._meter.wait_until(opened_at + 2 * PERIOD_S)
        told = "the second bill, out of the wallet: the reserve is empty before and after; the keeper holds USDC"
        self._measured("trigger_top_up", self._fire(top_up), told)

    def fire_batches(self) -> None:
        """Of lines of as many borrowers, each fired once before."""
        lines = f"{BATCH_SIZE} lines of {BATCH_SIZE} borrowers, one market, each fired before"
        self._measured("trigger_batch_each", self._batch(Bps(0)), f"{lines}; no keeper's fee")
        told = f"{lines}; each with a fee to a keeper that holds USDC"
        self._measured("trigger_batch_each_with_fee", self._batch(KEEPER_FEE), told)

    def _batch(self, fee_bps: Bps) -> int:
        """What one item of a batch used, when the second bill of each line is due."""
        mandates = []
        for number in range(BATCH_SIZE):
            borrower = _account(f"borrower {number} of {fee_bps}")
            self._equip(borrower.address)
            line = self._drawn(borrower, usdc(50_000))
            self._vault(borrower.address, "depositReserve", line, usdc(5_000))
            self._vault(borrower.address, "setOperator", self._ground.trigger, 1)
            mandate = self._mandate(line, Kind.DUE, From.RESERVE, nonce=number, fee_bps=fee_bps)
            self._register(mandate, borrower)
            mandates.append(mandate)
        self._meter.wait(PERIOD_S)
        self._perform(mandates)
        self._meter.wait(PERIOD_S)
        return self._perform(mandates) // BATCH_SIZE

    # ---------------------------------------------------------------- lines

    def _open(self, borrower: LocalAccount, lender: Role = Role.LENDER) -> int:
        offer = _offer(lender, self._loan, self._collateral, self._oracle)
        vault = self._ground.vault
        signed = offer_data(offer, self._chain.chain_id, to_checksum_address(vault)).sign(lender.account)
        self._lines += 1
        call_ = signed_call(VAULT, "open", offer, signed, offer.limit, int(borrower.address, 16))
        return self._send(borrower.address, vault, call_)

    def _drawn(self, borrower: LocalAccount, amount: Wei) -> int:
        """A new line with 100 WETH, of which ``amount`` is drawn at once; its number."""
        self._open(borrower)
        self._vault(borrower.address, "draw", self._lines, amount, borrower.address)
        return self._lines

    def _vault(self, by: str, function: str, *arguments: int | str) -> int:
        return self._send(by, self._ground.vault, call(VAULT, function, *arguments))

    def _on_next_day(self, by: str, function: str, *arguments: int | str) -> int:
        self._meter.wait(DAY)
        return self._vault(by, function, *arguments)

    # ---------------------------------------------------------------- mandates

    def _mandate(self, line: int, kind: Kind, source: From, nonce: int, fee_bps: Bps = KEEPER_FEE) -> Mandate:
        return Mandate(
            line_id=line,
            kind=kind,
            source=source,
            threshold_bps=Bps(6_200) if kind is Kind.LTV else Bps(0),
            share_bps=Bps(0),
            fee_bps=fee_bps,
            period_hours=24,
            cap_per_period=weth(10) if source is From.COLLATERAL else usdc(10_000),
            amount=Wei(0),
            feed=NO_FEED,
            above=False,
            level=0,
            expiry=Timestamp(STARTS_AT + 10**9),
            nonce=nonce,
        )

    def _register(self, mandate: Mandate, borrower: LocalAccount) -> int:
        trigger = self._ground.trigger
        signed = mandate_data(mandate, self._chain.chain_id, to_checksum_address(trigger)).sign(borrower)
        return self._send(Role.STRANGER.address, trigger, signed_call(TRIGGER, "register", mandate, signed))

    def _fire(self, mandate: Mandate) -> int:
        keeper = Role.KEEPER.address
        return self._send(keeper, self._ground.trigger, call(TRIGGER, "fire", mandate, keeper))

    def _perform(self, mandates: Sequence[Mandate]) -> int:
        """Gas of one ``performUpkeep`` in which every item fires."""
        items = b"".join(call(TRIGGER, "fire", mandate, 0)[4:-32] for mandate in mandates)
        data = (32).to_bytes(32) + len(mandates).to_bytes(32) + items
        mined = self._meter.mine(Role.KEEPER.address, self._ground.trigger, TRIGGER.encode_call("performUpkeep", data))
        assert mined.topics.count(TRIGGER.topic("Fired")) == len(mandates), "an item of the batch failed"
        return mined.gas_used

    # ---------------------------------------------------------------- money and prices

    def _equip(self, account: str) -> None:
        for token in (self._loan, self._collateral):
            self._mint(token, account)
            self._send(account, token, TOKEN.encode_call("approve", self._ground.vault, 2**256 - 1))

    def _mint(self, token: str, account: str) -> None:
        self._send(account, token, TOKEN.encode_call("mint", account, PURSE))

    def _price(self, dollars: int) -> None:
        feed = self._ground.feeds[FeedName.BASE]
        self._send(Role.OWNER.address, feed, call(FEED, "push", dollars * 10**FeedName.BASE.value, self._meter.now))

    def _send(self, sender: str, to: str, data: bytes) -> int:
        return self._meter.mine(sender, to, data).gas_used

    def _measured(self, operation: str, gas: int, scenario: str) -> None:
        self.measured.append(Measurement(operation, gas, scenario))


def _offer(lender: Role, loan: str, collateral: str, oracle: str) -> Offer:
    return Offer(
        lender=lender.address,
        borrower=ANYONE,
        loan_token=loan,
        collateral_token=collateral,
        oracle=oracle,
        limit=usdc(100_000),
        min_collateral=weth(100),
        apr_bps=Bps(1_000),
        origination_bps=Bps(50),
        commitment_bps=Bps(100),
        penalty_bps=Bps(500),
        initial_ltv_bps=Bps(6_000),
        liquidation_ltv_bps=Bps(8_000),
        bonus_bps=Bps(500),
        in_kind_ltv_bps=Bps(7_000),
        in_kind_discount_bps=Bps(200),
        amort_bps=Bps(1_000),
        period_hours=PERIOD_S // HOUR,
        grace_hours=72,
        draw_window_hours=WINDOW_S // HOUR,
        term_hours=365 * 24,
        expiry=Timestamp(STARTS_AT + 10**9),
        group=1,
        group_cap=Wei(MAX_LIMIT),
        epoch=0,
    )


def _adapter(ground: Ground, loan: str, collateral: str) -> bytes:
    none = {"feed": ANYONE, "heartbeat": 0, "margin": 0}
    return ground.adapter.creation_with(
        {
            "loanToken": loan,
            "collateralToken": collateral,
            "base": {"feed": ground.feeds[FeedName.BASE], "heartbeat": NEVER_STALE, "margin": 0},
            "quote": none,
            "crossCheck": none,
            "sequencer": ANYONE,
            "sequencerGrace": 0,
            "maxDeviationBps": 0,
            "minPriceE36": 1,
            "maxPriceE36": 2**256 - 1,
        }
    )


def _account(name: str) -> LocalAccount:
    account: LocalAccount = Account.from_key(keccak(text=name))
    return account
