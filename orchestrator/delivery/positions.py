"""The one order of a chain's events: positions without gaps, each visible only when all before it are.

An identity is drawn before its transaction commits, so a reader who remembers the greatest one may miss a slower
transaction. A position is counted on from the greatest that is committed, by a transaction that holds the lock on the
chain's cursor until it commits. Whoever tells events of a chain takes that lock first, so its next writer begins where
this one ended. Chains have orders of their own, as they have cursors: none waits for another.
"""

from __future__ import annotations

from sqlalchemy import Select, func, select

from orchestrator.db.models import OutboxEvent


def newest_position(chain_id: int) -> Select[int]:
    """The position of the newest event of a chain; 0 before the first."""
    return select(func.coalesce(func.max(OutboxEvent.position), 0)).where(OutboxEvent.chain_id == chain_id)
