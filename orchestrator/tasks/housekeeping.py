"""Conditions that nobody runs into by himself: a signer that will soon be unable to pay, a mirror that stands still."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts, Severity
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.models import Cursor
from orchestrator.metrics import Metrics
from orchestrator.transactions.node import Node
from orchestrator.transactions.rotation import signers_in_need

LOW_BALANCE_WEI: Final = 10**16
"""A hundredth of the native currency: a few dozen repayments at ordinary fees."""

MIRROR_SILENT_AFTER: Final = timedelta(seconds=30)
MIRROR_BEHIND_BLOCKS: Final = 10


async def check_signers(
    engine: AsyncEngine, rpc: JsonRpc, chain_id: int, alerts: Alerts, metrics: Metrics, low_wei: int = LOW_BALANCE_WEI
) -> None:
    """The balance of every signer that may sign again or has something on its way; nobody asks about the others."""
    async with engine.connect() as connection:
        signers = await signers_in_need(connection, chain_id)
    unasked = {key for key in await alerts.open_keys(f"low_balance:{chain_id}:") if key.split(":")[-1] not in signers}
    for key in unasked:
        await alerts.resolve(key)
    for signer in signers:
        balance_wei = await Node(rpc).balance_wei(signer)
        metrics.signer_balance_wei.labels(signer=signer).set(balance_wei)
        key = f"low_balance:{chain_id}:{signer}"
        if balance_wei >= low_wei:
            await alerts.resolve(key)
            continue
        await alerts.raise_(
            key,
            Severity.WARNING,
            f"the signer {signer} has {balance_wei} wei left, less than {low_wei}",
            f"send native currency to {signer}",
            {"balance_wei": str(balance_wei), "low_wei": str(low_wei)},
        )


async def check_mirror(engine: AsyncEngine, chain_id: int, alerts: Alerts, metrics: Metrics) -> None:
    """Whether the mirror moves, and is near the head. It notes that it is alive even when there are no new blocks."""
    silent = func.clock_timestamp() - Cursor.updated_at
    query = select(silent, Cursor.head_number - Cursor.number, Cursor.number).where(Cursor.chain_id == chain_id)
    async with engine.connect() as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        return
    age, behind, number = row
    metrics.mirror_lag_seconds.labels(chain_id=str(chain_id)).set(age.total_seconds())
    key = f"mirror_lag:{chain_id}"
    if age <= MIRROR_SILENT_AFTER and behind <= MIRROR_BEHIND_BLOCKS:
        await alerts.resolve(key)
        return
    await alerts.raise_(
        key,
        Severity.CRITICAL,
        f"the mirror is at block {number}, {behind} behind the head, and last moved {age.total_seconds():.0f} s ago",
        "check that the indexer runs and that its node answers",
        {"block_number": number, "behind": behind},
    )
