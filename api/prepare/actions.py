"""What borrowers, lenders and anybody else can do on-chain, each as the call that does it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from eth_typing import ChecksumAddress
from pydantic import ConfigDict, Field

from api.lines.rows import LineRow
from api.mandates.schemas import MandateMessage
from api.offers.schemas import OfferMessage
from api.prepare.erc20 import ERC20
from api.tokens import Tokens
from api.wire import Address, Hash, Int64, Uint96, Uint256, WireModel, checksum
from api.words import amount as amount_words
from api.words import hours
from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract, load_contract
from orchestrator.chain.typed_data import mandate_data
from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.units import Timestamp, zero_floor_sub
from orchestrator.triggers.words import percent

MOST_SIGNATURE_DIGITS: Final = 8_192


@dataclass(frozen=True, slots=True)
class Call:
    """A call to one of our contracts, or an approval for one. ``takes``: (token, base units) pulled from the sender."""

    to: ChecksumAddress
    contract: Contract
    function: str
    arguments: tuple[Any, ...]
    words: str
    takes: Sequence[tuple[ChecksumAddress, int]] = field(default=())


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known at the snapshot. ``line``, ``offer`` and ``feed_decimals`` are of what the action names."""

    book: AddressBook
    tokens: Tokens
    now: Timestamp
    line: LineRow | None = None
    offer: tuple[OfferMessage, bytes] | None = None
    feed_decimals: int | None = None

    @property
    def the_line(self) -> LineRow:
        assert self.line is not None, "the action names a line"
        return self.line

    @property
    def loan_token(self) -> ChecksumAddress:
        return ChecksumAddress(checksum(self.the_line.loan_token))  # type: ignore[arg-type]

    @property
    def collateral_token(self) -> ChecksumAddress:
        return ChecksumAddress(checksum(self.the_line.collateral_token))  # type: ignore[arg-type]

    def loan(self, base_units: int) -> str:
        return amount_words(self.tokens.amount(self.the_line.loan_token, base_units))

    def collateral(self, base_units: int) -> str:
        return amount_words(self.tokens.amount(self.the_line.collateral_token, base_units))

    def vault(self, function: str, *arguments: Any, words: str, takes: Sequence[tuple[str, int]] = ()) -> Call:
        pulled = [(ChecksumAddress(token), amount) for token, amount in takes]  # type: ignore[arg-type]
        return Call(self.book.vault, load_contract("CreditVault"), function, arguments, words, pulled)

    def trigger(self, function: str, *arguments: Any, words: str) -> Call:
        return Call(self.book.trigger, load_contract("RepayTrigger"), function, arguments, words)


