"""The embedded PostgreSQL on data that a killed one left, and as seen by other users of the machine."""

import os
import signal
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psycopg
import pytest

from orchestrator.errors import CovenantError
from scripts.local.part import Part
from scripts.local.postgres import conninfo, start_postgres
from scripts.local.postgres_leftovers import shared_memory_id
from scripts.local.runtime import Runtime, open_runtime
from tests.integration.local.running_stack import until


@pytest.fixture
async def runtime() -> AsyncIterator[Runtime]:
    async with open_runtime() as opened:
        yield opened


async def start(runtime: Runtime, data: Path, *, keep: bool = True) -> Part:
    return await start_postgres(runtime, data, runtime.directory / "postgres.log", keep=keep)


async def test_only_its_owner_may_reach_the_socket(runtime: Runtime, tmp_path: Path) -> None:
    await start(runtime, tmp_path / "data")
    assert stat.S_IMODE((runtime.directory / "pg").stat().st_mode) == 0o700
    with psycopg.connect(conninfo(runtime.directory / "pg", "postgres")) as connection:
        rules = connection.execute("SELECT type, auth_method FROM pg_hba_file_rules").fetchall()
    assert rules == [("local", "peer")]


async def test_a_pid_file_that_names_another_program_is_in_nobodys_way(runtime: Runtime, tmp_path: Path) -> None:
    data = tmp_path / "data"
    server = await start(runtime, data)
    pid_file = (data / "postmaster.pid").read_text()
    await server.stop()
    (data / "postmaster.pid").write_text(pid_file.replace(str(server.child.pid), str(os.getpid()), 1))
    await start(runtime, data)


async def test_a_server_that_lost_its_owner_is_stopped_before_the_next_one_starts(
    runtime: Runtime, tmp_path: Path
) -> None:
    lost = await start(runtime, tmp_path / "data")
    async with open_runtime() as next_runtime:
        successor = await start(next_runtime, tmp_path / "data")
        assert await lost.child.wait() == 0
        assert not successor.child.ended.done()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's list of segments")
async def test_a_killed_throw_away_server_leaves_no_shared_memory(runtime: Runtime, tmp_path: Path) -> None:
    server = await start(runtime, tmp_path / "data", keep=False)
    segment = shared_memory_id(tmp_path / "data")
    assert segment in _segments()
    server.child.kill()
    assert await server.child.wait() == -signal.SIGKILL
    until(lambda: segment not in _segments(), "the last backend has let go of it")


def _segments() -> list[int]:
    return [int(line.split()[1]) for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]


@pytest.mark.skipif(os.geteuid() != 0 or sys.platform != "linux", reason="only root gives it to another user")
async def test_root_can_keep_data_where_no_other_user_may_enter(runtime: Runtime, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    server = await start(runtime, closed / "data")
    owner = (closed / "data").stat().st_uid
    assert owner != 0
    assert not _can_list(closed / "data", uid=owner)
    status = Path(f"/proc/{server.child.pid}/status").read_text()
    kept = next(line.split()[1] for line in status.splitlines() if line.startswith("CapEff"))
    assert int(kept, 16).bit_count() == 1


def _can_list(directory: Path, *, uid: int) -> bool:
    return subprocess.run(["ls", str(directory)], user=uid, capture_output=True).returncode == 0


async def test_data_of_another_version_is_refused_with_the_reason(runtime: Runtime, tmp_path: Path) -> None:
    server = await start(runtime, tmp_path / "data")
    await server.stop()
    (tmp_path / "data" / "PG_VERSION").write_text("12\n")
    with pytest.raises(CovenantError, match="version 12"):
        await start(runtime, tmp_path / "data")
