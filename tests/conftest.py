"""Fixtures shared by all tests: real PostgreSQL, Redis and anvil, started on demand, ended with the session."""

import asyncio
import gc
from collections.abc import Generator, Iterator
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path

import psycopg
import pytest
import redis
from psycopg import sql

from orchestrator.db import migrate
from scripts.local.anvil import CHAIN_ID, start_anvil
from scripts.local.part import Part
from scripts.local.postgres import conninfo, create_database, start_postgres, url_of
from scripts.local.redis import start_redis
from scripts.local.runtime import Runtime, open_runtime

TEMPLATE = "migrated"

LONGEST_FIRST = (
    "tests/browser/",
    "tests/simulation/",
    "tests/api/test_schema.py",
    "tests/integration/audit/",
    "tests/integration/oracles/test_reporter_process.py",
    "tests/integration/demo/",
    "tests/contracts/",
    "tests/integration/",
)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What tests import is never garbage: to look through it again and again takes a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: no worker is left alone with it when the others are done."""
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    return next((n for n, path in enumerate(LONGEST_FIRST) if item.nodeid.startswith(path)), len(LONGEST_FIRST))


class LocalParts:
    """Starts embedded parts in this process's own runtime. Each xdist worker has one."""

    def __init__(self, runner: asyncio.Runner, runtime: Runtime) -> None:
        self.runtime = runtime
        self._runner = runner
        self._numbers = count(1)

    def postgres(self) -> Part:
        """A server with a migrated database to copy from."""
        data = self.runtime.directory / "postgres"
        part = self._runner.run(start_postgres(self.runtime, data, self._log("postgres"), keep=False))
        self._runner.run(create_database(self.socket_dir, TEMPLATE))
        migrate.upgrade(url_of(self.socket_dir, TEMPLATE))
        return part

    def redis(self) -> Part:
        return self._runner.run(start_redis(self.runtime, self._log("redis")))

    def anvil(self, *, safe_behind: int = 1, chain_id: int = CHAIN_ID) -> Part:
        log = self._log(f"anvil-{next(self._numbers)}")
        return self._runner.run(
            start_anvil(self.runtime, log, safe_behind=safe_behind, chain_id=chain_id, any_code_size=True)
        )

    def database(self) -> str:
        """The name of a new, migrated database."""
        name = f"test_{next(self._numbers)}"
        self._runner.run(create_database(self.socket_dir, name, template=TEMPLATE))
        return name

    @property
    def socket_dir(self) -> Path:
        return self.runtime.directory / "pg"

    def end(self, part: Part) -> None:
        part.child.kill()
        self._runner.run(part.child.wait())

    def _log(self, name: str) -> Path:
        return self.runtime.directory / f"{name}.log"


@pytest.fixture(scope="session")
def local_parts() -> Iterator[LocalParts]:
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        runtime = runner.run(stack.enter_async_context(open_runtime()))
        try:
            yield LocalParts(runner, runtime)
        finally:
            runner.run(stack.aclose())


@pytest.fixture(scope="session")
def postgres(local_parts: LocalParts) -> Iterator[Part]:
    part = local_parts.postgres()
    yield part
    local_parts.end(part)


@pytest.fixture
def database_url(local_parts: LocalParts, postgres: Part) -> Iterator[str]:
    """A migrated database of the test's own (SQLAlchemy's form)."""
    name = local_parts.database()
    yield url_of(local_parts.socket_dir, name)
    with psycopg.connect(conninfo(local_parts.socket_dir, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def redis_server(local_parts: LocalParts) -> Iterator[Part]:
    part = local_parts.redis()
    yield part
    local_parts.end(part)


@pytest.fixture
def redis_url(redis_server: Part) -> str:
    """An empty Redis (redis-py's form)."""
    with redis.Redis.from_url(redis_server.url) as client:
        client.flushall()
    return redis_server.url


@pytest.fixture
def anvil(local_parts: LocalParts) -> Iterator[str]:
    """The URL of a chain of the test's own: id 31337, a block a transaction, safe and finalized 1 and 2 behind."""
    part = local_parts.anvil()
    yield part.url
    local_parts.end(part)
