"""JSON forms of lines. Rates and ratios are basis points."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from api.wire import Address, DecimalString, Finality, Hash, Instant, Provenance, Snapshotted, TokenAmount, WireModel


class StatusName(StrEnum):
    """Where a line stands with its bills. `due` lasts one second; `past_due` until the grace is over."""

    CURRENT = "current"
    DUE = "due"
    PAST_DUE = "past_due"
    DEFAULT = "default"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"


class Token(WireModel):
    address: Address
    symbol: str | None
    decimals: int | None


class MarketRef(WireModel):
    """What is lent, what secures it, who prices it. Symbols and decimals are those of the address book."""

    market_id: int
    name: str
    loan: Token
    collateral: Token
    oracle: Address
    min_debt: TokenAmount


class Price(WireModel):
    """Of collateral in loan token. `e36` is exact: loan base units for one collateral base unit, times 10^36.

    `decimal` is the same for people: whole loan tokens for one whole collateral token, rounded down to 8 places.
    """

    e36: DecimalString
    decimal: str | None = Field(description="Null when the address book does not know the tokens' decimals.")


class Opening(WireModel):
    """How a line began."""

    at: Instant
    amount: TokenAmount
    origination_fee: TokenAmount
    offer_hash: Hash
    block_number: int
    tx_hash: Hash
    finality: Finality


class StatePosition(WireModel):
    """The log of the last action on a line."""

    block_number: int
    log_index: int
    finality: Finality


class Balances(WireModel):
    """What the vault holds for a line, and its drawn principal."""

    principal: TokenAmount
    undrawn: TokenAmount
    collateral: TokenAmount
    reserve: TokenAmount
    claim_loan: TokenAmount = Field(description="Paid, and not yet claimed by the holder of the NFT.")
    claim_collateral: TokenAmount


class Owed(WireModel):
    """What is owed at `at`, rounded up to whole base units."""

    due: TokenAmount = Field(description="Billed and unpaid.")
    debt: TokenAmount = Field(description="All that must be paid to owe nothing.")
    unpaid_since: Instant | None
    next_due_at: Instant | None = Field(description="When the next bill comes, or came if unpaid; null for never.")
    defaults_at: Instant | None = Field(description="First second in default if nobody draws or pays; null for never.")


class Line(WireModel):
    """A line as it stands at `at`."""

    chain_id: int
    vault: Address
    line_id: int
    market: MarketRef
    borrower: Address
    lender: Address = Field(description="Who lent. The claim belongs to `holder`.")
    holder: Address | None = Field(description="Owner of the NFT; null once it is burned.")
    opened: Opening
    at: Instant
    status: StatusName
    terminated: bool
    balances: Balances
    owed: Owed
    state: StatePosition


class Terms(WireModel):
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


class StoredState(WireModel):
    """The contract's `StoredState`, not accrued to the present. Charges are numerators over 10,000 · 365 days."""

    seq: int
    accrued_at: Instant
    principal: TokenAmount
    undrawn: TokenAmount
    unbilled_numerator: DecimalString
    billed_numerator: DecimalString
    billed_principal: TokenAmount
    unpaid_since: Instant | None
    collateral: TokenAmount
    reserve: TokenAmount
    claim_loan: TokenAmount
    claim_collateral: TokenAmount
    flags: int


class Health(WireModel):
    """Debt against the value of the collateral, at the measuring price or at the one asked for."""

    price: Price | None = Field(description="The oracle's measuring price, unless another was asked for.")
    price_from: Literal["oracle", "asked"] | None
    price_unavailable: str | None = Field(description="Why there is no price; null when there is one.")
    collateral_value: TokenAmount | None = Field(description="Rounded down.")
    ltv_bps: int | None = Field(description="Rounded up; null without a price, or without value.")
    healthy: bool | None = Field(description="Null when it depends on a price that is not there.")
    unhealthy_at_or_below: Price | None = Field(
        description="The greatest price at which the line can be liquidated; null when no price does it."
    )


