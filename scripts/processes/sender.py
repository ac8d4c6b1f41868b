"""The sender: signs and sends what is queued. The only process that has the key; a second one stands by."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from orchestrator.alerts import Alerts
from orchestrator.chain.contracts import load_contract
from orchestrator.checkpoints import Reached, pass_by
from orchestrator.db.leading import lead
from orchestrator.db.session import sessions_of
from orchestrator.db.wakeups import BLOCKS, INTENTS, Wakeups
from orchestrator.metrics import Metrics
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from orchestrator.ticking import tick
from orchestrator.transactions.breaker import BreakerPolicy
from orchestrator.transactions.node import Node
from orchestrator.transactions.resending import SendPolicy
from orchestrator.transactions.sender import Sender
from orchestrator.transactions.signers import Signer, SignerUnavailable
from orchestrator.transactions.signers.keystore import open_keystore
from orchestrator.transactions.signers.remote import RemoteSigner
from orchestrator.triggers.outcomes import TriggerOutcomes
from scripts.processes.deployment import open_deployment
from scripts.processes.entry import run_process
from scripts.processes.metrics import serving_metrics


async def run(settings: Settings, reached: Reached = pass_by) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    opening = _signer(settings)
    async with open_deployment(settings, "sender") as deployment, opening as signer:
        sessions, metrics = sessions_of(deployment.engine), Metrics()
        alerts, contract = Alerts(sessions, metrics), load_contract("RepayTrigger")
        sender = Sender(
            chain_id=deployment.chain_id,
            nodes=[Node(rpc) for rpc in deployment.rpcs],
            sessions=sessions,
            signer=signer,
            outcomes=TriggerOutcomes(sessions, contract),
            contract=contract,
            alerts=alerts,
            metrics=metrics,
            policy=SendPolicy(
                max_fee_per_gas_wei=settings.covenant_max_fee_per_gas_wei,
                dry_run=settings.covenant_dry_run,
                only_profitable=settings.covenant_only_profitable,
                breaker=BreakerPolicy(most_failures=settings.covenant_max_failures),
            ),
            reached=reached,
        )
        interval_s = settings.covenant_poll_interval_ms / 1000
        name = f"sender:{deployment.chain_id}:{signer.address}"
        with serving_metrics(settings, metrics):
            async with Wakeups(deployment.database_url, [INTENTS, BLOCKS]) as wakeups:

                async def send() -> None:
                    await sender.recover()
                    await tick(
                        "sender",
                        sender.tick,
                        wakeups,
                        interval_s=interval_s,
                        alerts=alerts,
                        passing=(SignerUnavailable,),
                    )

                await lead(deployment.engine, name, send, notify_ready)


def _signer(settings: Settings) -> AbstractAsyncContextManager[Signer]:
    """Whoever signs, by the settings. Raises SettingsError at once, SignerError when it is entered."""
    remote = settings.remote_signer()
    if remote is not None:
        return _remote_signer(*remote)
    return _keystore_signer(settings.require_keystore(), settings.require_keystore_password_file())


@asynccontextmanager
async def _keystore_signer(keystore: Path, password_file: Path) -> AsyncIterator[Signer]:
    yield await asyncio.to_thread(open_keystore, keystore, password_file)


@asynccontextmanager
async def _remote_signer(url: str, address: str) -> AsyncIterator[Signer]:
    signer = await RemoteSigner.open_remote(url, address)
    try:
        yield signer
    finally:
        await signer.aclose()


def main() -> int:
    return run_process("sender", run)


if __name__ == "__main__":
    sys.exit(main())
