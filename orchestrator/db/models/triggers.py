"""Triggers: why a repayment is to be sent, once for each key; and what narrows a new round to candidates."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Integer, String, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from orchestrator.db.models.registry import Model
from orchestrator.db.types import Address, Hash, Integer256

_OF_FEED = text("feed IS NOT NULL")


class Candidate(Model):
    """When an action on a line may be wanted at the earliest: conservative, misses nothing; the exact rule decides.

    `action` is repay (a row for each mandate), or liquidate or terminate (a row for each line, `mandate_hash` zero, no
    `trigger_contract`). It may fire at or below the measuring price `fire_price_e36`, from the second `next_due_at` on,
    or while the answer of `feed` is above `fires_above` or below `fires_below`; null: never by that. `occurrence` is
    that of the trigger to come. `share_mark` and `share_carry` are what the contract has counted for a SHARE mandate.
    Computed by the engine from the state at (block, log index); a row stays when its mandate or line is over, with
    nulls, so that a rewind finds it again.
    """

    __tablename__ = "candidates"
    __table_args__ = (
        Index("ix_candidates_price", "chain_id", "vault", "market_id", "fire_price_e36"),
        Index("ix_candidates_due", "chain_id", "vault", "action", "next_due_at"),
        Index("ix_candidates_above", "chain_id", "vault", "feed", "fires_above", postgresql_where=_OF_FEED),
        Index("ix_candidates_below", "chain_id", "vault", "feed", "fires_below", postgresql_where=_OF_FEED),
        Index("ix_candidates_state", "chain_id", "vault", "state_block_number"),
    )

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    action: Mapped[str] = mapped_column(String(16), primary_key=True)
    mandate_hash: Mapped[str] = mapped_column(Hash(), primary_key=True)
    trigger_contract: Mapped[str | None] = mapped_column(Address())
    occurrence: Mapped[int] = mapped_column(BigInteger)
    market_id: Mapped[int] = mapped_column(Integer)
    fire_price_e36: Mapped[int | None] = mapped_column(Integer256())
    next_due_at: Mapped[int | None] = mapped_column(BigInteger)
    feed: Mapped[str | None] = mapped_column(Address())
    fires_above: Mapped[int | None] = mapped_column(Integer256())
    fires_below: Mapped[int | None] = mapped_column(Integer256())
    share_mark: Mapped[int | None] = mapped_column(Integer256())
    share_carry: Mapped[int | None] = mapped_column(Integer256())
    state_block_number: Mapped[int] = mapped_column(BigInteger)
    state_log_index: Mapped[int] = mapped_column(Integer)


class WaitingLine(Model):
    """A line that changed with too many others, and whose candidates the engine has yet to work out anew."""

    __tablename__ = "waiting_lines"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    vault: Mapped[str] = mapped_column(Address(), primary_key=True)
    line_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class EngineCursor(Model):
    """The block that the engine has evaluated up to."""

    __tablename__ = "engine_cursors"

    chain_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    block_number: Mapped[int] = mapped_column(BigInteger)
    block_hash: Mapped[str] = mapped_column(Hash())
    evaluated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class Trigger(Model):
    """One thing that must be sent once. Key: (chain, vault, line, action, mandate, occurrence).

    `generation` counts repetitions after a final failure, `failures` how many before this one failed. `status`: pending
    (its intent is queued), sending, mined, done (final), failed (final), superseded (final: no longer wanted),
    skipped (final: the keeper's fee would not have paid for the gas), cancelled (final: by an operator). The cause
    is a feed's round (`feed`, `round_id`) or a bill (`due_at`). `why` says in words why it fires,
    `error` why it failed. `fee_worth_wei`: the keeper's fee in the currency of gas; null when nobody can say.
    """

    __tablename__ = "triggers"
    __table_args__ = (
        Index(
            "uq_triggers_live",
            "chain_id", "vault", "line_id", "action", "mandate_hash", "occurrence",
            unique=True,
            postgresql_where=text("status IN ('pending', 'sending', 'mined')"),
        ),
        Index(
            "uq_triggers_key",
            "chain_id", "vault", "line_id", "action", "mandate_hash", "occurrence", "generation",
            unique=True,
        ),
        Index("ix_triggers_status", "status", "created_at"),
        Index("ix_triggers_line", "chain_id", "vault", "line_id", "created_at"),
        Index("ix_triggers_intent", "intent_id"),
    )  # fmt: skip

    id: Mapped[uuid.UUID] = mapped_column(Uuid, primary_key=True)
    chain_id: Mapped[int] = mapped_column(BigInteger)
    vault: Mapped[str] = mapped_column(Address())
    line_id: Mapped[int] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(String(16))
    trigger_contract: Mapped[str] = mapped_column(Address())
    mandate_hash: Mapped[str] = mapped_column(Hash())
    occurrence: Mapped[int] = mapped_column(BigInteger)
    generation: Mapped[int] = mapped_column(Integer)
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    status: Mapped[str] = mapped_column(String(16))
    feed: Mapped[str | None] = mapped_column(Address())
    round_id: Mapped[int | None] = mapped_column(Integer256())
    due_at: Mapped[int | None] = mapped_column(BigInteger)
    price_e36: Mapped[int | None] = mapped_column(Integer256())
    evaluated_block_number: Mapped[int] = mapped_column(BigInteger)
    evaluated_block_hash: Mapped[str] = mapped_column(Hash())
    need: Mapped[int] = mapped_column(Integer256())
    pays: Mapped[int] = mapped_column(Integer256())
    fee_worth_wei: Mapped[int | None] = mapped_column(Integer256())
    why: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    intent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("intents.id"))
    retry_requested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    cause_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("clock_timestamp()"))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
