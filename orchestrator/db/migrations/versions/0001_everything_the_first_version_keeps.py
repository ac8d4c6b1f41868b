"""Everything the first version keeps"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("severity", sa.String(length=16), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("hint", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
    )
    op.create_index("ix_alerts_raised_at", "alerts", ["raised_at"], unique=False)
    op.create_index("uq_alerts_open", "alerts", ["key"], unique=True, postgresql_where=sa.text("resolved_at IS NULL"))
    op.create_table(
        "blocks",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("parent_hash", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("receipts_root", sa.LargeBinary(), nullable=False),
        sa.Column("canonical", sa.Boolean(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "number", "hash", name=op.f("pk_blocks")),
    )
    op.create_index(
        "uq_blocks_canonical", "blocks", ["chain_id", "number"], unique=True, postgresql_where=sa.text("canonical")
    )
    op.create_table(
        "candidates",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("mandate_hash", sa.LargeBinary(), nullable=False),
        sa.Column("trigger_contract", sa.LargeBinary(), nullable=True),
        sa.Column("market_id", sa.Integer(), nullable=False),
        sa.Column("fire_price_e36", sa.Numeric(78, 0), nullable=True),
        sa.Column("next_due_at", sa.BigInteger(), nullable=True),
        sa.Column("state_block_number", sa.BigInteger(), nullable=False),
        sa.Column("state_log_index", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "vault", "line_id", "action", "mandate_hash", name=op.f("pk_candidates")),
    )
    op.create_index("ix_candidates_due", "candidates", ["chain_id", "vault", "next_due_at"], unique=False)
    op.create_index(
        "ix_candidates_price", "candidates", ["chain_id", "vault", "market_id", "fire_price_e36"], unique=False
    )
    op.create_index("ix_candidates_state", "candidates", ["chain_id", "vault", "state_block_number"], unique=False)
    op.create_table(
        "cursors",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("timestamp", sa.BigInteger(), nullable=False),
        sa.Column("head_number", sa.BigInteger(), nullable=False),
        sa.Column("safe_number", sa.BigInteger(), nullable=False),
        sa.Column("finalized_number", sa.BigInteger(), nullable=False),
        sa.Column("finalized_hash", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("frozen", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_cursors")),
    )
    op.create_table(
        "engine_cursors",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("evaluated_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", name=op.f("pk_engine_cursors")),
    )
    op.create_table(
        "feeds",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("pair", sa.Text(), nullable=False),
        sa.Column("decimals", sa.Integer(), nullable=False),
        sa.Column("heartbeat_s", sa.Integer(), nullable=False),
        sa.Column("margin_s", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("judged_at_block", sa.BigInteger(), nullable=True),
        sa.Column("judged_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain_id", "address", name=op.f("pk_feeds")),
    )
    op.create_table(
        "firings",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.LargeBinary(), nullable=False),
        sa.Column("mandate_hash", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("keeper", sa.LargeBinary(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("period", sa.BigInteger(), nullable=False),
        sa.Column("paid", sa.Numeric(78, 0), nullable=False),
        sa.Column("spent", sa.Numeric(78, 0), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id", "trigger", "mandate_hash", "block_number", "log_index", name=op.f("pk_firings")
        ),
    )
    op.create_index("ix_firings_block", "firings", ["chain_id", "block_number"], unique=False)
    op.create_index("ix_firings_line", "firings", ["chain_id", "line_id"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("scope", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "intents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("signer", sa.LargeBinary(), nullable=True),
        sa.Column("to_address", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("value_wei", sa.Numeric(78, 0), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("gas_limit", sa.BigInteger(), nullable=True),
        sa.Column("nonce", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("mined_tx_hash", sa.LargeBinary(), nullable=True),
        sa.Column("mined_block_number", sa.BigInteger(), nullable=True),
        sa.Column("mined_block_hash", sa.LargeBinary(), nullable=True),
        sa.Column("gas_used", sa.BigInteger(), nullable=True),
        sa.Column("error_kind", sa.String(length=16), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("mined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_intents")),
    )
    op.create_index("ix_intents_status", "intents", ["chain_id", "status", "created_at"], unique=False)
    op.create_index(
        "uq_intents_nonce",
        "intents",
        ["chain_id", "signer", "nonce"],
        unique=True,
        postgresql_where=sa.text("nonce IS NOT NULL"),
    )
    op.create_table(
        "lanes",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("signer", sa.LargeBinary(), nullable=False),
        sa.Column("next_nonce", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "signer", name=op.f("pk_lanes")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "lender_epoch_versions",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("lender", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id", "vault", "lender", "block_number", "log_index", name=op.f("pk_lender_epoch_versions")
        ),
    )
    op.create_index(
        "ix_lender_epoch_versions_block", "lender_epoch_versions", ["chain_id", "block_number"], unique=False
    )
    op.create_table(
        "line_versions",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.Numeric(78, 0), nullable=False),
        sa.Column("undrawn", sa.Numeric(78, 0), nullable=False),
        sa.Column("accrued_at", sa.BigInteger(), nullable=False),
        sa.Column("unbilled", sa.Numeric(78, 0), nullable=False),
        sa.Column("billed", sa.Numeric(78, 0), nullable=False),
        sa.Column("billed_principal", sa.Numeric(78, 0), nullable=False),
        sa.Column("unpaid_since", sa.BigInteger(), nullable=False),
        sa.Column("collateral", sa.Numeric(78, 0), nullable=False),
        sa.Column("reserve", sa.Numeric(78, 0), nullable=False),
        sa.Column("claim_loan", sa.Numeric(78, 0), nullable=False),
        sa.Column("claim_collateral", sa.Numeric(78, 0), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id", "vault", "line_id", "block_number", "log_index", name=op.f("pk_line_versions")
        ),
    )
    op.create_index("ix_line_versions_block", "line_versions", ["chain_id", "block_number"], unique=False)
    op.create_table(
        "lines",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("lender", sa.LargeBinary(), nullable=False),
        sa.Column("borrower", sa.LargeBinary(), nullable=False),
        sa.Column("offer_hash", sa.LargeBinary(), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("origination_fee", sa.Numeric(78, 0), nullable=False),
        sa.Column("opened_block_number", sa.BigInteger(), nullable=False),
        sa.Column("opened_tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("state_block_number", sa.BigInteger(), nullable=False),
        sa.Column("state_log_index", sa.Integer(), nullable=False),
        sa.Column("apr_bps", sa.Integer(), nullable=False),
        sa.Column("commitment_bps", sa.Integer(), nullable=False),
        sa.Column("penalty_bps", sa.Integer(), nullable=False),
        sa.Column("initial_ltv_bps", sa.Integer(), nullable=False),
        sa.Column("liquidation_ltv_bps", sa.Integer(), nullable=False),
        sa.Column("bonus_bps", sa.Integer(), nullable=False),
        sa.Column("in_kind_ltv_bps", sa.Integer(), nullable=False),
        sa.Column("in_kind_discount_bps", sa.Integer(), nullable=False),
        sa.Column("amort_bps", sa.Integer(), nullable=False),
        sa.Column("period_hours", sa.Integer(), nullable=False),
        sa.Column("grace_hours", sa.Integer(), nullable=False),
        sa.Column("draw_window_hours", sa.Integer(), nullable=False),
        sa.Column("term_hours", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("principal", sa.Numeric(78, 0), nullable=False),
        sa.Column("undrawn", sa.Numeric(78, 0), nullable=False),
        sa.Column("accrued_at", sa.BigInteger(), nullable=False),
        sa.Column("unbilled", sa.Numeric(78, 0), nullable=False),
        sa.Column("billed", sa.Numeric(78, 0), nullable=False),
        sa.Column("billed_principal", sa.Numeric(78, 0), nullable=False),
        sa.Column("unpaid_since", sa.BigInteger(), nullable=False),
        sa.Column("collateral", sa.Numeric(78, 0), nullable=False),
        sa.Column("reserve", sa.Numeric(78, 0), nullable=False),
        sa.Column("claim_loan", sa.Numeric(78, 0), nullable=False),
        sa.Column("claim_collateral", sa.Numeric(78, 0), nullable=False),
        sa.Column("flags", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "vault", "line_id", name=op.f("pk_lines")),
    )
    op.create_index("ix_lines_borrower", "lines", ["chain_id", "borrower", "line_id"], unique=False)
    op.create_index("ix_lines_lender", "lines", ["chain_id", "lender", "line_id"], unique=False)
    op.create_index("ix_lines_state_block", "lines", ["chain_id", "state_block_number"], unique=False)
    op.create_table(
        "logs",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_index", sa.Integer(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("topic0", sa.LargeBinary(), nullable=True),
        sa.Column("topic1", sa.LargeBinary(), nullable=True),
        sa.Column("topic2", sa.LargeBinary(), nullable=True),
        sa.Column("topic3", sa.LargeBinary(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("canonical", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "block_number", "block_hash", "log_index", name=op.f("pk_logs")),
    )
    op.create_index("ix_logs_address", "logs", ["chain_id", "address", "block_number"], unique=False)
    op.create_table(
        "mandate_revocations",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.LargeBinary(), nullable=False),
        sa.Column("borrower", sa.LargeBinary(), nullable=False),
        sa.Column("nonce", sa.Numeric(78, 0), nullable=False),
        sa.Column("mandate_hash", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id", "trigger", "borrower", "nonce", "block_number", "log_index", name=op.f("pk_mandate_revocations")
        ),
    )
    op.create_index("ix_mandate_revocations_block", "mandate_revocations", ["chain_id", "block_number"], unique=False)
    op.create_table(
        "mandates",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("trigger", sa.LargeBinary(), nullable=False),
        sa.Column("mandate_hash", sa.LargeBinary(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("borrower", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("threshold_bps", sa.Integer(), nullable=False),
        sa.Column("share_bps", sa.Integer(), nullable=False),
        sa.Column("fee_bps", sa.Integer(), nullable=False),
        sa.Column("period_hours", sa.Integer(), nullable=False),
        sa.Column("cap_per_period", sa.Numeric(78, 0), nullable=False),
        sa.Column("amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("feed", sa.LargeBinary(), nullable=False),
        sa.Column("above", sa.Boolean(), nullable=False),
        sa.Column("level", sa.Numeric(78, 0), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("nonce", sa.Numeric(78, 0), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "trigger", "mandate_hash", name=op.f("pk_mandates")),
    )
    op.create_index("ix_mandates_block", "mandates", ["chain_id", "block_number"], unique=False)
    op.create_index("ix_mandates_line", "mandates", ["chain_id", "vault", "line_id"], unique=False)
    op.create_table(
        "markets",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("market_id", sa.Integer(), nullable=False),
        sa.Column("loan_token", sa.LargeBinary(), nullable=False),
        sa.Column("collateral_token", sa.LargeBinary(), nullable=False),
        sa.Column("oracle", sa.LargeBinary(), nullable=False),
        sa.Column("min_debt", sa.Numeric(78, 0), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "vault", "market_id", "block_number", "log_index", name=op.f("pk_markets")),
    )
    op.create_table(
        "note_transfers",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("nft", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("from_address", sa.LargeBinary(), nullable=False),
        sa.Column("to_address", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id", "nft", "line_id", "block_number", "log_index", name=op.f("pk_note_transfers")
        ),
    )
    op.create_index("ix_note_transfers_block", "note_transfers", ["chain_id", "block_number"], unique=False)
    op.create_index("ix_note_transfers_to", "note_transfers", ["chain_id", "to_address"], unique=False)
    op.create_table(
        "offer_group_versions",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("lender", sa.LargeBinary(), nullable=False),
        sa.Column("loan_token", sa.LargeBinary(), nullable=False),
        sa.Column("group", sa.Numeric(78, 0), nullable=False),
        sa.Column("consumed", sa.Numeric(78, 0), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint(
            "chain_id",
            "vault",
            "lender",
            "loan_token",
            "group",
            "block_number",
            "log_index",
            name=op.f("pk_offer_group_versions"),
        ),
    )
    op.create_index("ix_offer_group_versions_block", "offer_group_versions", ["chain_id", "block_number"], unique=False)
    op.create_table(
        "offers",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("offer_hash", sa.LargeBinary(), nullable=False),
        sa.Column("lender", sa.LargeBinary(), nullable=False),
        sa.Column("borrower", sa.LargeBinary(), nullable=True),
        sa.Column("loan_token", sa.LargeBinary(), nullable=False),
        sa.Column("collateral_token", sa.LargeBinary(), nullable=False),
        sa.Column("group", sa.Numeric(78, 0), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("limit_amount", sa.Numeric(78, 0), nullable=False),
        sa.Column("group_cap", sa.Numeric(78, 0), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.String(), nullable=True),
        sa.Column("posted_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "vault", "offer_hash", name=op.f("pk_offers")),
    )
    op.create_index("ix_offers_lender", "offers", ["chain_id", "lender", "posted_at"], unique=False)
    op.create_table(
        "oracle_rounds",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.LargeBinary(), nullable=False),
        sa.Column("round_id", sa.Numeric(78, 0), nullable=False),
        sa.Column("answer", sa.Numeric(78, 0), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "feed", "block_number", "log_index", name=op.f("pk_oracle_rounds")),
    )
    op.create_index("ix_oracle_rounds_block", "oracle_rounds", ["chain_id", "block_number"], unique=False)
    op.create_index("ix_oracle_rounds_round", "oracle_rounds", ["chain_id", "feed", "round_id"], unique=False)
    op.create_table(
        "outbox_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=True),
        sa.Column("line_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reverts", sa.Uuid(), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_events")),
    )
    op.create_index("ix_outbox_events_block", "outbox_events", ["chain_id", "block_number"], unique=False)
    op.create_index(
        "ix_outbox_events_line", "outbox_events", ["chain_id", "vault", "line_id", "position"], unique=False
    )
    op.create_index(
        "ix_outbox_events_unsequenced",
        "outbox_events",
        ["sequence"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_index(
        "uq_outbox_events_position",
        "outbox_events",
        ["position"],
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_index(
        "uq_outbox_events_reverts",
        "outbox_events",
        ["reverts"],
        unique=True,
        postgresql_where=sa.text("reverts IS NOT NULL"),
    )
    op.create_table(
        "payments",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("payer", sa.LargeBinary(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("charges", sa.Numeric(78, 0), nullable=False),
        sa.Column("principal", sa.Numeric(78, 0), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "vault", "line_id", "block_number", "log_index", name=op.f("pk_payments")),
    )
    op.create_index("ix_payments_block", "payments", ["chain_id", "block_number"], unique=False)
    op.create_table(
        "quarantine",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("log_index", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "quarantined_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain_id", "block_number", "block_hash", "log_index", name=op.f("pk_quarantine")),
    )
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.Column("block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("facts_compared", sa.Integer(), nullable=False),
        sa.Column("equal", sa.Boolean(), nullable=False),
        sa.Column("differences", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(
        "ix_reconciliations_finished_at", "reconciliations", ["chain_id", "vault", "finished_at"], unique=False
    )
    op.create_table(
        "watched_contracts",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("from_block", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.LargeBinary(), nullable=True),
        sa.Column("phase", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "address", name=op.f("pk_watched_contracts")),
    )
    op.create_table(
        "attempts",
        sa.Column("intent_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("tx_hash", sa.LargeBinary(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("max_fee_per_gas_wei", sa.Numeric(78, 0), nullable=False),
        sa.Column("max_priority_fee_per_gas_wei", sa.Numeric(78, 0), nullable=False),
        sa.Column("cancels", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("broadcast_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("broadcast_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name=op.f("fk_attempts_intent_id")),
        sa.PrimaryKeyConstraint("intent_id", "number", name=op.f("pk_attempts")),
        sa.UniqueConstraint("tx_hash", name=op.f("uq_attempts_tx_hash")),
    )
    op.create_table(
        "triggers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("trigger_contract", sa.LargeBinary(), nullable=False),
        sa.Column("mandate_hash", sa.LargeBinary(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("feed", sa.LargeBinary(), nullable=True),
        sa.Column("round_id", sa.Numeric(78, 0), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("price_e36", sa.Numeric(78, 0), nullable=True),
        sa.Column("evaluated_block_number", sa.BigInteger(), nullable=False),
        sa.Column("evaluated_block_hash", sa.LargeBinary(), nullable=False),
        sa.Column("need", sa.Numeric(78, 0), nullable=False),
        sa.Column("pays", sa.Numeric(78, 0), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("intent_id", sa.Uuid(), nullable=True),
        sa.Column("cause_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["intent_id"], ["intents.id"], name=op.f("fk_triggers_intent_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
    )
    op.create_index("ix_triggers_intent", "triggers", ["intent_id"], unique=False)
    op.create_index("ix_triggers_line", "triggers", ["chain_id", "vault", "line_id", "created_at"], unique=False)
    op.create_index("ix_triggers_status", "triggers", ["status", "created_at"], unique=False)
    op.create_index(
        "uq_triggers_key",
        "triggers",
        ["chain_id", "vault", "line_id", "action", "mandate_hash", "occurrence", "generation"],
        unique=True,
    )
    op.create_index(
        "uq_triggers_live",
        "triggers",
        ["chain_id", "vault", "line_id", "action", "mandate_hash", "occurrence"],
        unique=True,
        postgresql_where=sa.text("status IN ('pending', 'sending', 'mined')"),
    )


def downgrade() -> None:
    op.drop_index(
        "uq_triggers_live", table_name="triggers", postgresql_where=sa.text("status IN ('pending', 'sending', 'mined')")
    )
    op.drop_index("uq_triggers_key", table_name="triggers")
    op.drop_index("ix_triggers_status", table_name="triggers")
    op.drop_index("ix_triggers_line", table_name="triggers")
    op.drop_index("ix_triggers_intent", table_name="triggers")
    op.drop_table("triggers")
    op.drop_table("attempts")
    op.drop_table("watched_contracts")
    op.drop_index("ix_reconciliations_finished_at", table_name="reconciliations")
    op.drop_table("reconciliations")
    op.drop_table("quarantine")
    op.drop_index("ix_payments_block", table_name="payments")
    op.drop_table("payments")
    op.drop_index(
        "uq_outbox_events_reverts", table_name="outbox_events", postgresql_where=sa.text("reverts IS NOT NULL")
    )
    op.drop_index(
        "uq_outbox_events_position", table_name="outbox_events", postgresql_where=sa.text("position IS NOT NULL")
    )
    op.drop_index(
        "ix_outbox_events_unsequenced", table_name="outbox_events", postgresql_where=sa.text("position IS NULL")
    )
    op.drop_index("ix_outbox_events_line", table_name="outbox_events")
    op.drop_index("ix_outbox_events_block", table_name="outbox_events")
    op.drop_table("outbox_events")
    op.drop_index("ix_oracle_rounds_round", table_name="oracle_rounds")
    op.drop_index("ix_oracle_rounds_block", table_name="oracle_rounds")
    op.drop_table("oracle_rounds")
    op.drop_index("ix_offers_lender", table_name="offers")
    op.drop_table("offers")
    op.drop_index("ix_offer_group_versions_block", table_name="offer_group_versions")
    op.drop_table("offer_group_versions")
    op.drop_index("ix_note_transfers_to", table_name="note_transfers")
    op.drop_index("ix_note_transfers_block", table_name="note_transfers")
    op.drop_table("note_transfers")
    op.drop_table("markets")
    op.drop_index("ix_mandates_line", table_name="mandates")
    op.drop_index("ix_mandates_block", table_name="mandates")
    op.drop_table("mandates")
    op.drop_index("ix_mandate_revocations_block", table_name="mandate_revocations")
    op.drop_table("mandate_revocations")
    op.drop_index("ix_logs_address", table_name="logs")
    op.drop_table("logs")
    op.drop_index("ix_lines_state_block", table_name="lines")
    op.drop_index("ix_lines_lender", table_name="lines")
    op.drop_index("ix_lines_borrower", table_name="lines")
    op.drop_table("lines")
    op.drop_index("ix_line_versions_block", table_name="line_versions")
    op.drop_table("line_versions")
    op.drop_index("ix_lender_epoch_versions_block", table_name="lender_epoch_versions")
    op.drop_table("lender_epoch_versions")
    op.drop_table("leases")
    op.drop_table("lanes")
    op.drop_index("uq_intents_nonce", table_name="intents", postgresql_where=sa.text("nonce IS NOT NULL"))
    op.drop_index("ix_intents_status", table_name="intents")
    op.drop_table("intents")
    op.drop_table("idempotency_keys")
    op.drop_index("ix_firings_line", table_name="firings")
    op.drop_index("ix_firings_block", table_name="firings")
    op.drop_table("firings")
    op.drop_table("feeds")
    op.drop_table("engine_cursors")
    op.drop_table("cursors")
    op.drop_index("ix_candidates_state", table_name="candidates")
    op.drop_index("ix_candidates_price", table_name="candidates")
    op.drop_index("ix_candidates_due", table_name="candidates")
    op.drop_table("candidates")
    op.drop_index("uq_blocks_canonical", table_name="blocks", postgresql_where=sa.text("canonical"))
    op.drop_table("blocks")
    op.drop_index("uq_alerts_open", table_name="alerts", postgresql_where=sa.text("resolved_at IS NULL"))
    op.drop_index("ix_alerts_raised_at", table_name="alerts")
    op.drop_table("alerts")
