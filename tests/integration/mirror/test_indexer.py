"""The process: it mirrors, stops when told, survives being killed, and says in one line why it can't start."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.models import OutboxEvent
from scripts.local.processes import service
from scripts.processes import indexer
from tests.integration.mirror.ground import CHAIN_ID, PRICE, Ground, opened_mirror
from tests.integration.mirror.rows import all_rows, count, digests_of, reach

ROOT = Path(__file__).parents[3]
STOP_GRACE_S = service("indexer").stop_grace_s


@pytest.fixture
def settings(ground: Ground, chain_url: str, database_url: str, tmp_path: Path) -> dict[str, str]:
    book = tmp_path / "book.json"
    ground.book().dump(book)
    return {
        "DATABASE_URL": database_url,
        "RPC_URL": chain_url,
        "COVENANT_CHAIN_ID": str(CHAIN_ID),
        "COVENANT_BOOK": str(book),
        "COVENANT_POLL_INTERVAL_MS": "20",
    }


@asynccontextmanager
async def indexer_process(settings: dict[str, str]) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "scripts.processes.indexer",
        env={"PATH": os.environ["PATH"], **settings}, cwd=ROOT,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_it_mirrors_and_stops_when_told(ground: Ground, engine: AsyncEngine, settings: dict[str, str]) -> None:
    await ground.some_history()
    async with indexer_process(settings) as process:
        await reach(engine, await ground.head())
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(STOP_GRACE_S):
            assert await process.wait() == 0
    [lease] = await all_rows(engine, "SELECT expires_at < clock_timestamp() AS free FROM leases")
    assert lease.free
    assert await count(engine, OutboxEvent) > 10


async def test_a_process_that_is_killed_again_and_again_ends_up_with_the_same_rows(
    ground: Ground, engine: AsyncEngine, other_engine: AsyncEngine, chain_url: str, settings: dict[str, str]
) -> None:
    """Invariant 1: kill -9 in the middle of whatever it does."""
    for _ in range(2):
        async with indexer_process(settings) as process:
            await reach(engine, await ground.head() - 1)
            await ground.some_history()
            process.kill()
            await process.wait()
        await ground.reorg(4)
        await ground.push(PRICE)
    async with indexer_process(settings):
        await reach(engine, await ground.head())
    async with opened_mirror(other_engine, chain_url, ground) as newcomer:
        await newcomer.catch_up()
    assert await digests_of(engine) == await digests_of(other_engine)


@pytest.fixture
def own_logging() -> Iterator[None]:
    """A process sets up logging for itself."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize(
    ("variable", "value", "line"),
    [
        ("DATABASE_URL", None, "indexer: DATABASE_URL is not set — set it to postgresql://"),
        ("DATABASE_URL", "mysql://root:hush@host/db", "indexer: DATABASE_URL: must be a PostgreSQL URL"),
        ("DATABASE_URL", "postgresql://u:hush@127.0.0.1:1/db", "indexer: the database cannot be reached"),
        ("RPC_URL", "http://127.0.0.1:1/hush", "indexer: http://127.0.0.1:1 cannot be reached"),
        ("COVENANT_CHAIN_ID", "1", "indexer: the address book is of chain 31337, but chain 1 is configured"),
        ("COVENANT_BOOK", "/nowhere.json", "indexer: there is no address book at /nowhere.json"),
        ("COVENANT_POLL_INTERVAL_MS", "soon", "indexer: COVENANT_POLL_INTERVAL_MS: must be a valid integer"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    settings: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str | None,
    line: str,
) -> None:
    for name, given in {**settings, variable: value}.items():
        monkeypatch.delenv(name, raising=False)
        if given is not None:
            monkeypatch.setenv(name, given)
    assert indexer.main() == 1
    told = [text for text in capsys.readouterr().err.splitlines() if not text.startswith("{")]
    assert len(told) == 1
    assert told[0].startswith(line)
    assert "hush" not in told[0]
