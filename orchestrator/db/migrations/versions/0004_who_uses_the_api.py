"""Who uses the API, and whose a repeatable request is"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def _created_at() -> sa.Column[datetime]:
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
    )


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("roles", sa.ARRAY(sa.String(16)), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    for name in ("address", "name"):
        op.create_index(
            f"uq_accounts_{name}", "accounts", [name], unique=True, postgresql_where=sa.text(f"{name} IS NOT NULL")
        )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String(32)), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        _created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_api_keys_account_id")),
    )
    op.create_index("ix_api_keys_account", "api_keys", ["account_id", "created_at"])
    op.create_table(
        "sign_in_nonces",
        sa.Column("nonce", sa.String(32), nullable=False),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("nonce", name=op.f("pk_sign_in_nonces")),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        _created_at(),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sessions")),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sessions_account_id")),
    )
    op.drop_table("idempotency_keys")
    _idempotency_keys(sa.Column("owner", sa.Text(), nullable=False))
    op.create_index("ix_idempotency_keys_created_at", "idempotency_keys", ["created_at"])


def downgrade() -> None:
    op.drop_table("idempotency_keys")
    _idempotency_keys()
    for name in ("sessions", "sign_in_nonces", "api_keys", "accounts"):
        op.drop_table(name)


def _idempotency_keys(*owner: sa.Column[str]) -> None:
    """Made anew: an answer kept for a repeat is worth nothing a day later."""
    keys = [column.name for column in owner] + ["scope", "key"]
    op.create_table(
        "idempotency_keys",
        *owner,
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status_code", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _created_at(),
        sa.PrimaryKeyConstraint(*keys, name=op.f("pk_idempotency_keys")),
    )
