"""The engine: decides at each mirrored block which mandates fire. Several may run; each block is evaluated once."""

from __future__ import annotations

import sys

from orchestrator.alerts import Alerts
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.checkpoints import Reached, pass_by
from orchestrator.credit.units import Bps
from orchestrator.db.session import sessions_of
from orchestrator.db.wakeups import BLOCKS, Wakeups
from orchestrator.metrics import Metrics
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from orchestrator.ticking import tick
from orchestrator.triggers.cursor import open_cursor
from orchestrator.triggers.engine import Engine, EnginePolicy
from orchestrator.triggers.keeping import KeeperPolicy
from orchestrator.triggers.liquidating import LiquidationPolicy
from orchestrator.triggers.telling import EngineAlerts
from scripts.processes.deployment import open_deployment
from scripts.processes.entry import run_process
from scripts.processes.metrics import serving_metrics


async def run(settings: Settings, reached: Reached = pass_by) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    async with open_deployment(settings, "engine") as deployment:
        sessions, metrics = sessions_of(deployment.engine), Metrics()
        alerts = Alerts(sessions, metrics)
        engine = Engine(
            sessions=sessions,
            readers=[ChainReader(rpc) for rpc in deployment.rpcs],
            book=deployment.book,
            oracle=load_contract("OracleAdapter"),
            trigger=load_contract("RepayTrigger"),
            alerts=EngineAlerts(alerts, deployment.chain_id, deployment.book.vault.lower()),
            metrics=metrics,
            policy=EnginePolicy(
                settings.covenant_evaluate_at,
                settings.covenant_batch_size,
                Bps(settings.covenant_max_price_jump_bps),
                settings.covenant_wrapped_native,
                KeeperPolicy(_liquidation(settings), settings.covenant_terminate),
            ),
            reached=reached,
        )
        await open_cursor(sessions, deployment.chain_id)
        interval_s = settings.covenant_poll_interval_ms / 1000
        with serving_metrics(settings, metrics):
            async with Wakeups(deployment.database_url, [BLOCKS]) as wakeups:
                notify_ready()
                key = f"engine_stalled:{deployment.chain_id}"
                await tick("engine", engine.catch_up, wakeups, interval_s=interval_s, alerts=alerts, alert_key=key)


def _liquidation(settings: Settings) -> LiquidationPolicy | None:
    """Off unless somebody says who gets the collateral."""
    receiver = settings.covenant_liquidate_to
    return LiquidationPolicy(receiver, Bps(settings.covenant_liquidation_slippage_bps)) if receiver else None


def main() -> int:
    return run_process("engine", run)


if __name__ == "__main__":
    sys.exit(main())
