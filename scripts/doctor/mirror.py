"""The mirror: how far it is behind the chain, who writes it, and what it says of itself."""

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from orchestrator.chain.quantities import integer
from orchestrator.chain.rpc import JsonRpc, RpcError
from orchestrator.db.models import Alert, Quarantine, Reconciliation
from orchestrator.mirror.cursor import Position, read_position
from scripts.doctor.diagnosis import Area, Diagnosis

MIRROR = Area("mirror")

# Blocks. A mirror that follows is one or two behind for moments only.
MAX_LAG = 10
MAX_ALERTS_SHOWN = 5


async def check_mirror(engine: AsyncEngine, rpc: JsonRpc | None, chain_id: int) -> list[Diagnosis]:
    """Everything that the database says of the mirror of one chain; the lag only with a provider to compare with."""
    try:
        async with engine.connect() as connection:
            position = await read_position(connection, chain_id)
            if position is None:
                start = "run the indexer (covenant up, or python -m scripts.processes.indexer)"
                return [MIRROR.warn("cursor", f"nothing of chain {chain_id} is mirrored yet", start)]
            diagnoses = [await check_cursor(position, rpc)]
            for check in (check_quarantine, check_reconciliation, check_alerts):
                diagnoses += await check(connection, chain_id)
            return diagnoses
    except SQLAlchemyError as error:
        return [MIRROR.fail("cursor", f"cannot be read: {type(error).__name__}", "run covenant migrate")]


async def check_cursor(position: Position, rpc: JsonRpc | None) -> Diagnosis:
    """How far the mirror is."""
    if position.frozen:
        return MIRROR.fail(
            "cursor", f"frozen: {position.frozen}", "see the runbook docs/runbooks/mirror-finalized-mismatch.md"
        )
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


async def check_quarantine(connection: AsyncConnection, chain_id: int) -> list[Diagnosis]:
    """Logs that could not be applied."""
    waiting = select(func.count()).where(Quarantine.chain_id == chain_id, Quarantine.resolved_at.is_(None))
    count = (await connection.execute(waiting)).scalar_one()
    if not count:
        return []
    remedy = "see docs/runbooks/mirror-quarantine.md"
    return [MIRROR.warn("quarantine", f"{count} logs could not be decoded or applied", remedy)]


async def check_reconciliation(connection: AsyncConnection, chain_id: int) -> list[Diagnosis]:
    """The last comparison of the mirror with the chain."""
    last = (
        select(Reconciliation.equal, Reconciliation.block_number, Reconciliation.facts_compared)
        .where(Reconciliation.chain_id == chain_id)
        .order_by(Reconciliation.finished_at.desc())
        .limit(1)
    )
    row = (await connection.execute(last)).one_or_none()
    if row is None:
        return [MIRROR.ok("reconciliation", "none has run yet")]
    if row.equal:
        return [MIRROR.ok("reconciliation", f"{row.facts_compared:,} facts equal at block {row.block_number:,}")]
    differing = f"the mirror differed from the chain at block {row.block_number:,}"
    return [MIRROR.fail("reconciliation", differing, "see docs/runbooks/reconciliation.md")]


async def check_alerts(connection: AsyncConnection, chain_id: int) -> list[Diagnosis]:
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
    rest = MIRROR.warn("alerts", f"and {more} more are open", "see all of them: GET /v1/alerts")
    return [*shown[:MAX_ALERTS_SHOWN], rest]


def runbook(alert_key: str) -> str:
    """The page about a kind of alert, which is what its key begins with."""
    return f"docs/runbooks/{alert_key.partition(':')[0].replace('_', '-')}.md"
