"""Worker and beat as processes: they do the work, stop when told, and say in one line why they can't start."""

import re
import socket
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
import redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.db.models import Cursor, Feed
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.tasks.app import make_app, queue_of
from orchestrator.tasks.running import Running
from tests.integration.tasks.conftest import FEED
from tests.integration.tasks.process import RunningProcess, refused, running, stop_limit_s, until

JOBS: Final = 8
SUCCEEDED: Final = re.compile(r"Task check-mirror\[([0-9a-f-]+)\] succeeded")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_engine(database_url, process="test")
    yield engine
    await engine.dispose()


async def mirror_a_feed(engine: AsyncEngine) -> None:
    async with sessions_of(engine).begin() as session:
        session.add(
            Cursor(
                chain_id=31337, number=1, hash="0x" + "11" * 32, timestamp=1_700_000_000, head_number=1, safe_number=0,
                finalized_number=0, finalized_hash="0x" + "00" * 32, epoch=1, updated_at=datetime.now(UTC),
            )
        )  # fmt: skip
        session.add(
            Feed(
                chain_id=31337, address=FEED, pair="ETH/USD", decimals=8, heartbeat_s=3_600, margin_s=300,
                status="unknown", reason="",
            )
        )  # fmt: skip


def done_by(worker: RunningProcess) -> set[str]:
    """The ids of the jobs that a worker says it has done."""
    said = (SUCCEEDED.match(line["message"]) for line in worker.lines())
    return {found.group(1) for found in said if found}


async def test_beat_asks_and_a_worker_does_what_is_asked(environment: dict[str, str], engine: AsyncEngine) -> None:
    await mirror_a_feed(engine)
    async with running("worker", environment) as worker, running("beat", environment) as beat:

        async def judged() -> bool:
            async with engine.connect() as connection:
                return await connection.scalar(select(Feed.judged_at)) is not None

        await until(judged, "the feed is judged")
        assert await worker.stop() < stop_limit_s()
        assert await beat.stop() < stop_limit_s()
        assert (worker.child.returncode, beat.child.returncode) == (0, 0)
        assert all(line["process"] == "worker" for line in worker.lines())
        assert all(line["process"] == "beat" for line in beat.lines())


async def test_pitfall_33_a_job_that_is_cut_off_is_done_again(environment: dict[str, str], redis_url: str) -> None:
    """The node never answers, so a job hangs; the worker stops all the same, and leaves the job to the next one."""
    with socket.create_server(("127.0.0.1", 0)) as silent, redis.Redis.from_url(redis_url) as broker:
        queue = queue_of(31337)
        environment |= {"RPC_URL": f"http://127.0.0.1:{silent.getsockname()[1]}"}
        async with running("beat", environment) as beat:
            jobs = broker.llen(queue)
            await beat.stop()
        async with running("worker", environment) as worker:

            async def busy() -> bool:
                return bool(broker.hlen("unacked"))

            await until(busy, "a job hangs")
            assert await worker.stop() < stop_limit_s()
            assert worker.child.returncode == 0
        assert (broker.llen(queue), broker.hlen("unacked")) == (jobs, 0)


async def test_workers_of_one_redis_share_the_work_and_the_killed_leave_it_to_the_others(
    environment: dict[str, str], redis_url: str
) -> None:
    """Each job is done by one of them. What a killed one had in its hands is asked for again at its next turn."""
    app = make_app(redis_url, 31337, [], Running())

    def ask() -> set[str]:
        return {app.send_task("check-mirror").id for _ in range(JOBS)}

    async with running("worker", environment) as first, running("worker", environment) as second:
        asked = ask()

        async def all_are_done() -> bool:
            return done_by(first) | done_by(second) >= asked

        await until(all_are_done, "the jobs are done")
        shared = (done_by(first), done_by(second))
        assert all(shared), "one of them did nothing"
        assert sum(map(len, shared)) == JOBS, "a job was done twice"

        asked = ask()
        first.child.kill()

        async def all_but_what_was_in_its_hands() -> bool:
            return len(asked - done_by(first) - done_by(second)) <= 1

        await until(all_but_what_was_in_its_hands, "the other worker goes on alone")


@pytest.mark.parametrize("name", ["worker", "beat"])
async def test_without_a_broker_they_say_so_in_one_line(name: str, environment: dict[str, str], tmp_path: Path) -> None:
    nowhere = f"unix://{tmp_path}/redis.sock"
    said = await refused(name, environment | {"REDIS_URL": nowhere})
    assert said == f"{name}: Redis cannot be reached: ConnectionError — check REDIS_URL and that the server runs"
    del environment["REDIS_URL"]
    assert (await refused(name, environment)).startswith(f"{name}: REDIS_URL is not set — ")
