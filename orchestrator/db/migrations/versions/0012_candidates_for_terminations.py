"""Candidates for terminations, and what is due found by what is to be done"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Candidates are worked out by the engine: it does so anew when its cursor is before all blocks.
    op.execute("DELETE FROM candidates")
    op.execute("UPDATE engine_cursors SET block_number = -1, block_hash = decode(repeat('00', 32), 'hex')")
    op.drop_index("ix_candidates_due", table_name="candidates")
    op.create_index("ix_candidates_due", "candidates", ["chain_id", "vault", "action", "next_due_at"])


def downgrade() -> None:
    op.execute("DELETE FROM candidates WHERE action = 'terminate'")
    op.drop_index("ix_candidates_due", table_name="candidates")
    op.create_index("ix_candidates_due", "candidates", ["chain_id", "vault", "next_due_at"])
