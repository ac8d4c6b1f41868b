"""The loop of a process that looks at the world again and again: wake up, take a step, go on after passing failures."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

from orchestrator.alerts import Alerts, Conditions, Severity
from orchestrator.chain.rpc import RpcError
from orchestrator.db.leading import DATABASE_FAILURES
from orchestrator.db.wakeups import Wakeups

log = logging.getLogger(__name__)

ALERT_AFTER_S: Final = 30.0
LONGEST_PAUSE_S: Final = 5.0


async def tick(
    name: str,
    step: Callable[[], Awaitable[object]],
    wakeups: Wakeups,
    *,
    interval_s: float,
    alerts: Alerts,
    alert_key: str,
    passing: tuple[type[Exception], ...] = (),
) -> NoReturn:
    """Takes a step at every wake-up, and at least every ``interval_s``, for ever.

    A node or a database that fails, or one of the ``passing`` exceptions, is tried again, less and less often; a person
    is told by ``alert_key`` when it lasts. Any other exception is a defect of ours and ends the process.
    """
    failures: tuple[type[Exception], ...] = (RpcError, *DATABASE_FAILURES, *passing)
    conditions = Conditions(alerts, [alert_key])
    failing_since: float | None = None
    pause_s = interval_s
    while True:
        try:
            await step()
            await conditions.over(alert_key)
            failing_since, pause_s = None, interval_s
        except failures as error:
            reason = str(error).partition("\n")[0]
            log.warning("the %s pauses: %s", name, reason)
            failing_since = time.monotonic() if failing_since is None else failing_since
            lasted_s = time.monotonic() - failing_since
            if lasted_s >= ALERT_AFTER_S:
                await conditions.holds(
                    alert_key,
                    Severity.CRITICAL,
                    f"the {name} has done nothing for {lasted_s:.0f} s: {reason}",
                    "check the node and the database",
                )
            pause_s = min(LONGEST_PAUSE_S, 2 * pause_s)
        await wakeups.wait(pause_s)
