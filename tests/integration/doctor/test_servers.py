"""The servers, really there and really broken: what the doctor says of each."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest

from orchestrator.chain.rpc import JsonRpc
from scripts.doctor.clock import check_clock
from scripts.doctor.diagnosis import Grade
from scripts.doctor.ports import check_api_port
from scripts.doctor.servers import check_database, check_lag, check_provider, check_providers, check_redis
from scripts.local.postgres import url_of
from tests.conftest import LocalParts

LOCAL_CHAIN_ID = 31337


@pytest.fixture
async def rpc(anvil: str) -> AsyncIterator[JsonRpc]:
    provider = JsonRpc(anvil)
    yield provider
    await provider.aclose()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port on which something listens that never answers."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(1)
        port: int = listener.getsockname()[1]
        yield port


@pytest.fixture
def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


async def test_a_migrated_database_is_well(database_url: str) -> None:
    diagnosis = await check_database(database_url)
    assert diagnosis.grade is Grade.OK
    assert "schema at" in diagnosis.found


async def test_an_empty_database_must_be_migrated(empty_database_url: str) -> None:
    diagnosis = await check_database(empty_database_url)
    assert diagnosis.grade is Grade.FAIL
    assert "revision (none)" in diagnosis.found
    assert diagnosis.remedy == "run covenant migrate"


async def test_a_database_on_a_wrong_port_cannot_be_reached_and_its_password_is_not_shown(free_port: int) -> None:
    diagnosis = await check_database(f"postgresql+psycopg://keeper:hunter2@127.0.0.1:{free_port}/covenant")
    assert diagnosis.grade is Grade.FAIL
    assert "cannot be reached" in diagnosis.found
    assert "DATABASE_URL" in diagnosis.remedy
    assert "hunter2" not in diagnosis.found + diagnosis.remedy


async def test_a_database_that_does_not_exist_is_named(local_parts: LocalParts, database_url: str) -> None:
    diagnosis = await check_database(url_of(local_parts.socket_dir, "nowhere"))
    assert diagnosis.grade is Grade.FAIL
    assert "nowhere" in diagnosis.found


async def test_redis_is_pinged(redis_url: str) -> None:
    assert (await check_redis(redis_url)).grade is Grade.OK


async def test_redis_on_a_wrong_port_is_a_failure(free_port: int) -> None:
    diagnosis = await check_redis(f"redis://:hunter2@127.0.0.1:{free_port}/0")
    assert diagnosis.grade is Grade.FAIL
    assert "REDIS_URL" in diagnosis.found
    assert "hunter2" not in diagnosis.found + diagnosis.remedy


async def test_a_provider_of_the_right_chain_is_well(rpc: JsonRpc) -> None:
    diagnosis, head_number = await check_provider(rpc, "RPC", LOCAL_CHAIN_ID)
    assert (diagnosis.grade, head_number) == (Grade.OK, 0)


async def test_a_provider_of_another_chain_is_a_failure_and_not_used(rpc: JsonRpc) -> None:
    diagnoses, usable = await check_providers([rpc], 1)
    assert [diagnosis.grade for diagnosis in diagnoses] == [Grade.FAIL]
    assert "serves chain 31337, but COVENANT_CHAIN_ID is 1" in diagnoses[0].found
    assert usable == []


async def test_one_dead_provider_of_two_is_named_and_the_other_used(rpc: JsonRpc, free_port: int) -> None:
    dead = JsonRpc(f"http://127.0.0.1:{free_port}")
    try:
        diagnoses, usable = await check_providers([dead, rpc], LOCAL_CHAIN_ID)
    finally:
        await dead.aclose()
    assert [(diagnosis.subject, diagnosis.grade) for diagnosis in diagnoses] == [
        ("RPC 1", Grade.FAIL),
        ("RPC 2", Grade.OK),
    ]
    assert usable == [rpc]


async def test_a_provider_far_behind_another_is_a_warning(anvil: str, rpc: JsonRpc) -> None:
    ahead = JsonRpc(anvil)
    try:
        assert check_lag({ahead: 110, rpc: 100}) == []
        [diagnosis] = check_lag({ahead: 111, rpc: 100})
    finally:
        await ahead.aclose()
    assert diagnosis.grade is Grade.WARN
    assert "11 blocks behind" in diagnosis.found


async def test_what_is_no_node_is_a_failure() -> None:
    async def not_rpc(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nconnection: close\r\n\r\nhello")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(not_rpc, "127.0.0.1", 0)
    async with server:
        provider = JsonRpc(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        diagnosis, _ = await check_provider(provider, "RPC", None)
        await provider.aclose()
    assert diagnosis.grade is Grade.FAIL


async def test_the_head_of_a_chain_with_a_real_id_is_held_against_the_clock(rpc: JsonRpc) -> None:
    block = await rpc.call("eth_getBlockByNumber", ("latest", False))
    timestamp_s = int(block["timestamp"], 16)
    assert (await check_clock(rpc, 1, timestamp_s + 5.0)).grade is Grade.OK
    assert (await check_clock(rpc, 1, timestamp_s + 3_600.0)).grade is Grade.WARN
    assert (await check_clock(rpc, LOCAL_CHAIN_ID, timestamp_s + 3_600.0)).grade is Grade.OK


async def test_a_free_port_is_well_and_still_free_afterwards(free_port: int) -> None:
    assert (await check_api_port("127.0.0.1", free_port)).grade is Grade.OK
    assert (await check_api_port("127.0.0.1", free_port)).grade is Grade.OK


async def test_a_port_that_another_program_has_is_a_failure(taken_port: int) -> None:
    diagnosis = await check_api_port("127.0.0.1", taken_port)
    assert diagnosis.grade is Grade.FAIL
    assert diagnosis.found == "taken by another program"
    assert "COVENANT_API_PORT" in diagnosis.remedy


async def test_a_host_that_is_not_ours_cannot_be_listened_on(free_port: int) -> None:
    diagnosis = await check_api_port("192.0.2.1", free_port)
    assert diagnosis.grade is Grade.FAIL
    assert "COVENANT_API_HOST" in diagnosis.remedy
