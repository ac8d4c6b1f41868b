"""One step of a history: concrete, so that a history stays what it is when other steps are left out of it."""

from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

from eth_utils.address import to_checksum_address

from orchestrator.chain.typed_data import mandate_data, offer_data
from orchestrator.credit.mandate import Mandate
from orchestrator.credit.repayment import NO_THRESHOLD, Need, Repayment
from orchestrator.credit.units import Bps, Wei
from scripts.deploy.create2 import PROXY
from tests.contracts.support.chain import Call
from tests.contracts.support.deal import SALT, STARTS_AT, Deal
from tests.contracts.support.ground import FEED, TOKEN, TRIGGER, VAULT, FeedName, Ground, Role
from tests.contracts.support.words import call, signed_call

NO_FEE: Final = Bps(0)


class Action(Enum):
    """The contract's functions by their names; PUSH writes a round of a feed, WAIT only looks.

    ALLOW is the loan token's: what the trigger may take from the borrower's wallet.
    """

    OPEN = "open"
    DEPOSIT = "deposit"
    WITHDRAW = "withdraw"
    DEPOSIT_RESERVE = "depositReserve"
    WITHDRAW_RESERVE = "withdrawReserve"
    DRAW = "draw"
    REPAY = "repay"
    REPAY_FROM_RESERVE = "repayFromReserve"
    REPAY_IN_KIND = "repayInKind"
    CLAIM_LOAN = "claim (loan)"
    CLAIM_COLLATERAL = "claim (collateral)"
    CLOSE = "close"
    TERMINATE = "terminate"
    LIQUIDATE = "liquidate"
    SET_OPERATOR = "setOperator"
    ALLOW = "approve"
    REGISTER = "register"
    REVOKE = "revoke"
    FIRE = "fire"
    PUSH = "push"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Step:
    """What ``by`` does in the second ``at``; fields that the action does not use are left at their defaults.

    Attributes:
        amount: what is asked for; the answer of a PUSH; the nonce of a REVOKE; the allowance of an ALLOW.
        need, threshold_bps: what a payment from reserve or in kind is to cover.
        bound: the most that may be spent (from reserve, in kind), the least that must be seized (liquidate).
        to: who receives; the keeper where there is one.
        forged: the signature is a stranger's.
    """

    at: int
    by: Role
    action: Action
    line: int = 1
    amount: int = 0
    bound: int = 0
    fee_bps: Bps = NO_FEE
    need: Need = Need.AMOUNT
    threshold_bps: Bps = NO_THRESHOLD
    to: Role = Role.RECIPIENT
    feed: FeedName = FeedName.BASE
    mandate: Mandate | None = None
    trigger_operates: bool = False
    approved: bool = False
    forged: bool = False

    @property
    def repayment(self) -> Repayment:
        """What a payment from reserve or in kind asks for."""
        return Repayment(self.need, self.threshold_bps, Wei(self.amount), self.bound, self.fee_bps)

    def __str__(self) -> str:
        shown = [f"t={self.at} {self.by.value} {self.action.value}"]
        if self.action is Action.PUSH:
            return f"{shown[0]} {self.feed.name.lower()} {self.amount}"
        if self.action is Action.SET_OPERATOR:
            return f"{shown[0]} {'trigger' if self.trigger_operates else 'operator'} {self.approved}"
        of_no_line = (Action.OPEN, Action.REVOKE, Action.ALLOW)
        shown += [f"line {self.line}"] if self.action not in of_no_line else []
        shown += [f"{name} {value}" for name, value in self._values() if value]
        return ", ".join(shown)

    def _values(self) -> list[tuple[str, object]]:
        return [
            ("amount", self.amount),
            ("bound", self.bound),
            ("fee", self.fee_bps),
            ("need", self.need.name if self.need else ""),
            ("threshold", self.threshold_bps),
            ("to", self.to.value),
            ("mandate", self.mandate),
            ("forged", self.forged),
        ]


def call_of(step: Step, deal: Deal, ground: Ground) -> Call | None:
    """The transaction that a step is; None when it only looks."""
    if step.action is Action.WAIT:
        return None
    if step.action is Action.PUSH:
        return Call(step.by.address, ground.feeds[step.feed], call(FEED, "push", step.amount, step.at))
    if step.action is Action.ALLOW:
        return Call(step.by.address, deal.loan_token, TOKEN.encode_call("approve", ground.trigger, step.amount))
    if step.action in (Action.REGISTER, Action.REVOKE, Action.FIRE):
        return Call(step.by.address, ground.trigger, _to_trigger(step, ground))
    return Call(step.by.address, ground.vault, _to_vault(step, deal, ground))


def market_calls(deal: Deal, ground: Ground) -> list[Call]:
    """First rounds, the deal's adapter, and its market: number 1, since no other was listed before."""
    owner, offer = Role.OWNER.address, deal.offer
    listing = call(VAULT, "createMarket", deal.loan_token, deal.collateral_token, offer.oracle, deal.min_debt)
    rounds = [
        Call(owner, ground.feeds[feed], call(FEED, "push", answer, STARTS_AT))
        for feed, answer in deal.opening_answers.items()
    ]
    return [*rounds, Call(owner, PROXY, SALT + deal.oracle_creation), Call(owner, ground.vault, listing)]


def _to_trigger(step: Step, ground: Ground) -> bytes:
    if step.action is Action.REVOKE:
        return call(TRIGGER, "revoke", step.amount)
    assert step.mandate is not None
    if step.action is Action.FIRE:
        return call(TRIGGER, "fire", step.mandate, step.to.address)
    signer = Role.STRANGER if step.forged else Role.BORROWER
    signature = mandate_data(step.mandate, ground.chain_id, to_checksum_address(ground.trigger)).sign(signer.account)
    return signed_call(TRIGGER, "register", step.mandate, signature)


def _to_vault(step: Step, deal: Deal, ground: Ground) -> bytes:
    encode, line, amount, to = partial(call, VAULT), step.line, step.amount, step.to.address
    borrower = int(Role.BORROWER.address, 16)
    match step.action:
        case Action.OPEN:
            signer = Role.STRANGER if step.forged else Role.LENDER
            signature = offer_data(deal.offer, ground.chain_id, to_checksum_address(ground.vault)).sign(signer.account)
            return signed_call(VAULT, "open", deal.offer, signature, amount, borrower)
        case Action.DEPOSIT | Action.DEPOSIT_RESERVE | Action.REPAY:
            return encode(step.action.value, line, amount)
        case Action.WITHDRAW | Action.WITHDRAW_RESERVE | Action.DRAW:
            return encode(step.action.value, line, amount, to)
        case Action.REPAY_FROM_RESERVE | Action.REPAY_IN_KIND:
            return encode(step.action.value, line, step.repayment, to)
        case Action.CLAIM_LOAN:
            return encode("claim", line, deal.loan_token, to)
        case Action.CLAIM_COLLATERAL:
            return encode("claim", line, deal.collateral_token, to)
        case Action.CLOSE:
            return encode("close", line, to)
        case Action.TERMINATE:
            return encode("terminate", line)
        case Action.LIQUIDATE:
            return encode("liquidate", line, amount, step.bound, to)
        case Action.SET_OPERATOR:
            operator = ground.trigger if step.trigger_operates else Role.OPERATOR.address
            return encode("setOperator", operator, step.approved)
        case _:
            raise AssertionError(f"{step.action} is no call of the vault")