class Action(WireModel, ABC):
    """Somebody's wish. ``name`` is the last part of the operation's path."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)
    name: ClassVar[str]
    summary: ClassVar[str]

    sender: Address = Field(alias="from", description="Who signs and sends it.")

    @abstractmethod
    def call(self, facts: Facts) -> Call:
        """What is sent, if the wish is as ``facts`` allow."""


class OnLine(Action):
    """Something done to one line."""

    line_id: Int64


class OfAmount(OnLine):
    """With an amount in base units of the token that it moves."""

    amount: Uint96


class ToSomebody(OfAmount):
    """Paid to ``to``, or to the sender if nobody is named."""

    to: Address | None = None

    @property
    def payee(self) -> str:
        return self.to or self.sender


class Approve(Action):
    name = "approve"
    summary = "Prepare: let the vault take a token"

    token: Address
    amount: Uint256

    def call(self, facts: Facts) -> Call:
        allowed = amount_words(facts.tokens.amount(self.token, self.amount))
        words = f"let the vault take up to {allowed} from {self.sender}"
        token = ChecksumAddress(self.token)  # type: ignore[arg-type]
        return Call(token, ERC20, "approve", (facts.book.vault, self.amount), words)


class Open(Action):
    name = "open"
    summary = "Prepare: open a line under an offer"

    offer_hash: Hash
    amount: Uint96
    borrower: Address | None = Field(
        default=None, description="For whom, if not the sender; the sender pays all the same."
    )

    def call(self, facts: Facts) -> Call:
        assert facts.offer is not None, "the action names an offer"
        message, signature = facts.offer
        offer = message.offer()
        collateral = -(-offer.min_collateral * self.amount // offer.limit)
        fee = -(-self.amount * offer.origination_bps // 10_000)
        borrower = self.borrower or self.sender
        lent, secured = (
            amount_words(facts.tokens.amount(token, amount))
            for token, amount in ((message.loan_token, self.amount), (message.collateral_token, collateral))
        )
        fee_words = amount_words(facts.tokens.amount(message.loan_token, fee))
        return facts.vault(
            "open", message.model_dump(by_alias=True, mode="python"), signature, self.amount, borrower,
            words=f"open a line of {lent} for {borrower}, with {secured} as collateral and a fee of {fee_words}: "
            f"{percent(offer.apr_bps)} a year on what is drawn and {percent(offer.commitment_bps)} on what is not, "
            f"a bill every {hours(offer.period_hours)} with {hours(offer.grace_hours)} of grace, "
            f"all of it due after {hours(offer.term_hours)}, and liquidated above {percent(offer.liquidation_ltv_bps)} "
            "of the collateral's value",
            takes=[(message.collateral_token, collateral), (message.loan_token, fee)],
        )  # fmt: skip


class Deposit(OfAmount):
    name = "deposit"
    summary = "Prepare: add collateral"

    def call(self, facts: Facts) -> Call:
        words = f"add {facts.collateral(self.amount)} to the collateral of line {self.line_id}"
        takes = [(facts.collateral_token, self.amount)]
        return facts.vault("deposit", self.line_id, self.amount, words=words, takes=takes)


class DepositReserve(OfAmount):
    name = "deposit_reserve"
    summary = "Prepare: add to the reserve"

    def call(self, facts: Facts) -> Call:
        words = f"add {facts.loan(self.amount)} to the reserve of line {self.line_id}"
        takes = [(facts.loan_token, self.amount)]
        return facts.vault("depositReserve", self.line_id, self.amount, words=words, takes=takes)


class Withdraw(ToSomebody):
    name = "withdraw"
    summary = "Prepare: take collateral back"

    def call(self, facts: Facts) -> Call:
        words = f"take {facts.collateral(self.amount)} of the collateral of line {self.line_id} to {self.payee}"
        return facts.vault("withdraw", self.line_id, self.amount, self.payee, words=words)


class WithdrawReserve(ToSomebody):
    name = "withdraw_reserve"
    summary = "Prepare: take reserve back"

    def call(self, facts: Facts) -> Call:
        words = f"take {facts.loan(self.amount)} of the reserve of line {self.line_id} to {self.payee}"
        return facts.vault("withdrawReserve", self.line_id, self.amount, self.payee, words=words)


class Draw(ToSomebody):
    name = "draw"
    summary = "Prepare: draw"

    def call(self, facts: Facts) -> Call:
        words = f"draw {facts.loan(self.amount)} on line {self.line_id} to {self.payee}"
        return facts.vault("draw", self.line_id, self.amount, self.payee, words=words)


class Repay(OfAmount):
    name = "repay"
    summary = "Prepare: repay"

    def call(self, facts: Facts) -> Call:
        owed = _owed(facts)
        taken = min(self.amount, owed)
        words = f"repay {facts.loan(taken)} of the {facts.loan(owed)} that are owed on line {self.line_id}"
        return facts.vault("repay", self.line_id, self.amount, words=words, takes=[(facts.loan_token, taken)])


class Close(OnLine):
    name = "close"
    summary = "Prepare: pay everything and leave"

    to: Address | None = None

    def call(self, facts: Facts) -> Call:
        payee, reserve = self.to or self.sender, facts.the_line.reserve
        cash = zero_floor_sub(_owed(facts), reserve)
        words = (
            f"close line {self.line_id}: pay {facts.loan(_owed(facts))}, from the reserve first and {facts.loan(cash)} "
            f"in cash, and return collateral and the rest of the reserve to {payee}. What is owed grows by the second"
        )
        return facts.vault("close", self.line_id, payee, words=words, takes=[(facts.loan_token, cash)])


class Claim(OnLine):
    name = "claim"
    summary = "Prepare: claim what a line paid"

    token: Address
    to: Address | None = None

    def call(self, facts: Facts) -> Call:
        payee, name = self.to or self.sender, facts.tokens.find(self.token).name
        words = f"claim the {name} that line {self.line_id} paid, to {payee}"
        return facts.vault("claim", self.line_id, self.token, payee, words=words)


class Terminate(OnLine):
    name = "terminate"
    summary = "Prepare: end drawing on a line"

    def call(self, facts: Facts) -> Call:
        words = f"move what is undrawn on line {self.line_id} to its holder's claim, for good"
        return facts.vault("terminate", self.line_id, words=words)


class Liquidate(OnLine):
    name = "liquidate"
    summary = "Prepare: liquidate"

    max_repaid: Uint96
    min_seized: Uint96 = 0
    to: Address | None = None

    def call(self, facts: Facts) -> Call:
        payee = self.to or self.sender
        words = (
            f"liquidate line {self.line_id}: pay at most {facts.loan(self.max_repaid)} of its debt and take at least "
            f"{facts.collateral(self.min_seized)} of its collateral to {payee}"
        )
        takes = [(facts.loan_token, min(self.max_repaid, _owed(facts)))]
        return facts.vault("liquidate", self.line_id, self.max_repaid, self.min_seized, payee, words=words, takes=takes)


class SetOperator(Action):
    name = "set_operator"
    summary = "Prepare: let an operator act, or no longer"

    operator: Address
    approved: bool

    def call(self, facts: Facts) -> Call:
        trigger = " (the repay trigger)" if self.operator == facts.book.trigger else ""
        may = "let" if self.approved else "no longer let"
        words = f"{may} {self.operator}{trigger} act on all lines of {self.sender}: draw, pay and close to it alone"
        return facts.vault("setOperator", self.operator, self.approved, words=words)


class CancelGroup(Action):
    name = "cancel_group"
    summary = "Prepare: cancel a group of offers"

    loan_token: Address
    group: Uint256

    def call(self, facts: Facts) -> Call:
        name = facts.tokens.find(self.loan_token).name
        words = f"cancel every offer of {self.sender} in {name} of group {self.group}, for good"
        return facts.vault("cancelGroup", self.loan_token, self.group, words=words)


class BumpEpoch(Action):
    name = "bump_epoch"
    summary = "Prepare: cancel all your offers"

    def call(self, facts: Facts) -> Call:
        words = f"cancel every offer that {self.sender} has signed for its present epoch, by moving on to the next"
        return facts.vault("bumpEpoch", words=words)


class RegisterMandate(Action):
    name = "register_mandate"
    summary = "Prepare: register a signed mandate"

    mandate: MandateMessage
    signature: str = Field(pattern=f"^0x([0-9a-fA-F]{{2}}){{1,{MOST_SIGNATURE_DIGITS // 2}}}$")

    def call(self, facts: Facts) -> Call:
        message = dict(mandate_data(self.mandate.mandate(), facts.book.chain_id, facts.book.trigger).message)
        words = f"register a mandate on line {self.mandate.line_id}: {self.mandate.words(facts.feed_decimals)}"
        return facts.trigger("register", message, bytes.fromhex(self.signature[2:]), words=words)


class RevokeMandate(Action):
    name = "revoke_mandate"
    summary = "Prepare: revoke a mandate"

    nonce: Uint256

    def call(self, facts: Facts) -> Call:
        words = f"burn nonce {self.nonce} of {self.sender}: the mandate under it, registered or not, never fires again"
        return facts.trigger("revoke", self.nonce, words=words)


ACTIONS: Final[tuple[type[Action], ...]] = (
    Approve, Open, Deposit, DepositReserve, Withdraw, WithdrawReserve, Draw, Repay, Close, Claim, Terminate, Liquidate,
    SetOperator, CancelGroup, BumpEpoch, RegisterMandate, RevokeMandate,
)  # fmt: skip


def _owed(facts: Facts) -> int:
    """The debt at the snapshot's time, rounded up."""
    row = facts.the_line
    state = row.state
    return debt(state if state.over else advance(state, row.terms, facts.now))
