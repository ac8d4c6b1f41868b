"""Every object that the API takes or gives.

Written by `make client` from the OpenAPI document: change that, not this.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from covenant_client.model import Model
from covenant_client.scalars import Exact, OrNewer

Action: TypeAlias = Annotated[Literal["repay", "liquidate", "terminate"], OrNewer]
"""What is to be done to a line. Policy may want the last two; of liquidations people are told else."""


class Approve(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    token: str
    amount: Exact


class Attribute(Model):
    trait: str
    value: str


BillTime: TypeAlias = Annotated[
    Literal["unpaid", "within_1_day", "within_7_days", "within_30_days", "later", "never"], OrNewer
]
"""When the next bill of a line comes, from the second of the snapshot; each line is counted once."""


class BumpEpoch(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""


class CancelGroup(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    loan_token: str
    group: Exact


Cause: TypeAlias = Annotated[
    Literal["operator", "price_jump", "failures", "reconciliation", "finalized_mismatch"], OrNewer
]
"""Column ``holds.cause``. All but the first are placed by the circuit breaker."""


class ChainPosition(Model):
    """A block that something refers to, and whether a reorganisation replaced it, or still can."""

    block_number: int
    block_hash: str
    finality: Annotated[Literal["latest", "safe", "finalized", "orphaned"], OrNewer]


class Check(Model):
    """One thing that the service needs."""

    name: Annotated[Literal["database", "redis", "mirror", "node", "signers"], OrNewer]
    ok: bool
    detail: str
    hint: str | None
    """What to do about it; null when it is well."""


class Claim(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    token: str
    to: str | None = None


class Close(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    to: str | None = None


class Deposit(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    amount: Exact


class DepositReserve(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    amount: Exact


class Draw(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    amount: Exact
    to: str | None = None


EventOrder: TypeAlias = Annotated[Literal["oldest", "newest"], OrNewer]
"""How a stretch of the log is read."""


FeedStatus: TypeAlias = Annotated[
    Literal["fresh", "late", "frozen", "jumped", "stale", "out_of_bounds", "unknown"], OrNewer
]
"""From best to worst: of several judgements on a feed, the last in this order is told."""


HealthBandName: TypeAlias = Annotated[
    Literal["unhealthy", "critical", "tight", "watched", "comfortable", "no_debt", "no_price"], OrNewer
]
"""How far the price of the collateral must fall until a line is unhealthy."""


class Instant(Model):
    """A second, or for our own clock a fraction of it, in both common forms."""

    epoch_s: int
    rfc3339: AwareDatetime | None
    """Null after the year 9999, which the form cannot write."""


IntentStatus: TypeAlias = Annotated[
    Literal["queued", "signed", "broadcast", "mined", "finalized", "failed", "cancelled"], OrNewer
]
"""Column ``intents.status``."""


class Liquidate(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    max_repaid: Exact
    min_seized: Exact | None = 0
    to: str | None = None


class Live(Model):
    """The process answers."""

    status: Annotated[Literal["ok"], OrNewer] = "ok"


class MandateMessage(Model):
    """
    The EIP-712 message of a mandate.

    `kind`: 0 due, 1 loan-to-value, 2 level, 3 share. `source`: 0 reserve, 1 collateral, 2 reserve with top-up. Fields
    that the kind does not use are zero.
    """

    model_config = ConfigDict(
        extra="forbid",
    )
    lineId: Exact
    kind: Exact
    source: Exact
    thresholdBps: Exact
    shareBps: Exact
    feeBps: Exact
    periodHours: Exact
    capPerPeriod: Exact
    """Bounds payment plus fee in each period of the mandate's own."""
    amount: Exact
    feed: str
    above: bool
    level: Exact
    expiry: Exact
    nonce: Exact


class MandatePayload(Model):
    """A mandate as a wallet signs it. Hand `typed_data` to `eth_signTypedData_v4` unchanged."""

    chain_id: int
    trigger: str
    mandate_hash: str
    """The mandate's identity: its EIP-712 struct hash."""
    digest: str
    """The 32 bytes that are signed."""
    typed_data: dict[str, Any]
    words: str


class MandateToSign(Model):
    """What a borrower wants to happen without it."""

    model_config = ConfigDict(
        extra="forbid",
    )
    mandate: MandateMessage


class NewSubmission(Model):
    """A transaction that a wallet signed: its bytes, to be passed on; or its hash, if the wallet has sent it itself."""

    model_config = ConfigDict(
        extra="forbid",
    )
    signed_transaction: str | None = None
    tx_hash: str | None = None


class NewWebhook(Model):
    """Where events shall be sent, and which."""

    model_config = ConfigDict(
        extra="forbid",
    )
    url: str
    kinds: list[str] | None = None
    """Only these, and what takes them back; none for all."""
    line_id: int | None = None
    after: int | None = None
    """Begin after this position; without it, with what comes now."""


