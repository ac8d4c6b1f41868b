"""When a feed was asked who speaks for it"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("watched_contracts", sa.Column("read_at_hash", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("watched_contracts", "read_at_hash")