class LineDetail(Line, Snapshotted):
    """One line in full."""

    terms: Terms
    stored: StoredState
    health: Health


class LinePage(Snapshotted):
    """Lines by ascending id. A page can be short although more follow: look at `next_cursor`, not at its length."""

    items: list[Line]
    next_cursor: str | None


class Bill(WireModel):
    due_at: Instant
    charges: TokenAmount
    principal: TokenAmount
    amount: TokenAmount


class Schedule(Snapshotted):
    """Bills to come. Charges of a bill follow from the state at `as_of`; every action changes them."""

    line_id: int
    assumes: Literal["paid_when_due", "nothing_is_paid"]
    status: StatusName
    draw_window_ends_at: Instant
    matures_at: Instant
    bills: list[Bill]
    complete: bool = Field(description="Whether no bill follows these.")


class Version(WireModel):
    """The state after one action."""

    at: Instant | None
    stored: StoredState
    log: Provenance


class History(Snapshotted):
    """States of a line, the newest first."""

    line_id: int
    items: list[Version]
    next_cursor: str | None


class LtvPoint(WireModel):
    """Debt over value after one answer of the feed, or after one action on the line."""

    at: Instant
    debt: TokenAmount
    price: Price | None = Field(description="Null while the feed's newest answer was too old to count.")
    collateral_value: TokenAmount | None = Field(description="Rounded down.")
    ltv_bps: int | None = Field(description="Rounded up; null without a price, or with debt and no value.")
    log: Provenance


class LtvOverTime(Snapshotted):
    """Debt over value through time, the newest first."""

    line_id: int
    feed: Address | None = Field(description="What prices the line; null, and no points, where several feeds do.")
    items: list[LtvPoint]


class Payment(WireModel):
    """Debt that fell."""

    at: Instant | None
    payer: Address
    paid_from: Literal["cash", "reserve", "collateral", "liquidation"]
    charges: TokenAmount
    principal: TokenAmount
    amount: TokenAmount
    log: Provenance


class Payments(Snapshotted):
    """Payments on a line, the newest first."""

    line_id: int
    items: list[Payment]
    next_cursor: str | None


class MandateState(WireModel):
    """What the trigger contract remembers of a mandate, as it counts at `at`."""

    revoked: bool
    expired: bool
    fires: int = Field(description="Firings so far; the occurrence in the key of the next one.")
    period: int
    period_closed: bool
    spent_in_period: TokenAmount
    cap_left: TokenAmount


class MandateOutlook(WireModel):
    """What must happen, as the line stands, for a mandate to fire."""

    fires_now: bool
    why_not: str | None
    need: TokenAmount
    pays: TokenAmount
    keeper_fee: TokenAmount
    seized: TokenAmount
    open_from: Instant | None = Field(description="First second in which its period lets it fire; null for never.")
    due_at: Instant | None = Field(description="`due` mandates: the second of the next bill.")
    at_or_below_price: Price | None = Field(description="`ltv` mandates: the greatest price at which it may fire.")
    at_or_above_answer: DecimalString | None = Field(
        description="`share` mandates: the least answer of the revenue feed at which something is owed."
    )


class Mandate(WireModel):
    """A registered mandate. Fields that its kind does not use are zero."""

    mandate_hash: Hash
    trigger: Address
    borrower: Address
    kind: Literal["due", "ltv", "level", "share"]
    paid_from: Literal["reserve", "collateral", "top_up"]
    threshold_bps: int
    share_bps: int
    fee_bps: int
    period_hours: int
    cap_per_period: TokenAmount
    amount: TokenAmount
    feed: Address | None
    above: bool
    level: DecimalString
    expires_at: Instant
    nonce: DecimalString
    registered_at: Instant
    state: MandateState
    outlook: MandateOutlook | None = Field(
        description="Null for a `share` mandate while the node is silent: what it has counted is in no event."
    )
    log: Provenance


class Mandates(Snapshotted):
    """The mandates on a line, in the order of their registration."""

    line_id: int
    at: Instant
    items: list[Mandate]
