"""The mirror against the chain, every so often; people are told when they differ."""

from __future__ import annotations

import logging

from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts, Severity
from orchestrator.chain.reader import ChainReader
from orchestrator.metrics import Metrics
from orchestrator.mirror.cursor import NotMirrored
from orchestrator.mirror.decode import Codecs
from orchestrator.mirror.gaps import resolve_closed_gap
from orchestrator.mirror.reconcile import reconcile

log = logging.getLogger(__name__)


async def reconcile_vault(
    engine: AsyncEngine,
    reader: ChainReader,
    chain_id: int,
    vault: str,
    codecs: Codecs,
    alerts: Alerts,
    metrics: Metrics,
) -> None:
    """Compares, and raises or resolves the alert. A mirror that has not begun is no difference."""
    try:
        report = await reconcile(engine, reader, chain_id, vault, codecs)
    except NotMirrored as error:
        log.info("%s", error)
        return
    await resolve_closed_gap(engine, alerts, chain_id)
    metrics.reconciliation_differences.labels(chain_id=str(chain_id)).set(len(report.differences))
    key = f"reconciliation:{chain_id}:{vault}"
    if report.equal:
        await alerts.resolve(key)
        return
    first = report.differences[0]
    await alerts.raise_(
        key,
        Severity.CRITICAL,
        f"the mirror differs from the chain in {len(report.differences)} facts at block {report.block.number}; "
        f"{first.subject}: {first.field} is {first.mirror} in the mirror and {first.chain} on the chain",
        "see the last reconciliation; rebuild the mirror if it lasts",
        {"block_number": report.block.number, "differences": len(report.differences)},
    )
