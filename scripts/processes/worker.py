"""A Celery worker: does periodic work, one job at a time. Any number may share one Redis."""

from __future__ import annotations

import logging
import signal
import sys

from celery import signals
from celery.exceptions import WorkerShutdown
from celery.worker import state

from orchestrator.metrics import Metrics
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from orchestrator.tasks.running import Running
from scripts.processes.broker import require_broker
from scripts.processes.entry import run_blocking_process
from scripts.processes.jobs import celery_of
from scripts.processes.metrics import serving_metrics


def run(settings: Settings) -> None:
    """Until told to stop. Raises CovenantError when it can't start."""
    require_broker(settings)
    logging.captureWarnings(True)  # Celery warns on standard error, between our lines
    running = Running()
    metrics = Metrics()
    app = celery_of(settings, metrics, running)

    def stop(*_: object) -> None:
        """Celery's own handler would wait for the job to end, and for its loop to wake up."""
        state.should_stop = 0  # type: ignore[assignment]  # an exit code; its stub knows None only
        if not running.stop():
            raise WorkerShutdown(0)

    def ready(**_: object) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        notify_ready()

    def keep_logging(**_: object) -> None:
        """Being connected keeps Celery from replacing the log handlers of this process."""

    signals.setup_logging.connect(keep_logging)
    signals.worker_ready.connect(ready)
    worker = app.Worker(
        pool="solo",
        concurrency=1,
        hostname="covenant@%h",
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    with serving_metrics(settings, metrics):
        worker.start()
    if worker.exitcode:
        sys.exit(worker.exitcode)


def main() -> int:
    return run_blocking_process("worker", run)


if __name__ == "__main__":
    sys.exit(main())
