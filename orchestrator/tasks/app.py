"""The Celery app: periodic jobs as data, on a Redis broker."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from celery import Celery, Task
from celery.exceptions import Reject

from orchestrator.db.leading import DATABASE_FAILURES
from orchestrator.errors import CovenantError
from orchestrator.tasks.redis_urls import broker_url
from orchestrator.tasks.running import Running

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Work that is done again and again. Run twice, or at the same time in two workers, it does no harm.

    ``every_s`` is also how long a run may wait in the queue: after that the next one is there.
    """

    name: str
    every_s: float
    run: Callable[[], Awaitable[None]]


def queue_of(chain_id: int) -> str:
    """Each chain has a queue of its own: its workers alone have its nodes and its book."""
    return f"covenant:{chain_id}"


def make_app(redis_url: str, chain_id: int, jobs: Sequence[Job], running: Running) -> Celery:
    """An app whose tasks are ``jobs``, scheduled for beat. Nothing connects before it is used."""
    app = Celery("covenant", broker=broker_url(redis_url))
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        task_default_queue=queue_of(chain_id),
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_transport_options={"socket_connect_timeout": 5, "visibility_timeout": 600},
        enable_utc=True,
        timezone="UTC",
        beat_max_loop_interval=1,
        beat_schedule={
            job.name: {"task": job.name, "schedule": job.every_s, "options": {"expires": job.every_s}} for job in jobs
        },
    )
    for job in jobs:
        app.task(name=job.name, bind=True, shared=False)(_task_of(job, running))
    return app


def _task_of(job: Job, running: Running) -> Callable[[Task[Any, Any]], None]:
    def task(self: Task[Any, Any]) -> None:
        try:
            asyncio.run(running.until_stopped(job.run()))
        except asyncio.CancelledError:
            raise Reject("this worker stops; another takes it up", requeue=True) from None
        except (CovenantError, *DATABASE_FAILURES) as error:
            log.warning("%s: %s; it runs again in %g s", job.name, str(error).partition("\n")[0], job.every_s)

    task.__doc__ = job.run.__doc__
    return task
