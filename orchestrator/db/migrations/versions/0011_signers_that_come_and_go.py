"""Signers that come and go, and what each transaction cost"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signers",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=True),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spent_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("chain_id", "address", name=op.f("pk_signers")),
    )
    op.add_column("intents", sa.Column("cost_wei", sa.Numeric(78, 0), nullable=True))
    op.create_index("ix_attempts_signed", "attempts", ["signed_at"], postgresql_where=sa.text("number = 1"))


def downgrade() -> None:
    op.drop_index("ix_attempts_signed", table_name="attempts", postgresql_where=sa.text("number = 1"))
    op.drop_column("intents", "cost_wei")
    op.drop_table("signers")