class OfferMessageInput(Model):
    """The EIP-712 message of an offer, named as in Solidity. Amounts are base units, rates basis points a year."""

    model_config = ConfigDict(
        extra="forbid",
    )
    lender: str
    borrower: str
    """The zero address means anyone."""
    loanToken: str
    collateralToken: str
    oracle: str
    limit: Exact
    minCollateral: Exact
    """For the whole limit; a smaller fill brings its share, rounded up."""
    aprBps: Exact
    originationBps: Exact
    commitmentBps: Exact
    penaltyBps: Exact
    initialLtvBps: Exact
    liquidationLtvBps: Exact
    bonusBps: Exact
    inKindLtvBps: Exact
    inKindDiscountBps: Exact
    amortBps: Exact
    periodHours: Exact
    graceHours: Exact
    drawWindowHours: Exact
    termHours: Exact
    expiry: Exact
    """The last second, in chain time, at which a line can be opened under it."""
    group: Exact
    groupCap: Exact
    """What all offers of this lender, loan token and group may lend together."""
    epoch: Exact


class OfferMessageOutput(Model):
    """The EIP-712 message of an offer, named as in Solidity. Amounts are base units, rates basis points a year."""

    lender: str
    borrower: str
    """The zero address means anyone."""
    loanToken: str
    collateralToken: str
    oracle: str
    limit: Exact
    minCollateral: Exact
    """For the whole limit; a smaller fill brings its share, rounded up."""
    aprBps: Exact
    originationBps: Exact
    commitmentBps: Exact
    penaltyBps: Exact
    initialLtvBps: Exact
    liquidationLtvBps: Exact
    bonusBps: Exact
    inKindLtvBps: Exact
    inKindDiscountBps: Exact
    amortBps: Exact
    periodHours: Exact
    graceHours: Exact
    drawWindowHours: Exact
    termHours: Exact
    expiry: Exact
    """The last second, in chain time, at which a line can be opened under it."""
    group: Exact
    groupCap: Exact
    """What all offers of this lender, loan token and group may lend together."""
    epoch: Exact


class OfferToSign(Model):
    """What a lender wants to offer."""

    model_config = ConfigDict(
        extra="forbid",
    )
    offer: OfferMessageInput


