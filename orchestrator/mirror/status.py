"""How the mirror of a chain is, in facts: where it stands, who writes it, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.models import Cursor, Lease, Reconciliation
from orchestrator.mirror.cursor import Position, require_position
from orchestrator.mirror.loop import lease_name
from orchestrator.mirror.quarantine import count_quarantined


@dataclass(frozen=True, slots=True)
class MirrorStatus:
    """A mirror at one moment. ``writer`` is None when no indexer holds the lease."""

    position: Position
    updated_at: datetime
    writer: str | None
    epoch: int | None
    quarantined: int
    reconciled_block: int | None
    reconciled_equal: bool | None

    @property
    def blocks_behind(self) -> int:
        """How far the cursor is from the provider's head, as of the last look."""
        return self.position.head_number - self.position.at.number


async def mirror_status(connection: AsyncConnection, chain_id: int) -> MirrorStatus:
    """Raises NotMirrored."""
    position = await require_position(connection, chain_id)
    updated_at = (await connection.execute(select(Cursor.updated_at).where(Cursor.chain_id == chain_id))).scalar_one()
    lease = (
        await connection.execute(
            select(Lease.holder, Lease.epoch).where(
                Lease.name == lease_name(chain_id), Lease.expires_at > func.clock_timestamp()
            )
        )
    ).one_or_none()
    reconciled = (
        await connection.execute(
            select(Reconciliation.block_number, Reconciliation.equal)
            .where(Reconciliation.chain_id == chain_id)
            .order_by(Reconciliation.finished_at.desc())
            .limit(1)
        )
    ).one_or_none()
    return MirrorStatus(
        position=position,
        updated_at=updated_at,
        writer=lease.holder if lease else None,
        epoch=lease.epoch if lease else None,
        quarantined=await count_quarantined(connection, chain_id),
        reconciled_block=reconciled.block_number if reconciled else None,
        reconciled_equal=reconciled.equal if reconciled else None,
    )
