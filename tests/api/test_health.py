"""Alive, ready, measured: and when something is missing, what and what to do."""

import asyncio
import socket
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from redis.asyncio import Redis
from sqlalchemy import text, update

from api.nodes import Nodes
from api.opening import open_parts
from api.parts import Bounds, Parts
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.models import Cursor, Signer
from orchestrator.db.session import sessions_of
from tests.api.ground import CHAIN_ID
from tests.api.world import QUICK, SITE, STRANGER, World, client_of, parts_with


@pytest.fixture
def dead_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


async def ready(parts: Parts) -> tuple[int, dict[str, Any]]:
    """Status, and the checks by name."""
    async with client_of(parts) as client:
        response = await client.get("/health/ready")
    body = response.json()
    checks = {check["name"]: check for check in body["checks"]}
    assert body["ready"] is all(check["ok"] for check in checks.values())
    assert all(check["ok"] or check["hint"] for check in checks.values())
    return response.status_code, checks


async def test_a_whole_service_is_ready(world: World) -> None:
    status, checks = await ready(parts_with(world))
    assert status == 200
    assert [name for name, check in checks.items() if check["ok"]] == ["database", "redis", "node", "mirror", "signers"]


async def test_alive_needs_nothing_else(world: World, dead_port: int) -> None:
    dead = JsonRpc(f"http://127.0.0.1:{dead_port}")
    async with client_of(parts_with(world, nodes=Nodes([dead]))) as client:
        response = await client.get("/health/live")
    await dead.aclose()
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


async def test_a_dead_database_is_told_and_every_read_is_a_503(world: World, redis_url: str, dead_port: int) -> None:
    url = f"postgresql+psycopg://covenant:secret@127.0.0.1:{dead_port}/none"
    async with (
        open_parts(world.ground.book, url, redis_url, parts_with(world).nodes, SITE, bounds=QUICK) as parts,
        client_of(parts) as client,
    ):
        status, checks = await ready(parts)
        paths = ("/v1/lines", "/v1/lines/1", "/v1/offers", "/v1/lines/1/schedule")
        reads = await asyncio.gather(*(client.get(path) for path in paths))  # each waits for a connection
        measured = await client.get("/metrics")
    assert status == 503
    assert checks["database"]["ok"] is False
    assert checks["node"]["ok"] is True
    assert {(read.status_code, read.json()["code"]) for read in reads} == {(503, "database_unavailable")}
    assert "secret" not in "".join(read.text for read in reads) + str(checks)
    assert "covenant_database_up 0.0" in measured.text


async def test_a_database_that_came_back_is_read_at_once(world: World) -> None:
    await world.line()
    assert (await world.client.get("/v1/lines")).status_code == 200
    async with world.engine.connect() as connection:
        await connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'covenant web reads'")
        )
    assert (await world.client.get("/v1/lines")).status_code == 200


async def test_a_dead_redis_is_told(world: World, dead_port: int) -> None:
    redis = Redis(host="127.0.0.1", port=dead_port)
    status, checks = await ready(parts_with(world, redis=redis))
    await redis.aclose()
    assert (status, checks["redis"]["ok"], checks["database"]["ok"]) == (503, False, True)


async def test_a_dead_node_is_told(world: World, dead_port: int) -> None:
    dead = JsonRpc(f"http://127.0.0.1:{dead_port}")
    status, checks = await ready(parts_with(world, nodes=Nodes([dead])))
    assert (status, checks["node"]["ok"], checks["mirror"]["ok"]) == (503, False, True)
    living = JsonRpc(world.ground.url)
    status, checks = await ready(parts_with(world, nodes=Nodes([dead, living])))
    assert (status, checks["node"]["ok"]) == (200, True)
    await dead.aclose()
    await living.aclose()


async def test_a_mirror_that_falls_behind_is_told(world: World) -> None:
    behind = replace(world.head, number=world.head.number - 3)
    await world.stand_at(behind)
    status, checks = await ready(parts_with(world, bounds=Bounds(max_lag_blocks=2)))
    assert (status, checks["mirror"]["ok"]) == (503, False)
    assert "behind the head" in checks["mirror"]["detail"]
    status, checks = await ready(parts_with(world, bounds=Bounds(max_lag_blocks=1_000)))
    assert (status, checks["mirror"]["ok"]) == (200, True)


