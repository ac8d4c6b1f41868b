"""Credit lines: what was agreed at `open`, and every state since, as append-only versions."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Computed, Index, Integer
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.provenance import FromLog
from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash, Integer256


class Market(FromLog, Model):
    """An allow-listed pair of tokens with its oracle (event `MarketCreated`). `min_debt` in loan base units."""

    __tablename__ = "markets"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    market_id: Mapped[int] = mapped_column(Integer, primary_key=True)
    loan_token: Mapped[str] = mapped_column(Address())
    collateral_token: Mapped[str] = mapped_column(Address())
    oracle: Mapped[str] = mapped_column(Address())
    min_debt: Mapped[int] = mapped_column(Integer256())


class StateColumns:
    """The fields of the contract's `StoredState`, in its order. Charges are over 10_000 · 365 days, in seconds."""

    seq: Mapped[int] = mapped_column(BigInteger)
    principal: Mapped[int] = mapped_column(Integer256())
    undrawn: Mapped[int] = mapped_column(Integer256())
    accrued_at: Mapped[int] = mapped_column(BigInteger)
    unbilled: Mapped[int] = mapped_column(Integer256())
    billed: Mapped[int] = mapped_column(Integer256())
    billed_principal: Mapped[int] = mapped_column(Integer256())
    unpaid_since: Mapped[int] = mapped_column(BigInteger)
    collateral: Mapped[int] = mapped_column(Integer256())
    reserve: Mapped[int] = mapped_column(Integer256())
    claim_loan: Mapped[int] = mapped_column(Integer256())
    claim_collateral: Mapped[int] = mapped_column(Integer256())
    flags: Mapped[int] = mapped_column(Integer)


class LineTermsColumns:
    """The fields of the contract's `LineTerms`, in its order. Rates in basis points a year, durations in hours."""

    apr_bps: Mapped[int] = mapped_column(Integer)
    commitment_bps: Mapped[int] = mapped_column(Integer)
    penalty_bps: Mapped[int] = mapped_column(Integer)
    initial_ltv_bps: Mapped[int] = mapped_column(Integer)
    liquidation_ltv_bps: Mapped[int] = mapped_column(Integer)
    bonus_bps: Mapped[int] = mapped_column(Integer)
    in_kind_ltv_bps: Mapped[int] = mapped_column(Integer)
    in_kind_discount_bps: Mapped[int] = mapped_column(Integer)
    amort_bps: Mapped[int] = mapped_column(Integer)
    period_hours: Mapped[int] = mapped_column(Integer)
    grace_hours: Mapped[int] = mapped_column(Integer)
    draw_window_hours: Mapped[int] = mapped_column(Integer)
    term_hours: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[int] = mapped_column(BigInteger)
    market_id: Mapped[int] = mapped_column(Integer)


# `credit.accrual.unpaid_from` in SQL: the status at any second is then a comparison, and lines can be found by it. The
# charges up to the next bill are positive exactly when there are some already or when a rate meets an amount.
_WINDOW_ENDS_AT = "(opened_at + draw_window_hours * 3600)"
_MATURES_AT = "(opened_at + term_hours * 3600)"
_BOUNDARY_AFTER = (
    f"least({_MATURES_AT}, {{0}} - ({{0}} - opened_at) % nullif(period_hours * 3600, 0) + period_hours * 3600)"
)
_COUNTED_TO = f"greatest(accrued_at, {_WINDOW_ENDS_AT})"
UNPAID_FROM: Final = f"""CASE
    WHEN flags & 6 <> 0 THEN NULL
    WHEN unpaid_since <> 0 THEN unpaid_since
    WHEN accrued_at >= {_MATURES_AT} THEN NULL
    WHEN unbilled > 0 OR principal > 0 AND apr_bps > 0
        OR undrawn > 0 AND commitment_bps > 0 AND accrued_at < {_WINDOW_ENDS_AT}
        THEN {_BOUNDARY_AFTER.format("accrued_at")}
    WHEN principal > 0 AND amort_bps > 0 AND {_WINDOW_ENDS_AT} < {_MATURES_AT}
        THEN {_BOUNDARY_AFTER.format(_COUNTED_TO)}
    WHEN principal > 0 THEN {_MATURES_AT}
END"""
DEFAULT_FROM: Final = f"{UNPAID_FROM} + grace_hours * 3600 + 1"


class Line(LineTermsColumns, StateColumns, Model):
    """A line: its opening (event `Opened`) and its newest canonical state (event `LineState`).

    `unpaid_from` is the second of the next bill, or since when one is unpaid; `default_from` the first second in
    default. Both hold if nobody draws or pays, and are null for never. PostgreSQL computes them.
    """

    __tablename__ = "lines"
    __table_args__ = (
        Index("ix_lines_borrower", "chain_id", "borrower", "line_id"),
        Index("ix_lines_lender", "chain_id", "lender", "line_id"),
        Index("ix_lines_state_block", "chain_id", "state_block_number"),
        Index("ix_lines_unpaid_from", "chain_id", "vault", "unpaid_from", "line_id"),
        Index("ix_lines_default_from", "chain_id", "vault", "default_from", "line_id"),
        Index("ix_lines_principal", "chain_id", "vault", "principal", "line_id"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    lender: Mapped[str] = mapped_column(Address())
    borrower: Mapped[str] = mapped_column(Address())
    offer_hash: Mapped[str] = mapped_column(Hash())
    amount: Mapped[int] = mapped_column(Integer256())
    origination_fee: Mapped[int] = mapped_column(Integer256())
    opened_block_number: Mapped[int] = mapped_column(BigInteger)
    opened_tx_hash: Mapped[str] = mapped_column(Hash())
    state_block_number: Mapped[int] = mapped_column(BigInteger)
    state_log_index: Mapped[int] = mapped_column(Integer)
    unpaid_from: Mapped[int | None] = mapped_column(BigInteger, Computed(UNPAID_FROM, persisted=True))
    default_from: Mapped[int | None] = mapped_column(BigInteger, Computed(DEFAULT_FROM, persisted=True))


class LineVersion(FromLog, StateColumns, Model):
    """The state of a line after one action. "As of block N" is the last version at or before N."""

    __tablename__ = "line_versions"
    __table_args__ = (Index("ix_line_versions_block", "chain_id", "block_number"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class NoteTransfer(FromLog, Model):
    """A move of a line's NFT (ERC-721 `Transfer`); the holder is the newest row's `to_address`, zero when burned."""

    __tablename__ = "note_transfers"
    __table_args__ = (
        Index("ix_note_transfers_to", "chain_id", "to_address"),
        Index("ix_note_transfers_block", "chain_id", "block_number"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    nft: Mapped[str] = mapped_column(Address(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    from_address: Mapped[str] = mapped_column(Address())
    to_address: Mapped[str] = mapped_column(Address())


class Payment(FromLog, Model):
    """Debt that fell (event `Repaid`), in loan base units. `source` is cash, reserve, collateral or liquidation."""

    __tablename__ = "payments"
    __table_args__ = (Index("ix_payments_block", "chain_id", "block_number"),)

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    payer: Mapped[str] = mapped_column(Address())
    source: Mapped[str]
    charges: Mapped[int] = mapped_column(Integer256())
    principal: Mapped[int] = mapped_column(Integer256())
