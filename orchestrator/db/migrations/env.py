"""Alembic's entry point. The connection comes from `orchestrator.db.migrate`, which owns the transaction."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context

from orchestrator.db.models import Model
from orchestrator.db.types import Hex, Integer256


def render_plain_type(kind: str, item: Any, _: object) -> str | Literal[False]:
    """A revision names PostgreSQL's types, so that it means the same when our column types change."""
    if kind == "type" and isinstance(item, Hex):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, Integer256):
        return "sa.Numeric(78, 0)"
    return False


context.configure(
    connection=context.config.attributes["connection"], target_metadata=Model.metadata, render_item=render_plain_type
)
context.run_migrations()
