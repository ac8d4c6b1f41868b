"""Lines by the second of their bill, and of their default"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UNPAID_FROM = """CASE
    WHEN flags & 6 <> 0 THEN NULL
    WHEN unpaid_since <> 0 THEN unpaid_since
    WHEN accrued_at >= opened_at + term_hours * 3600 THEN NULL
    WHEN unbilled > 0 OR principal > 0 AND apr_bps > 0
        OR undrawn > 0 AND commitment_bps > 0 AND accrued_at < opened_at + draw_window_hours * 3600
        THEN least(
            opened_at + term_hours * 3600,
            accrued_at - (accrued_at - opened_at) % nullif(period_hours * 3600, 0) + period_hours * 3600
        )
    WHEN principal > 0 AND amort_bps > 0 AND draw_window_hours < term_hours
        THEN least(
            opened_at + term_hours * 3600,
            greatest(accrued_at, opened_at + draw_window_hours * 3600)
                - (greatest(accrued_at, opened_at + draw_window_hours * 3600) - opened_at)
                % nullif(period_hours * 3600, 0) + period_hours * 3600
        )
    WHEN principal > 0 THEN opened_at + term_hours * 3600
END"""
_COLUMNS = {"unpaid_from": _UNPAID_FROM, "default_from": f"{_UNPAID_FROM} + grace_hours * 3600 + 1"}
_SORTED_BY = ("unpaid_from", "default_from", "principal")


def upgrade() -> None:
    for name, expression in _COLUMNS.items():
        op.add_column("lines", sa.Column(name, sa.BigInteger(), sa.Computed(expression, persisted=True), nullable=True))
    for name in _SORTED_BY:
        op.create_index(f"ix_lines_{name}", "lines", ["chain_id", "vault", name, "line_id"])


def downgrade() -> None:
    for name in _SORTED_BY:
        op.drop_index(f"ix_lines_{name}", "lines")
    for name in _COLUMNS:
        op.drop_column("lines", name)
