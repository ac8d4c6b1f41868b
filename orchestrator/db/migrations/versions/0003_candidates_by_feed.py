"""Candidates by feed, and how often a trigger failed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Candidates are worked out by the engine: it does so anew when its cursor is before all blocks.
    op.execute("DELETE FROM candidates")
    op.execute("UPDATE engine_cursors SET block_number = -1, block_hash = decode(repeat('00', 32), 'hex')")
    op.add_column("candidates", sa.Column("occurrence", sa.BigInteger(), nullable=False))
    op.add_column("candidates", sa.Column("feed", sa.LargeBinary(), nullable=True))
    for name in ("fires_above", "fires_below", "share_mark", "share_carry"):
        op.add_column("candidates", sa.Column(name, sa.Numeric(78, 0), nullable=True))
    for name in ("above", "below"):
        op.create_index(
            f"ix_candidates_{name}",
            "candidates",
            ["chain_id", "vault", "feed", f"fires_{name}"],
            postgresql_where=sa.text("feed IS NOT NULL"),
        )
    op.add_column("triggers", sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False))


def downgrade() -> None:
    op.drop_column("triggers", "failures")
    for name in ("above", "below"):
        op.drop_index(f"ix_candidates_{name}", table_name="candidates")
    for name in ("share_carry", "share_mark", "fires_below", "fires_above", "feed", "occurrence"):
        op.drop_column("candidates", name)
