"""The periodic work of the service, put together: each run opens what it needs and closes it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from celery import Celery

from oracles.judging import Policies, judge_feeds, read_policies
from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.db.session import sessions_of
from orchestrator.delivery.posting import Poster
from orchestrator.delivery.signing import WebhookSecrets
from orchestrator.delivery.webhooks import Courier
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.settings import Settings
from orchestrator.tasks.app import Job, make_app
from orchestrator.tasks.housekeeping import check_mirror, check_signers
from orchestrator.tasks.purging import purge
from orchestrator.tasks.reconciliation import reconcile_vault
from orchestrator.tasks.running import Running
from scripts.processes.deployment import Deployment, open_deployment

Work = Callable[[Deployment, Alerts, Metrics], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class _Opened:
    """Work on a deployment that is opened for it."""

    settings: Settings
    metrics: Metrics
    work: Work

    async def __call__(self) -> None:
        async with open_deployment(self.settings, "worker") as deployment:
            alerts = Alerts(sessions_of(deployment.engine), self.metrics)
            await self.work(deployment, alerts, self.metrics)


def jobs_of(settings: Settings, metrics: Metrics) -> Sequence[Job]:
    """Names, intervals and work."""
    judge = _judging_by(read_policies(settings.covenant_feed_directory))
    return [
        Job("reconcile", 60.0, _Opened(settings, metrics, _reconcile)),
        Job(
            "judge-feeds",
            15.0,
            _Opened(settings, metrics, judge),
        ),
        Job("check-signers", 60.0, _Opened(settings, metrics, _check_signers)),
        Job("purge", 600.0, _Opened(settings, metrics, _purge)),
        Job("deliver-webhooks", 2.0, _Opened(settings, metrics, _courier_of(settings))),
        Job("check-mirror", 10.0, _Opened(settings, metrics, _check_mirror)),
    ]


def celery_of(settings: Settings, metrics: Metrics, running: Running) -> Celery:
    """The app that worker and beat of a chain share. Raises SettingsError without REDIS_URL or COVENANT_CHAIN_ID."""
    return make_app(settings.require_redis_url(), settings.require_chain_id(), jobs_of(settings, metrics), running)


async def _reconcile(deployment: Deployment, alerts: Alerts, metrics: Metrics) -> None:
    await reconcile_vault(
        deployment.engine,
        ChainReader(deployment.rpcs[0]),
        deployment.chain_id,
        deployment.book.vault.lower(),
        load_codecs(),
        alerts,
        metrics,
    )


def _judging_by(policies: Policies) -> Work:
    async def judge(deployment: Deployment, alerts: Alerts, metrics: Metrics) -> None:
        await judge_feeds(deployment.engine, deployment.chain_id, alerts, policies)

    return judge


async def _check_signers(deployment: Deployment, alerts: Alerts, metrics: Metrics) -> None:
    await check_signers(deployment.engine, deployment.rpcs[0], deployment.chain_id, alerts, metrics)


async def _check_mirror(deployment: Deployment, alerts: Alerts, metrics: Metrics) -> None:
    await check_mirror(deployment.engine, deployment.chain_id, alerts, metrics)


async def _purge(deployment: Deployment, alerts: Alerts, metrics: Metrics) -> None:
    await purge(deployment.engine)


def _courier_of(settings: Settings) -> Work:
    """Sends webhooks where there is a key for their secrets, and does nothing where there is none."""

    async def deliver(deployment: Deployment, alerts: Alerts, metrics: Metrics) -> None:
        path = settings.covenant_webhook_key_file
        if path is None:
            return
        async with Poster(settings.webhook_private_networks()) as poster:
            await Courier(deployment.engine, WebhookSecrets.load(path), poster, alerts).round()

    return deliver