class Open(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    offer_hash: str
    amount: Exact
    borrower: str | None = None
    """For whom, if not the sender; the sender pays all the same."""


class PostedOffer(Model):
    """An offer of the order book, as it was posted. Nothing in it ever changes."""

    chain_id: int
    vault: str
    offer_hash: str
    offer: OfferMessageOutput
    signature: str
    posted_at: Instant


class Price(Model):
    """
    Of collateral in loan token. `e36` is exact: loan base units for one collateral base unit, times 10^36.

    `decimal` is the same for people: whole loan tokens for one whole collateral token, rounded down to 8 places.
    """

    e36: Exact
    decimal: str | None
    """Null when the address book does not know the tokens' decimals."""


class Provenance(Model):
    """The log that a fact was read from. `finality` says whether a reorganisation can still replace its block."""

    block_number: int
    block_hash: str
    log_index: int
    tx_hash: str
    finality: Annotated[Literal["latest", "safe", "finalized"], OrNewer]


class Ready(Model):
    """Whether everything that moves money is in place. `ready` exactly when each check is `ok`."""

    ready: bool
    checks: list[Check]


class Reconciliation(Model):
    """One comparison of everything the mirror holds of a vault with the vault itself, at one block."""

    id: UUID
    chain_id: int
    vault: str
    block: ChainPosition
    facts_compared: int
    equal: bool
    differences: list[dict[str, Any]]
    """Empty exactly when `equal`."""
    started_at: Instant
    finished_at: Instant
    duration_ms: int


class Redelivery(Model):
    """Which event to send once more."""

    model_config = ConfigDict(
        extra="forbid",
    )
    event_id: UUID


class RegisterMandate(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    mandate: MandateMessage
    signature: str


class Repay(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    amount: Exact


class Replay(Model):
    """From where to send everything again."""

    model_config = ConfigDict(
        extra="forbid",
    )
    after: int
    """A position; 0 for all."""


class Revert(Model):
    """Why the contract would refuse."""

    error: str
    """The name of the contract's error, such as `BillUnpaid`; or what the node said."""
    detail: str
    """The error with its values."""
    hint: str


class RevokeMandate(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    nonce: Exact


Role: TypeAlias = Annotated[Literal["borrower", "lender", "operator", "auditor"], OrNewer]
"""What an account is to the service. Every wallet may borrow and lend; the others are granted by hand."""


class Round(Model):
    """One answer of a feed, as it was given: it may be zero or negative, and is not judged here."""

    round_id: Exact
    answer: Exact
    """In the feed's decimals."""
    decimal: str
    """The same, written out."""
    updated_at: Instant
    log: Provenance


class RoundCause(Model):
    """The oracle round that made it fire."""

    feed: str
    pair: str | None
    round_id: Exact
    answer: Exact | None
    """In the feed's decimals; null when the round is not mirrored."""
    decimals: int | None
    updated_at: Instant | None


Scope: TypeAlias = Annotated[
    Literal["alerts:read", "keys:write", "offers:write", "transactions:write", "webhooks:write"], OrNewer
]
"""One thing that may be allowed. A key has some of those of its account, a session has all."""


class SetOperator(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    operator: str
    approved: bool


Severity: TypeAlias = Annotated[Literal["info", "warning", "critical"], OrNewer]
"""``critical``: money can't move as it should. ``warning``: it soon may not. ``info``: worth knowing."""


class SignIn(Model):
    """A signed message."""

    model_config = ConfigDict(
        extra="forbid",
    )
    message: str
    """EIP-4361, exactly as it was signed."""
    signature: str
    """65 bytes r, s, v of an externally owned account, or whatever a contract wallet (ERC-1271) takes."""


class SignInChallenge(Model):
    """A message to be signed with `personal_sign`, once, until `expires_at`."""

    message: str
    nonce: str
    expires_at: Instant


class SignInRequest(Model):
    """Who wants to sign in."""

    model_config = ConfigDict(
        extra="forbid",
    )
    address: str


class SignedOffer(Model):
    """An offer with its lender's signature."""

    model_config = ConfigDict(
        extra="forbid",
    )
    chain_id: int
    vault: str
    offer: OfferMessageInput
    signature: str
    """65 bytes r, s, v of an externally owned account, or whatever a contract wallet (ERC-1271) takes."""


class Simulation(Model):
    """What the transaction would do if it were mined now."""

    ok: bool
    result: Any
    """What the function returns; integers as decimal strings."""
    revert: Revert | None
    block_number: int
    block_hash: str


Sort: TypeAlias = Annotated[Literal["id", "-id", "next_due", "principal", "-principal"], OrNewer]
"""By which a page is ordered. Lines that will have no bill are not among those by ``next_due``."""


class StatePosition(Model):
    """The log of the last action on a line."""

    block_number: int
    log_index: int
    finality: Annotated[Literal["latest", "safe", "finalized"], OrNewer]


StatusName: TypeAlias = Annotated[Literal["current", "due", "past_due", "default", "closed", "written_off"], OrNewer]
"""Where a line stands with its bills. `due` lasts one second; `past_due` until the grace is over."""


class Submission(Model):
    """
    A transaction of yours, and what became of it.

    `dropped`: its nonce was used by another transaction, so it will never be mined. `unknown`: no node answers now.
    """

    id: UUID
    chain_id: int
    tx_hash: str
    sender: str
    """Who signed it."""
    to: str
    function: str
    """Of the contract, such as `repay`."""
    line_id: int | None
    submitted_at: Instant
    status: Annotated[Literal["pending", "mined", "reverted", "dropped", "unknown"], OrNewer]
    block: ChainPosition | None
    """Null until it is mined."""
    why_reverted: str | None


class Terminate(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int


class Terms(Model):
    """What the lender signed, and the seconds that follow from it."""

    apr_bps: int
    commitment_bps: int
    penalty_bps: int
    initial_ltv_bps: int
    liquidation_ltv_bps: int
    bonus_bps: int
    in_kind_ltv_bps: int
    in_kind_discount_bps: int
    amort_bps: int
    period_hours: int
    grace_hours: int
    draw_window_hours: int
    term_hours: int
    draw_window_ends_at: Instant
    matures_at: Instant


class Token(Model):
    address: str
    symbol: str | None
    decimals: int | None


class TokenAmount(Model):
    """
    An amount in base units of a token, which is named by its symbol, or by its address if nothing knows it.

    `base_units` / 10^`decimals` is the amount in whole tokens.
    """

    base_units: Exact
    token: str
    decimals: int | None


class TokenReserves(Model):
    """What the lines have in the vault in one token, and what the token says that the vault has."""

    token: Token
    undrawn: TokenAmount
    reserve: TokenAmount
    collateral: TokenAmount
    claims: TokenAmount
    owed: TokenAmount
    """The four together: what the vault must be able to pay out."""
    balance: TokenAmount | None
    """The token's `balanceOf` the vault at the snapshot's block."""
    surplus: TokenAmount | None
    """`balance` less `owed`: what no line brought to the vault."""
    covered: bool | None
    """Whether `balance` is at least `owed`; null when no node tells."""


class TriggerCause(Model):
    """What made it fire: a round, or a bill that became due."""

    round: RoundCause | None
    due_at: Instant | None


TriggerStatus: TypeAlias = Annotated[
    Literal["pending", "sending", "mined", "done", "failed", "superseded", "skipped", "cancelled"], OrNewer
]
"""
`pending`: its intent is queued. `mined`: in a block that is not final. The last five are final.

`skipped`: the keeper's fee would not have paid for the gas. `cancelled`: an operator did not want it.
"""


class TypedDataPayload(Model):
    """An offer as a wallet signs it. Hand `typed_data` to `eth_signTypedData_v4` unchanged."""

    chain_id: int
    vault: str
    offer_hash: str
    """The offer's identity: its EIP-712 struct hash."""
    digest: str
    """The 32 bytes that are signed."""
    typed_data: dict[str, Any]


class Webhook(Model):
    """An endpoint of yours, and how far it has got."""

    id: UUID
    url: str
    kinds: list[str]
    line_id: int | None
    status: Annotated[Literal["enabled", "paused", "dead"], OrNewer]
    why_dead: str | None
    position: int
    """The last event that it is done with."""
    failures: int
    """Attempts in a row that failed."""
    failing_since: Instant | None
    next_attempt_at: Instant
    previous_secret_until: Instant | None
    created_at: Instant


class WebhookChanges(Model):
    """What is given is changed. Enabling a dead or paused webhook lets it go on where it stopped."""

    model_config = ConfigDict(
        extra="forbid",
    )
    url: str | None = None
    kinds: list[str] | None = None
    status: Annotated[Literal["enabled", "paused"], OrNewer] | None = None


class WebhookWithSecret(Model):
    """A webhook with its newest secret, which is shown when it is made and when it is rotated."""

    id: UUID
    url: str
    kinds: list[str]
    line_id: int | None
    status: Annotated[Literal["enabled", "paused", "dead"], OrNewer]
    why_dead: str | None
    position: int
    """The last event that it is done with."""
    failures: int
    """Attempts in a row that failed."""
    failing_since: Instant | None
    next_attempt_at: Instant
    previous_secret_until: Instant | None
    created_at: Instant
    secret: str
    """`whsec_…`, by the rules of Standard Webhooks."""


class Webhooks(Model):
    """Your webhooks, the oldest first."""

    items: list[Webhook]


class Withdraw(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    amount: Exact
    to: str | None = None


class WithdrawReserve(Model):
    model_config = ConfigDict(
        extra="forbid",
    )
    from_: Annotated[str, Field(alias="from")]
    """Who signs and sends it."""
    line_id: int
    amount: Exact
    to: str | None = None


class InvalidField(Model):
    """One value of a request that was refused."""

    at: str
    """Where it is: `body.offer.aprBps`, `query.limit`."""
    message: str


class ProblemBody(Model):
    """RFC 9457 problem details. Programs look at `code`; people read `detail` and `hint`."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    hint: str
    instance: str
    """The path that was asked for."""
    errors: list[InvalidField] | None = None
    """Each refused value, when there are several."""


class AccountRef(Model):
    """An account of this service."""

    id: UUID
    address: str | None
    roles: list[Role]


class Alert(Model):
    """Something a person should know. While a condition lasts there is one open alert with its key, which counts."""

    id: UUID
    key: str
    """The condition: `<kind>:<what>`."""
    severity: Severity
    message: str
    hint: str
    details: dict[str, Any]
    count: int
    raised_at: Instant
    last_seen_at: Instant
    resolved_at: Instant | None


class Allowance(Model):
    """What the transaction takes from its sender; it reverts where `approved` or `balance` is below `needed`."""

    spender: str
    token: str
    needed: TokenAmount
    approved: TokenAmount
    balance: TokenAmount


class ApiKey(Model):
    """A key of yours; not the secret, which nobody knows any more."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


class ApiKeys(Model):
    """Your keys, the newest first."""

    items: list[ApiKey]


class AsOf(Model):
    """The block whose state a whole response shows."""

    chain_id: int
    block_number: int
    block_hash: str
    timestamp: Instant


class Attempt(Model):
    """One signed transaction. All attempts share a nonce, so at most one is ever mined."""

    number: int
    tx_hash: str
    max_fee_per_gas_wei: Exact
    max_priority_fee_per_gas_wei: Exact
    signed_at: Instant
    broadcast_at: Instant | None
    broadcast_count: int


class Balances(Model):
    """What the vault holds for a line, and its drawn principal."""

    principal: TokenAmount
    undrawn: TokenAmount
    collateral: TokenAmount
    reserve: TokenAmount
    claim_loan: TokenAmount
    """Paid, and not yet claimed by the holder of the NFT."""
    claim_collateral: TokenAmount


class Bill(Model):
    due_at: Instant
    charges: TokenAmount
    principal: TokenAmount
    amount: TokenAmount


class CollateralTotals(Model):
    """What secures the lines, in one token."""

    token: Token
    collateral: TokenAmount
    claim: TokenAmount
    """Seized or paid in kind, and not yet claimed."""


class CreatedApiKey(Model):
    """A new key. `key` is shown this once."""

    id: UUID
    name: str
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None
    key: str
    """Send it as `Authorization: Bearer <key>`."""


class CurrentSession(Model):
    """Who is signed in, and what that account may do."""

    account: AccountRef
    scopes: list[Scope]
    expires_at: Instant | None
    """Null when an API key came instead of a session."""


class Delivery(Model):
    """One attempt, or one that is asked for and still to come (no `attempted_at`)."""

    number: int
    message_id: UUID
    """The event's id, the same in each attempt: `webhook-id`."""
    position: int | None
    """Null for a test."""
    requested_at: Instant
    attempted_at: Instant | None
    status_code: int | None
    error: str | None
    duration_ms: int | None


class DeliveryPage(Model):
    """Attempts, the newest first."""

    items: list[Delivery]
    next_cursor: str | None


class Event(Model):
    """One thing that happened, in the words of the contract's event. `position` orders all events for ever."""

    position: int
    id: UUID
    kind: str
    """Such as `line.opened`; `<kind>.reverted` takes back the event named in `reverts`."""
    vault: str | None
    line_id: int | None
    block_number: int
    block_hash: str
    log_index: int
    tx_hash: str
    finality: Annotated[Literal["latest", "safe", "finalized", "orphaned"], OrNewer]
    payload: dict[str, Any]
    reverts: UUID | None
    """The event that a reorganisation undid."""
    recorded_at: Instant


class EventLog(Model):
    """A stretch of the log of events, in the order that was asked for."""

    as_of: AsOf
    items: list[Event]
    last_position: int
    """Pass it as `after` to go on from here; as `before`, with `sort=newest`."""
    has_more: bool


class Feed(Model):
    """A feed that is followed, and the last judgement on it."""

    address: str
    pair: str
    decimals: int
    heartbeat_s: int
    """It answers at least this often."""
    margin_s: int
    """It is late, not stale, for this long after."""
    status: FeedStatus
    reason: str
    judged_at_block: int | None
    judged_at: Instant | None
    age_s: int | None
    """From its newest answer to the time of the snapshot."""
    newest: Round | None


class FeedDetail(Model):
    """One feed."""

    as_of: AsOf
    address: str
    pair: str
    decimals: int
    heartbeat_s: int
    """It answers at least this often."""
    margin_s: int
    """It is late, not stale, for this long after."""
    status: FeedStatus
    reason: str
    judged_at_block: int | None
    judged_at: Instant | None
    age_s: int | None
    """From its newest answer to the time of the snapshot."""
    newest: Round | None


class FeedList(Model):
    """All feeds, by pair."""

    as_of: AsOf
    items: list[Feed]


class Fillable(Model):
    """What a borrower can still open under an offer, by what the chain says. The lender's balance is not looked at."""

    open: bool
    why_not: (
        Annotated[Literal["unknown_market", "expired", "wrong_epoch", "group_cancelled", "group_consumed"], OrNewer]
        | None
    )
    """The first reason against it; null when it can be filled."""
    at_most: TokenAmount
    """The least of the offer's limit and what its group's cap leaves."""
    at_least: TokenAmount | None
    """The market's minimum debt."""
    group_consumed: TokenAmount | None
    """What the group has lent; null once it is cancelled."""
    lender_epoch: int
    expires_at: Instant


class Health(Model):
    """Debt against the value of the collateral, at the measuring price or at the one asked for."""

    price: Price | None
    """The oracle's measuring price, unless another was asked for."""
    price_from: Annotated[Literal["oracle", "asked"], OrNewer] | None
    price_unavailable: str | None
    """Why there is no price; null when there is one."""
    collateral_value: TokenAmount | None
    """Rounded down."""
    ltv_bps: int | None
    """Rounded up; null without a price, or without value."""
    healthy: bool | None
    """Null when it depends on a price that is not there."""
    unhealthy_at_or_below: Price | None
    """The greatest price at which the line can be liquidated; null when no price does it."""


class HealthBand(Model):
    """Open lines that are about as far from being unhealthy as one another."""

    band: HealthBandName
    fall_from_bps: int | None
    """The line becomes unhealthy if the price falls by this much …"""
    fall_to_bps: int | None
    """… or by more, but less than this; null for no bound."""
    lines: int
    debt: list[TokenAmount]
    """One for each loan token in which something is owed."""


class Hold(Model):
    """While it stands, nothing new is signed. A person lifts it, with `covenant resume`."""

    cause: Cause
    reason: str
    placed_at: Instant


class LoanTotals(Model):
    """What is lent in one token. Each line is rounded up before it is added."""

    token: Token
    limit: TokenAmount
    """What the open lines were opened for."""
    principal: TokenAmount
    accrued: TokenAmount
    """Interest, fees and penalties owed on top of the principal."""
    debt: TokenAmount
    """`principal` and `accrued`."""
    due: TokenAmount
    """The part of the debt that is billed and unpaid."""
    undrawn: TokenAmount
    reserve: TokenAmount
    claim: TokenAmount
    """Paid, and not yet claimed by the holders of the NFTs."""
    collateral_value: TokenAmount
    """Of the collateral behind it, each line's rounded down; markets without a price add nothing."""


class LtvPoint(Model):
    """Debt over value after one answer of the feed, or after one action on the line."""

    at: Instant
    debt: TokenAmount
    price: Price | None
    """Null while the feed's newest answer was too old to count."""
    collateral_value: TokenAmount | None
    """Rounded down."""
    ltv_bps: int | None
    """Rounded up; null without a price, or with debt and no value."""
    log: Provenance


class MandateOutlook(Model):
    """What must happen, as the line stands, for a mandate to fire."""

    fires_now: bool
    why_not: str | None
    need: TokenAmount
    pays: TokenAmount
    keeper_fee: TokenAmount
    seized: TokenAmount
    open_from: Instant | None
    """First second in which its period lets it fire; null for never."""
    due_at: Instant | None
    """`due` mandates: the second of the next bill."""
    at_or_below_price: Price | None
    """`ltv` mandates: the greatest price at which it may fire."""
    at_or_above_answer: Exact | None
    """`share` mandates: the least answer of the revenue feed at which something is owed."""


class MandateState(Model):
    """What the trigger contract remembers of a mandate, as it counts at `at`."""

    revoked: bool
    expired: bool
    fires: int
    """Firings so far; the occurrence in the key of the next one."""
    period: int
    period_closed: bool
    spent_in_period: TokenAmount
    cap_left: TokenAmount


class MarketRef(Model):
    """What is lent, what secures it, who prices it. Symbols and decimals are those of the address book."""

    market_id: int
    name: str
    loan: Token
    collateral: Token
    oracle: str
    min_debt: TokenAmount


class MarketTotals(Model):
    """The open lines of one market at the measuring price of its oracle."""

    market: MarketRef
    price: Price | None
    price_unavailable: str | None
    """Why there is no price; null when there is one."""
    open_lines: int
    debt: TokenAmount
    collateral: TokenAmount
    collateral_value: TokenAmount | None
    ltv_bps: int | None
    """All debt over all value, rounded up; null without a price or a value."""


class NewApiKey(Model):
    """What a program shall be able to do, and for how long."""

    model_config = ConfigDict(
        extra="forbid",
    )
    name: str
    scopes: list[Scope]
    expires_in_days: int | None = 90


class NextBill(Model):
    """A bill that comes after the snapshot's second if nobody draws or pays until then."""

    line_id: int
    borrower: str
    status: StatusName
    due_at: Instant
    amount: TokenAmount


class Note(Model):
    """The NFT of a line, as its contract describes it. All of it is text from the chain: escape it."""

    as_of: AsOf
    line_id: int
    nft: str
    holder: str
    name: str
    description: str
    image: str
    """A `data:image/svg+xml;base64,` URI. Show it by `<img src>`, where no script in it runs: never put the SVG itself into a page."""
    attributes: list[Attribute]


class OfferDetail(Model):
    """One offer."""

    as_of: AsOf
    chain_id: int
    vault: str
    offer_hash: str
    offer: OfferMessageOutput
    signature: str
    posted_at: Instant
    market_id: int | None
    fillable: Fillable


class Offered(Model):
    """An offer with its prospects."""

    chain_id: int
    vault: str
    offer_hash: str
    offer: OfferMessageOutput
    signature: str
    posted_at: Instant
    market_id: int | None
    fillable: Fillable


class Opening(Model):
    """How a line began."""

    at: Instant
    amount: TokenAmount
    origination_fee: TokenAmount
    offer_hash: str
    block_number: int
    tx_hash: str
    finality: Annotated[Literal["latest", "safe", "finalized"], OrNewer]


class Owed(Model):
    """What is owed at `at`, rounded up to whole base units."""

    due: TokenAmount
    """Billed and unpaid."""
    debt: TokenAmount
    """All that must be paid to owe nothing."""
    unpaid_since: Instant | None
    next_due_at: Instant | None
    """When the next bill comes, or came if unpaid; null for never."""
    defaults_at: Instant | None
    """First second in default if nobody draws or pays; null for never."""


class Payment(Model):
    """Debt that fell."""

    at: Instant | None
    payer: str
    paid_from: Annotated[Literal["cash", "reserve", "collateral", "liquidation"], OrNewer]
    charges: TokenAmount
    principal: TokenAmount
    amount: TokenAmount
    log: Provenance


class Payments(Model):
    """Payments on a line, the newest first."""

    as_of: AsOf
    line_id: int
    items: list[Payment]
    next_cursor: str | None


class Portfolio(Model):
    """Lines, added up."""

    as_of: AsOf
    at: Instant
    lines_by_status: dict[StatusName, int]
    """Every status is there, also with none."""
    loans: list[LoanTotals]
    collaterals: list[CollateralTotals]
    markets: list[MarketTotals]
    """Those that have a line, by their ids."""
    health: list[HealthBand]
    """From the worst to the best; every band is there."""
    lines_by_bill: dict[BillTime, int]
    """Open lines; every time is there, also with none."""
    next_bills: list[NextBill]
    """The ten that come first."""


class PreparedTransaction(Model):
    """An unsigned transaction. Hand `from`, `to`, `data`, `value` and `gas` to the wallet; the service needs no key."""

    as_of: AsOf
    action: str
    from_: Annotated[str, Field(alias="from")]
    to: str
    data: str
    value_wei: Exact
    gas_limit: int | None
    """A fifth above the node's estimate; null for what would revert."""
    chain_id: int
    words: str
    """What it does, for people to read before they sign."""
    simulation: Simulation
    allowances: list[Allowance]


class ReconciliationDetail(Model):
    """One reconciliation."""

    as_of: AsOf
    id: UUID
    chain_id: int
    vault: str
    block: ChainPosition
    facts_compared: int
    equal: bool
    differences: list[dict[str, Any]]
    """Empty exactly when `equal`."""
    started_at: Instant
    finished_at: Instant
    duration_ms: int


class ReconciliationPage(Model):
    """Reconciliations, the newest first."""

    as_of: AsOf
    items: list[Reconciliation]
    next_cursor: str | None


class Reserves(Model):
    """Proof of reserves: sums of the mirror against balances of the chain, both at one block."""

    as_of: AsOf
    vault: str
    covered: bool | None
    """Whether every token is; null when that cannot be said of one."""
    balance_unavailable: str | None
    """Why there are no balances; null when there are."""
    tokens: list[TokenReserves]


class RoundPage(Model):
    """Rounds of one feed, the newest first."""

    as_of: AsOf
    feed: str
    items: list[Round]
    next_cursor: str | None


class Schedule(Model):
    """Bills to come. Charges of a bill follow from the state at `as_of`; every action changes them."""

    as_of: AsOf
    line_id: int
    assumes: Annotated[Literal["paid_when_due", "nothing_is_paid"], OrNewer]
    status: StatusName
    draw_window_ends_at: Instant
    matures_at: Instant
    bills: list[Bill]
    complete: bool
    """Whether no bill follows these."""


class Sending(Model):
    """Whether new transactions are signed, and how many there are."""

    as_of: AsOf | None
    """Null while no block is mirrored."""
    held: bool
    holds: list[Hold]
    """The oldest first."""
    queued: int
    """Transactions that wait to be signed."""
    in_flight: int
    """Transactions that are signed and not final."""


class StoredState(Model):
    """The contract's `StoredState`, not accrued to the present. Charges are numerators over 10,000 · 365 days."""

    seq: int
    accrued_at: Instant
    principal: TokenAmount
    undrawn: TokenAmount
    unbilled_numerator: Exact
    billed_numerator: Exact
    billed_principal: TokenAmount
    unpaid_since: Instant | None
    collateral: TokenAmount
    reserve: TokenAmount
    claim_loan: TokenAmount
    claim_collateral: TokenAmount
    flags: int


class SubmissionDetail(Model):
    """One submission."""

    as_of: AsOf
    id: UUID
    chain_id: int
    tx_hash: str
    sender: str
    """Who signed it."""
    to: str
    function: str
    """Of the contract, such as `repay`."""
    line_id: int | None
    submitted_at: Instant
    status: Annotated[Literal["pending", "mined", "reverted", "dropped", "unknown"], OrNewer]
    block: ChainPosition | None
    """Null until it is mined."""
    why_reverted: str | None


class SubmissionPage(Model):
    """Your submissions, the newest first."""

    as_of: AsOf
    items: list[Submission]
    next_cursor: str | None


class Transaction(Model):
    """Something the service wants mined once, with everything it tried."""

    id: UUID
    chain_id: int
    signer: str | None
    to: str
    value_wei: Exact
    description: str
    status: IntentStatus
    nonce: int | None
    gas_limit: int | None
    gas_used: int | None
    tx_hash: str | None
    """Of the attempt that was mined."""
    mined: ChainPosition | None
    error_kind: str | None
    error: str | None
    created_at: Instant
    mined_at: Instant | None
    finished_at: Instant | None
    attempts: list[Attempt]
    trigger_ids: list[UUID]
    """The triggers that it carries."""


class TransactionDetail(Model):
    """One transaction."""

    as_of: AsOf
    id: UUID
    chain_id: int
    signer: str | None
    to: str
    value_wei: Exact
    description: str
    status: IntentStatus
    nonce: int | None
    gas_limit: int | None
    gas_used: int | None
    tx_hash: str | None
    """Of the attempt that was mined."""
    mined: ChainPosition | None
    error_kind: str | None
    error: str | None
    created_at: Instant
    mined_at: Instant | None
    finished_at: Instant | None
    attempts: list[Attempt]
    trigger_ids: list[UUID]
    """The triggers that it carries."""


class TransactionPage(Model):
    """Transactions, the newest first."""

    as_of: AsOf
    items: list[Transaction]
    next_cursor: str | None


class Trigger(Model):
    """
    One thing that had to be sent once: why, and what became of it.

    Its key is (chain, vault, line, action, mandate, occurrence); `generation` counts the tries after a final failure.
    """

    id: UUID
    chain_id: int
    vault: str
    line_id: int
    action: Action
    trigger_contract: str
    mandate_hash: str
    occurrence: int
    generation: int
    status: TriggerStatus
    why: str
    error: str | None
    cause: TriggerCause
    price_e36: Exact | None
    """The measuring price it was judged at: loan base units for one collateral base unit, times 10^36."""
    need: TokenAmount
    pays: TokenAmount
    evaluated: ChainPosition
    """The block it was judged at."""
    transaction_id: UUID | None
    tx_hash: str | None
    """Of the mined transaction."""
    mined: ChainPosition | None
    cause_seen_at: Instant
    created_at: Instant
    mined_at: Instant | None
    finished_at: Instant | None
    latency_ms: int | None
    """From when its cause was seen to when its transaction was seen mined."""


class TriggerDetail(Model):
    """One trigger."""

    as_of: AsOf
    id: UUID
    chain_id: int
    vault: str
    line_id: int
    action: Action
    trigger_contract: str
    mandate_hash: str
    occurrence: int
    generation: int
    status: TriggerStatus
    why: str
    error: str | None
    cause: TriggerCause
    price_e36: Exact | None
    """The measuring price it was judged at: loan base units for one collateral base unit, times 10^36."""
    need: TokenAmount
    pays: TokenAmount
    evaluated: ChainPosition
    """The block it was judged at."""
    transaction_id: UUID | None
    tx_hash: str | None
    """Of the mined transaction."""
    mined: ChainPosition | None
    cause_seen_at: Instant
    created_at: Instant
    mined_at: Instant | None
    finished_at: Instant | None
    latency_ms: int | None
    """From when its cause was seen to when its transaction was seen mined."""


class TriggerPage(Model):
    """Triggers, the newest first."""

    as_of: AsOf
    items: list[Trigger]
    next_cursor: str | None


class Version(Model):
    """The state after one action."""

    at: Instant | None
    stored: StoredState
    log: Provenance


class AlertPage(Model):
    """Alerts, the newest first."""

    as_of: AsOf | None
    """Null while no block is mirrored; alerts are told all the same."""
    items: list[Alert]
    next_cursor: str | None


class History(Model):
    """States of a line, the newest first."""

    as_of: AsOf
    line_id: int
    items: list[Version]
    next_cursor: str | None


class Line(Model):
    """A line as it stands at `at`."""

    chain_id: int
    vault: str
    line_id: int
    market: MarketRef
    borrower: str
    lender: str
    """Who lent. The claim belongs to `holder`."""
    holder: str | None
    """Owner of the NFT; null once it is burned."""
    opened: Opening
    at: Instant
    status: StatusName
    terminated: bool
    balances: Balances
    owed: Owed
    state: StatePosition


class LineDetail(Model):
    """One line in full."""

    as_of: AsOf
    chain_id: int
    vault: str
    line_id: int
    market: MarketRef
    borrower: str
    lender: str
    """Who lent. The claim belongs to `holder`."""
    holder: str | None
    """Owner of the NFT; null once it is burned."""
    opened: Opening
    at: Instant
    status: StatusName
    terminated: bool
    balances: Balances
    owed: Owed
    state: StatePosition
    terms: Terms
    stored: StoredState
    health: Health


class LinePage(Model):
    """Lines by ascending id. A page can be short although more follow: look at `next_cursor`, not at its length."""

    as_of: AsOf
    items: list[Line]
    next_cursor: str | None


class LtvOverTime(Model):
    """Debt over value through time, the newest first."""

    as_of: AsOf
    line_id: int
    feed: str | None
    """What prices the line; null, and no points, where several feeds do."""
    items: list[LtvPoint]


class Mandate(Model):
    """A registered mandate. Fields that its kind does not use are zero."""

    mandate_hash: str
    trigger: str
    borrower: str
    kind: Annotated[Literal["due", "ltv", "level", "share"], OrNewer]
    paid_from: Annotated[Literal["reserve", "collateral", "top_up"], OrNewer]
    threshold_bps: int
    share_bps: int
    fee_bps: int
    period_hours: int
    cap_per_period: TokenAmount
    amount: TokenAmount
    feed: str | None
    above: bool
    level: Exact
    expires_at: Instant
    nonce: Exact
    registered_at: Instant
    state: MandateState
    outlook: MandateOutlook | None
    """Null for a `share` mandate while the node is silent: what it has counted is in no event."""
    log: Provenance


class Mandates(Model):
    """The mandates on a line, in the order of their registration."""

    as_of: AsOf
    line_id: int
    at: Instant
    items: list[Mandate]


class MarketDetail(Model):
    """A market, and both readings of its oracle at the snapshot's block."""

    market: MarketRef
    measuring_price: Price | None
    """Loan-to-value and liquidations use it."""
    measuring_unavailable: str | None
    """Why there is none; null when there is one."""
    risk_price: Price | None
    """Draws, withdrawals in debt and payments in kind use it. Null unless all checks of the oracle pass."""
    deviation_bps: int | None
    """Between the feeds that the risk price was read from."""
    feeds: list[str]
    """What the oracle reads, as far as the address book knows."""
    log: Provenance


class MarketList(Model):
    """All markets, by their ids."""

    as_of: AsOf
    items: list[MarketDetail]


class OfferPage(Model):
    """Offers, the newest first."""

    as_of: AsOf
    items: list[Offered]
    next_cursor: str | None