async def test_a_frozen_mirror_is_told(world: World) -> None:
    async with sessions_of(world.engine).begin() as session:
        await session.execute(update(Cursor).values(frozen="block 3 is final here and another one there"))
    status, checks = await ready(parts_with(world))
    assert (status, checks["mirror"]["detail"]) == (503, "frozen: block 3 is final here and another one there")


async def test_an_empty_mirror_is_told(world: World) -> None:
    elsewhere = replace(world.ground.book, chain_id=CHAIN_ID + 1)
    status, checks = await ready(parts_with(world, book=elsewhere))
    assert status == 503
    assert checks["mirror"]["detail"] == "no block is mirrored yet"
    assert checks["node"]["detail"] == f"the node is of chain {CHAIN_ID}, this service is for chain {CHAIN_ID + 1}"


async def test_a_poor_signer_is_told(world: World) -> None:
    await world.write(world.lane())
    await world.ground.set_balance(STRANGER.address, 10**15)
    status, checks = await ready(parts_with(world))
    assert (status, checks["signers"]["ok"]) == (503, False)
    assert checks["signers"]["detail"] == f"{STRANGER.address} holds 0.0010 ETH, less than 0.0100"
    await world.ground.set_balance(STRANGER.address, 10**18)
    status, checks = await ready(parts_with(world))
    assert (status, checks["signers"]["detail"]) == (200, f"{STRANGER.address} holds 1.0000 ETH")


async def test_a_signer_that_has_spent_its_gas_budget_is_told_until_it_refills(world: World) -> None:
    signer = {"chain_id": CHAIN_ID, "address": STRANGER.address.lower(), "place": 0}
    await world.ground.set_balance(STRANGER.address, 10**18)
    await world.write(world.lane(), Signer(**signer, spent_until=datetime(2100, 1, 1, tzinfo=UTC)))
    status, checks = await ready(parts_with(world))
    assert (status, checks["signers"]["ok"]) == (503, False)
    assert checks["signers"]["detail"] == f"{STRANGER.address} has spent its gas budget until 2100-01-01 00:00 UTC"
    async with sessions_of(world.engine).begin() as session:
        await session.execute(update(Signer).values(spent_until=datetime(2000, 1, 1, tzinfo=UTC)))
    status, checks = await ready(parts_with(world))
    assert (status, checks["signers"]["ok"]) == (200, True)


async def test_a_service_whose_only_signer_is_retired_is_not_ready(world: World) -> None:
    signer = {"chain_id": CHAIN_ID, "address": STRANGER.address.lower(), "place": 0}
    await world.ground.set_balance(STRANGER.address, 10**18)
    await world.write(world.lane(), world.intent(signer=STRANGER.address, status="broadcast", finished_at=None))
    await world.write(Signer(**signer, retired_at=datetime(2020, 1, 1, tzinfo=UTC)))
    status, checks = await ready(parts_with(world))
    assert (status, checks["signers"]["detail"]) == (503, "all signers are retired, or not loaded")


async def test_metrics_count_requests_by_route_and_tell_how_the_service_does(world: World) -> None:
    await world.line()
    await world.write(world.alert("feed_late:a"), world.intent())
    for path in ("/v1/lines/1", "/v1/lines/2", "/v1/nowhere"):
        await world.client.get(path)
    samples = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families((await world.client.get("/metrics")).text)
        for sample in family.samples
    }
    assert samples["covenant_api_requests_total", "GET", "/v1/lines/{line_id}", "200"] == 1
    assert samples["covenant_api_requests_total", "GET", "/v1/lines/{line_id}", "404"] == 1
    assert samples["covenant_api_requests_total", "GET", "unmatched", "404"] == 1
    assert samples["covenant_mirror_block", str(CHAIN_ID)] == world.head.number
    assert samples["covenant_open_alerts", "warning"] == 1
    assert samples["covenant_intents", "mined"] == 1
    assert samples[("covenant_database_up",)] == 1
