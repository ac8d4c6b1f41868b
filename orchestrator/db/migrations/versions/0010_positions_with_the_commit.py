"""Positions with the commit"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Whoever read up to a position goes on from there: positions that were told stay, and what waits comes after them all.
_ASSIGN_WAITING = """
    UPDATE outbox_events SET position = reached.position + waiting.place
    FROM (
        SELECT id, row_number() OVER (ORDER BY sequence) AS place FROM outbox_events WHERE position IS NULL
    ) AS waiting, (SELECT coalesce(max(position), 0) AS position FROM outbox_events) AS reached
    WHERE outbox_events.id = waiting.id
"""
# One order over all chains again, in which each chain's own is kept.
_NUMBER_ALL = """
    UPDATE outbox_events SET position = numbered.place
    FROM (SELECT id, row_number() OVER (ORDER BY position, chain_id) AS place FROM outbox_events) AS numbered
    WHERE outbox_events.id = numbered.id AND outbox_events.position <> numbered.place
"""


def upgrade() -> None:
    op.execute(_ASSIGN_WAITING)
    op.drop_index("ix_outbox_events_unsequenced", "outbox_events")
    op.drop_index("uq_outbox_events_position", "outbox_events")
    op.alter_column("outbox_events", "position", nullable=False)
    op.drop_column("outbox_events", "sequence")
    op.create_index("uq_outbox_events_position", "outbox_events", ["chain_id", "position"], unique=True)


def downgrade() -> None:
    op.drop_index("uq_outbox_events_position", "outbox_events")
    op.execute(_NUMBER_ALL)
    op.alter_column("outbox_events", "position", nullable=True)
    op.add_column("outbox_events", sa.Column("sequence", sa.BigInteger(), nullable=True))
    op.execute("UPDATE outbox_events SET sequence = position")
    op.alter_column("outbox_events", "sequence", nullable=False)
    op.execute("ALTER TABLE outbox_events ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY")
    op.execute(
        "SELECT setval(pg_get_serial_sequence('outbox_events', 'sequence'), max(sequence)) FROM outbox_events "
        "HAVING max(sequence) IS NOT NULL"
    )
    op.create_index(
        "ix_outbox_events_unsequenced", "outbox_events", ["sequence"], postgresql_where=sa.text("position IS NULL")
    )
    op.create_index(
        "uq_outbox_events_position",
        "outbox_events",
        ["position"],
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
    )
