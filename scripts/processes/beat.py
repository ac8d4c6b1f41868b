"""Celery's beat: puts periodic work into the queue. A second one only makes the work come more often."""

from __future__ import annotations

import signal
import sys

from celery.beat import Service

from orchestrator.errors import CovenantError
from orchestrator.metrics import Metrics
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings
from orchestrator.tasks.running import Running
from scripts.processes.broker import require_broker
from scripts.processes.entry import run_blocking_process
from scripts.processes.jobs import celery_of

SCHEDULE_FILE = "beat-schedule-{chain_id}"


def run(settings: Settings) -> None:
    """Until told to stop. Keeps its schedule in the state directory. Raises CovenantError when it can't start."""
    require_broker(settings)
    state_dir = settings.covenant_state_dir
    try:
        state_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CovenantError(
            f"the state directory {state_dir} can't be made: {error.strerror}", "set COVENANT_STATE_DIR to another"
        ) from None
    app = celery_of(settings, Metrics(), Running())
    beat = Service(app, schedule_filename=str(state_dir / SCHEDULE_FILE.format(chain_id=settings.require_chain_id())))

    def stop(*_: object) -> None:
        raise SystemExit(0)  # the service catches it, and closes its schedule

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for task, entry in app.conf.beat_schedule.items():
        app.send_task(task, **entry["options"])  # now, not only after its first interval
    notify_ready()
    beat.start()


def main() -> int:
    return run_blocking_process("beat", run)


if __name__ == "__main__":
    sys.exit(main())
