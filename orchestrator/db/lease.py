"""Who writes: a row with an epoch that grows with each takeover, checked inside each of the writer's transactions.

Expiry decides who may take over and serves liveness only. Safety comes from the epoch: whoever lost the lease fails
``check`` and cannot commit, however late it notices.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.errors import CovenantError

# The database's clock alone is read, so that holders need not agree on the time.
_ACQUIRE = text(
    """
    INSERT INTO leases AS lease (name, holder, epoch, expires_at)
    VALUES (:name, :holder, 1, clock_timestamp() + :ttl)
    ON CONFLICT (name) DO UPDATE
        SET holder = excluded.holder, epoch = lease.epoch + 1, expires_at = excluded.expires_at
        WHERE lease.expires_at < clock_timestamp()
    RETURNING epoch
    """
)
_RENEW = text(
    """
    UPDATE leases SET expires_at = clock_timestamp() + :ttl
    WHERE name = :name AND holder = :holder AND epoch = :epoch
    """
)
_CHECK = text(
    "SELECT 1 FROM leases WHERE name = :name AND holder = :holder AND epoch = :epoch FOR NO KEY UPDATE"
)  # locks the row: a takeover waits until the writer's transaction is over
_RELEASE = text("UPDATE leases SET expires_at = '-infinity' WHERE name = :name AND holder = :holder AND epoch = :epoch")


class LeaseLost(CovenantError):
    """Somebody else holds the lease: nothing of this writer may be committed any more."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease as it was won. ``holder`` names one run of one process, and is never used again."""

    name: str
    holder: str
    epoch: int
    ttl: timedelta

    async def check(self, connection: AsyncConnection) -> None:
        """Within the caller's transaction: raises LeaseLost, or keeps the lease from changing hands until it ends."""
        if (await connection.execute(_CHECK, self._key())).first() is None:
            raise self._lost()

    async def renew(self, engine: AsyncEngine) -> None:
        """Push the expiry to ``ttl`` from now. Raises LeaseLost."""
        async with engine.begin() as connection:
            renewed = await connection.execute(_RENEW, {**self._key(), "ttl": self.ttl})
            if renewed.rowcount == 0:
                raise self._lost()

    async def release(self, engine: AsyncEngine) -> None:
        """Let a standby take over at once."""
        async with engine.begin() as connection:
            await connection.execute(_RELEASE, self._key())

    def _key(self) -> dict[str, object]:
        return {"name": self.name, "holder": self.holder, "epoch": self.epoch}

    def _lost(self) -> LeaseLost:
        return LeaseLost(
            f"the lease {self.name} (epoch {self.epoch}) was taken over", "nothing to do: the new holder goes on"
        )


async def acquire_lease(engine: AsyncEngine, name: str, holder: str, ttl: timedelta) -> Lease | None:
    """The lease, with a new epoch, if it is free or has expired; None while another holds it."""
    async with engine.begin() as connection:
        epoch = (await connection.execute(_ACQUIRE, {"name": name, "holder": holder, "ttl": ttl})).scalar_one_or_none()
    return None if epoch is None else Lease(name, holder, epoch, ttl)
