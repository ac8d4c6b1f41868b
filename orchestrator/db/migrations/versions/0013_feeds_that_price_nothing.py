"""Feeds that price nothing: facts that mandates read"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # The indexer says of each feed what it is when it starts.
    op.add_column("feeds", sa.Column("is_price", sa.Boolean(), server_default=sa.true(), nullable=False))


def downgrade() -> None:
    op.drop_column("feeds", "is_price")
