"""What keeps the sender from sending, and what an operator asks of one transaction"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(
        "uq_holds_standing", "holds", ["chain_id", "cause"], unique=True, postgresql_where=sa.text("lifted_at IS NULL")
    )
    op.create_table(
        "evaluated_prices",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("market_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("price_e36", sa.Numeric(78, 0), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "market_id", name=op.f("pk_evaluated_prices")),
    )
    op.add_column("intents", sa.Column("cancel_requested_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("triggers", sa.Column("retry_requested_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("triggers", "retry_requested_at")
    op.drop_column("intents", "cancel_requested_at")
    op.drop_table("evaluated_prices")
    op.drop_index("uq_holds_standing", table_name="holds", postgresql_where=sa.text("lifted_at IS NULL"))
    op.drop_table("holds")
