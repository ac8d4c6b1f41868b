"""Ends a coroutine in order on Ctrl-C, SIGTERM or SIGHUP; at once on a second one."""

import asyncio
import signal
from collections.abc import Callable, Coroutine

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def until_interrupted(work: Coroutine[None, None, None], *, on_second: Callable[[], None]) -> bool:
    """Runs `work`; a stop signal cancels it. Returns whether that is how it ended.

    A signal that this process was started to ignore (nohup) stays ignored.
    """
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    received = 0

    def stop() -> None:
        nonlocal received
        received += 1
        if received == 1:
            task.cancel()
        else:
            on_second()

    handled = [number for number in STOP_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    for number in handled:
        loop.add_signal_handler(number, stop)
    try:
        await task
    except asyncio.CancelledError:
        return True
    finally:
        for number in handled:
            loop.remove_signal_handler(number)
    return False
