"""A reporter of an AttestedFeed: its own key, its own sources, its own endpoint, and no database of the service."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
from collections.abc import Awaitable, Callable

import httpx
from eth_account.signers.local import LocalAccount

from oracles.facts.fact import Fact
from oracles.facts.receipts import Receipts
from oracles.facts.revenue import RevenueFact
from oracles.facts.webhooks import Secret
from oracles.reporting.declaration import ReporterDeclared, RevenueDeclared, read_declaration
from oracles.reporting.declared_facts import price_fact, rate_fact
from oracles.reporting.endpoint import ReceiptsDesk, create_endpoint
from oracles.reporting.feed import OnChainFeed
from oracles.reporting.observation import FeedId
from oracles.reporting.reporter import Reporter
from oracles.reporting.standing import FAILURES, Standing
from orchestrator.chain.contracts import load_contract
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.metrics import Metrics
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from orchestrator.transactions.signers.keystore import KeystoreSigner, open_account
from scripts.deploy.wallet import Wallet
from scripts.processes.entry import run_process
from scripts.processes.metrics import serving_metrics
from scripts.processes.web import listening, serve_until_cancelled

log = logging.getLogger(__name__)


async def run(settings: Settings) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    declared = read_declaration(settings.require_reporter())
    keystore, password_file = settings.require_keystore(), settings.require_keystore_password_file()
    account = await asyncio.to_thread(open_account, keystore, password_file)
    async with contextlib.AsyncExitStack() as stack:
        listener = stack.enter_context(listening(declared.host, declared.port))
        rpc = JsonRpc(settings.require_rpc_urls()[0])
        stack.push_async_callback(rpc.aclose)
        client = await stack.enter_async_context(httpx.AsyncClient())
        await ChainReader(rpc).require_chain_id(declared.chain_id)
        fact, desk = _fact(declared, client, stack)
        feed = OnChainFeed(rpc, FeedId(declared.chain_id, declared.feed))
        reporter = Reporter(
            feed=feed,
            make_up=await feed.make_up(),
            fact=fact,
            account=account,
            peers=declared.peers,
            policy=declared.policy,
            client=client,
            submit=_submitting(rpc, account, declared, settings),
        )
        metrics = Metrics()
        standing = Standing(metrics)
        stack.enter_context(serving_metrics(settings, metrics))
        async with asyncio.TaskGroup() as group:
            group.create_task(serve_until_cancelled(create_endpoint(reporter, standing, desk), listener))
            group.create_task(_report(reporter, standing, declared.poll_s))
            notify_ready()


async def _report(reporter: Reporter, standing: Standing, poll_s: float) -> None:
    """For ever. What keeps a round from being made is told once when it begins, and when it is over."""
    while True:
        try:
            await reporter.step()
        except FAILURES as error:
            level = logging.ERROR if standing.failed(error) else logging.DEBUG
            log.log(level, "alert: %s", error.message, extra={"hint": error.hint})
        else:
            if standing.worked():
                log.info("resolved: %s reports again", reporter.fact.name)
        await asyncio.sleep(poll_s)


def _fact(
    declared: ReporterDeclared, client: httpx.AsyncClient, stack: contextlib.AsyncExitStack
) -> tuple[Fact, ReceiptsDesk | None]:
    said = declared.fact
    if isinstance(said, RevenueDeclared):
        secrets = [Secret.of(line) for line in said.secrets_file.read_text(encoding="utf-8").split()]
        receipts = Receipts(said.receipts_file)
        stack.callback(receipts.close)
        return RevenueFact(said.merchant, receipts), ReceiptsDesk(receipts, said.merchant, said.currency, secrets)
    if said.kind == "rate":
        return rate_fact(said, client), None
    return price_fact(said, client), None


def _submitting(
    rpc: JsonRpc, account: LocalAccount, declared: ReporterDeclared, settings: Settings
) -> Callable[[bytes], Awaitable[None]]:
    """Sends and waits for as long as this reporter leads; a round that another wrote first is refused unsent."""
    wallet = Wallet(
        rpc,
        KeystoreSigner(account),
        declared.chain_id,
        settings.covenant_max_fee_per_gas_wei,
        load_contract("AttestedFeed").decode_error,
        patience_s=declared.interval_s,
    )

    async def submit(calldata: bytes) -> None:
        await wallet.send("submitting the round", declared.feed, calldata)

    return submit


def main() -> int:
    return run_process("reporter", run)


if __name__ == "__main__":
    sys.exit(main())
