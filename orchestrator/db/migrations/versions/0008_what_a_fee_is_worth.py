"""What the keeper's fee of a trigger is worth"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("triggers", sa.Column("fee_worth_wei", sa.Numeric(78, 0), nullable=True))


def downgrade() -> None:
    op.drop_column("triggers", "fee_worth_wei")
