"""The sender: signs and sends what is queued. The only process that has the keys; a second one stands by."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
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
from orchestrator.transactions.budget import BudgetPolicy
from orchestrator.transactions.context import SenderContext
from orchestrator.transactions.node import Node
from orchestrator.transactions.resending import SendPolicy
from orchestrator.transactions.sender import Sender
from orchestrator.transactions.senders import Senders
from orchestrator.transactions.signers import Signer, SignerUnavailable
from orchestrator.transactions.signers.keystore import open_keystore
from orchestrator.transactions.signers.remote import RemoteSigner
from orchestrator.triggers.outcomes import TriggerOutcomes
from scripts.processes.deployment import open_deployment
from scripts.processes.entry import run_process
from scripts.processes.metrics import serving_metrics


async def run(settings: Settings, reached: Reached = pass_by) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    opening = _signers(settings)
    async with open_deployment(settings, "sender") as deployment, opening as signers:
        sessions, metrics = sessions_of(deployment.engine), Metrics()
        alerts, contract = Alerts(sessions, metrics), load_contract("RepayTrigger")
        policy = _policy(settings)
        senders = Senders(
            deployment.chain_id,
            sessions,
            [
                Sender(
                    SenderContext(
                        chain_id=deployment.chain_id,
                        sessions=sessions,
                        signer=signer,
                        outcomes=TriggerOutcomes(sessions, contract),
                        contract=contract,
                        alerts=alerts,
                        metrics=metrics,
                        policy=policy,
                        reached=reached,
                    ),
                    [Node(rpc) for rpc in deployment.rpcs],
                )
                for signer in signers
            ],
        )
        interval_s = settings.covenant_poll_interval_ms / 1000
        name = f"sender:{deployment.chain_id}"
        with serving_metrics(settings, metrics):
            async with Wakeups(deployment.database_url, [INTENTS, BLOCKS]) as wakeups:

                async def send() -> None:
                    await senders.recover()
                    await tick(
                        "sender",
                        senders.tick,
                        wakeups,
                        interval_s=interval_s,
                        alerts=alerts,
                        alert_key=f"sender_stalled:{deployment.chain_id}",
                        passing=(SignerUnavailable,),
                    )

                await lead(deployment.engine, name, send, notify_ready)


def _policy(settings: Settings) -> SendPolicy:
    budget_wei = settings.covenant_gas_budget_wei
    return SendPolicy(
        max_fee_per_gas_wei=settings.covenant_max_fee_per_gas_wei,
        max_gas=settings.covenant_max_gas,
        dry_run=settings.covenant_dry_run,
        only_profitable=settings.covenant_only_profitable,
        budget=BudgetPolicy(budget_wei, settings.covenant_gas_budget_hours * 3_600) if budget_wei else None,
        breaker=BreakerPolicy(most_failures=settings.covenant_max_failures),
    )


def _signers(settings: Settings) -> AbstractAsyncContextManager[Sequence[Signer]]:
    """Whoever signs, by the settings. Raises SettingsError at once, SignerError when it is entered."""
    remote = settings.remote_signers()
    return _remote_signers(*remote) if remote is not None else _keystore_signers(settings.require_keystores())


@asynccontextmanager
async def _keystore_signers(keystores: Sequence[tuple[Path, Path]]) -> AsyncIterator[Sequence[Signer]]:
    yield await asyncio.gather(*(asyncio.to_thread(open_keystore, *files) for files in keystores))


@asynccontextmanager
async def _remote_signers(url: str, addresses: Sequence[str]) -> AsyncIterator[Sequence[Signer]]:
    async with AsyncExitStack() as stack:
        signers = []
        for address in addresses:
            signers.append(await RemoteSigner.open_remote(url, address))
            stack.push_async_callback(signers[-1].aclose)
        yield signers


def main() -> int:
    return run_process("sender", run)


if __name__ == "__main__":
    sys.exit(main())
