"""Lines that wait for the engine"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "waiting_lines",
        sa.Column("chain_id", sa.BigInteger(), nullable=False),
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chain_id", "vault", "line_id", name=op.f("pk_waiting_lines")),
    )


def downgrade() -> None:
    # What waits would never be looked at: all is worked out anew instead.
    op.execute(
        "UPDATE engine_cursors SET block_number = -1, block_hash = decode(repeat('00', 32), 'hex') "
        "WHERE chain_id IN (SELECT chain_id FROM waiting_lines)"
    )
    op.drop_table("waiting_lines")
