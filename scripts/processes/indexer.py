"""The indexer: mirrors one chain into the database."""

from __future__ import annotations

import gc
import sys
from functools import partial

from orchestrator.alerts import Alerts
from orchestrator.chain.new_heads import NewHeads
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.session import sessions_of
from orchestrator.logs import setup_logging
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.loop import MirrorLoop
from orchestrator.mirror.read_ahead import ReadAhead, fork_read_ahead
from orchestrator.readiness import notify_ready
from orchestrator.settings import Settings, load_settings
from scripts.processes.deployment import load_book_at, open_deployment
from scripts.processes.entry import run_process

YOUNG_OBJECTS = 50_000
"""A batch is many small objects that live until it is committed. To look for cycles among them again and again, as
Python does from 700 new objects on, would take a quarter of the time."""


async def run(settings: Settings, read_ahead: ReadAhead | None = None) -> None:
    """Until cancelled. Raises CovenantError when it can't start."""
    async with open_deployment(settings, "indexer") as deployment, NewHeads(settings.ws_urls()) as new_heads:
        mirror = MirrorLoop(
            engine=deployment.engine,
            readers=[ChainReader(rpc) for rpc in deployment.rpcs],
            book=deployment.book,
            codecs=load_codecs(),
            alerts=Alerts(sessions_of(deployment.engine), Metrics()),
            poll_interval_s=settings.covenant_poll_interval_ms / 1000,
            wait=new_heads.wait,
            more_books=[load_book_at(path, deployment.chain_id) for path in settings.more_books()],
            read_ahead=read_ahead,
        )
        await mirror.run(ready=notify_ready)


def main() -> int:
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    read_ahead = fork_read_ahead(load_codecs(), _open_readers)
    try:
        return run_process("indexer", partial(run, read_ahead=read_ahead))
    finally:
        read_ahead.close()


def _open_readers() -> list[ChainReader]:
    """In the process that reads ahead."""
    settings = load_settings()
    setup_logging("indexer", settings.covenant_log_level)
    timeout_s = settings.covenant_rpc_timeout_ms / 1000
    return [ChainReader(JsonRpc(url, timeout_s)) for url in settings.require_rpc_urls()]


if __name__ == "__main__":
    sys.exit(main())
