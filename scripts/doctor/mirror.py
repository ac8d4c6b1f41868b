"""The mirror: how far it is behind the chain, who writes it, and what it says of itself."""

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.models import Alert
from orchestrator.mirror.cursor import NotMirrored, Position
from orchestrator.mirror.status import MirrorStatus, mirror_status
from scripts.doctor.diagnosis import Area, Diagnosis

MIRROR = Area("mirror")

# Blocks. A mirror that follows is one or two behind for moments only.
MAX_LAG = 10
MAX_ALERTS_SHOWN = 5


async def check_mirror(engine: AsyncEngine, rpc: JsonRpc | None, chain_id: int) -> list[Diagnosis]:
    """Everything that the database says of the mirror of one chain; the lag only with a provider to compare with."""
    try:
        async with engine.connect() as connection:
            status = await mirror_status(connection, chain_id)
            alerts = await check_alerts(connection)
    except NotMirrored:
        start = "run the indexer (covenant up, or python -m scripts.processes.indexer)"
        return [MIRROR.warn("cursor", f"nothing of chain {chain_id} is mirrored yet", start)]
    except SQLAlchemyError as error:
        return [MIRROR.fail("cursor", f"cannot be read: {type(error).__name__}", "run covenant migrate")]
    return [await check_cursor(status.position, rpc), *check_status(status), *alerts]


async def check_cursor(position: Position, rpc: JsonRpc | None) -> Diagnosis:
    """How far the mirror is."""
    if position.frozen:
        return MIRROR.fail("cursor", f"frozen: {position.frozen}", "see docs/runbooks/mirror-finalized-mismatch.md")
    at = f"at block {position.at.number:,}"
    if rpc is None:
        return MIRROR.ok("cursor", at)
    try:
        head = integer(await rpc.call("eth_blockNumber"))
    except RpcError as error:
        return MIRROR.failed("cursor", error)
    return judge_lag(at, head - position.at.number)


def judge_lag(at: str, lag: int) -> Diagnosis:
    """``lag`` in blocks; far below zero, the chain is not the one that was mirrored."""
    if lag < -MAX_LAG:
        ahead = f"{at}, {-lag:,} blocks ahead of the chain"
        return MIRROR.fail(
            "cursor", ahead, "a local chain that was reset needs an empty database; else the provider lags"
        )
    if lag > MAX_LAG:
        return MIRROR.warn("cursor", f"{at}, {lag:,} blocks behind", "see that the indexer runs and gets answers")
    return MIRROR.ok("cursor", f"{at}, up to date")


def check_status(status: MirrorStatus) -> list[Diagnosis]:
    """Who writes, what could not be applied, and how the last comparison with the chain ended."""
    diagnoses: list[Diagnosis] = []
    if status.writer is None:
        remedy = "start it; one that has just been killed is replaced when its lease runs out"
        diagnoses.append(MIRROR.warn("indexer", "none writes the mirror now", remedy))
    else:
        diagnoses.append(MIRROR.ok("indexer", status.writer))
    if status.quarantined:
        found = f"{status.quarantined} logs could not be decoded or applied"
        diagnoses.append(MIRROR.warn("quarantine", found, "see docs/runbooks/mirror-quarantine.md"))
    if status.reconciled_block is None:
        diagnoses.append(MIRROR.ok("reconciliation", "none has run yet"))
    elif status.reconciled_equal:
        diagnoses.append(MIRROR.ok("reconciliation", f"equal to the chain at block {status.reconciled_block:,}"))
    else:
        found = f"the mirror differed from the chain at block {status.reconciled_block:,}"
        diagnoses.append(MIRROR.fail("reconciliation", found, "see docs/runbooks/reconciliation.md"))
    return diagnoses


async def check_alerts(connection: AsyncConnection) -> list[Diagnosis]:
    """What the processes want somebody to know. Alerts of all chains are in one table."""
    lasting = select(Alert.key, Alert.severity, Alert.message, Alert.hint).where(Alert.resolved_at.is_(None))
    rows = (await connection.execute(lasting.order_by(Alert.raised_at))).all()
    shown = [
        MIRROR.warn(f"alert {row.key}", f"{row.severity}: {row.message}", f"{row.hint} ({runbook(row.key)})")
        for row in rows
    ]
    more = len(shown) - MAX_ALERTS_SHOWN
    if more <= 0:
        return shown
    rest = MIRROR.warn("alerts", f"and {more} more are open", "see all of them: covenant alerts")
    return [*shown[:MAX_ALERTS_SHOWN], rest]


def runbook(alert_key: str) -> str:
    """The page about a kind of alert, which is what its key begins with."""
    return f"docs/runbooks/{alert_key.partition(':')[0].replace('_', '-')}.md"
