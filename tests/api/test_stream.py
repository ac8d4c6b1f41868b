"""Whoever follows the stream gets every event once and in order, whatever the others who follow it do."""

import asyncio
import json
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from api.app import create_app
from api.events import broadcast, stream
from orchestrator.db.models import OutboxEvent
from orchestrator.delivery.posting import Poster
from scripts.processes.web import listening, serve
from tests.api.people import sign_in, visitor
from tests.api.receiving import courier, make, receiving
from tests.api.world import BORROWER, WEBHOOKS, World, parts_with

CLIENTS = 1_000
CUT_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name AND pid <> pg_backend_pid()"
)


@pytest_asyncio.fixture
async def address(world: World) -> AsyncIterator[tuple[str, int]]:
    """Where the world's application listens."""
    with listening("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(serve(create_app(parts_with(world)), listener))
        yield listener.getsockname()[:2]
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


class Following:
    """A client of the stream that reads frame by frame."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def greeting(self) -> dict[str, str]:
        """The first frame, which says when to come back and where a stream without `after` begins."""
        fields: dict[str, str] = {}
        while (line := (await self._line()).strip()) != "" or not fields:
            name, _, value = line.partition(": ")
            fields |= {name: value} if line else {}
        return fields

    async def frame(self) -> dict[str, str]:
        """The next frame that is neither the greeting nor a comment."""
        while True:
            fields: dict[str, str] = {}
            while (line := (await self._line()).strip()) != "":
                name, _, value = line.partition(": ")
                fields[name] = value
            if fields and "retry" not in fields and "" not in fields:
                return fields

    async def event(self) -> dict[str, Any]:
        """The next frame that is neither of a block nor a sign of life."""
        while True:
            frame = await self.frame()
            if frame.get("event", "block") != "block":
                body: dict[str, Any] = json.loads(frame["data"])
                assert (frame["id"], frame["event"]) == (str(body["position"]), body["kind"])
                return body

    async def _line(self) -> str:
        """Chunk sizes look like no field and are passed over."""
        while True:
            line = await asyncio.wait_for(self.reader.readline(), 30)
            if not line:
                raise EOFError
            text = line.decode()
            if text == "\n" or ": " in text:
                return text


@asynccontextmanager
async def following(address: tuple[str, int], query: str = "", **headers: str) -> AsyncIterator[Following]:
    reader, writer = await asyncio.open_connection(*address)
    lines = [
        f"GET /v1/events/stream{query} HTTP/1.1",
        "host: covenant.test",
        *(f"{k}: {v}" for k, v in headers.items()),
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    status = (await reader.readline()).decode()
    assert " 200 " in status, status
    while (await reader.readline()).strip():
        pass
    try:
        yield Following(reader, writer)
    finally:
        writer.close()


async def until_cut_off(client: Following) -> int:
    """How many events it still gets."""
    received = 0
    with suppress(EOFError, ConnectionResetError):
        while True:
            await client.event()
            received += 1
    return received


def kinds_of(world: World, *kinds: str, **values: Any) -> list[OutboxEvent]:
    return [world.event(0, kind=kind, **values) for kind in kinds]


async def test_events_arrive_as_they_happen_in_the_words_of_the_log(world: World, address: tuple[str, int]) -> None:
    async with following(address) as client:
        assert (await client.frame())["event"] == "block"
        await world.tell(*kinds_of(world, "line.opened", "line.drawn"))
        told = [await client.event(), await client.event()]
    assert [event["kind"] for event in told] == ["line.opened", "line.drawn"]
    assert told == (await world.get("/v1/events"))["items"]


async def test_a_block_is_told_when_the_mirror_moves(world: World, address: tuple[str, int]) -> None:
    async with following(address) as client:
        first = json.loads((await client.frame())["data"])
        assert first["block_number"] == world.head.number
        await world.stand_at(await world.ground.publish(190 * 10**8))
        second = json.loads((await client.frame())["data"])
    assert second == (await world.get("/v1/lines"))["as_of"]
    assert second["block_number"] == first["block_number"] + 1


async def test_who_comes_back_goes_on_where_it_was(world: World, address: tuple[str, int]) -> None:
    await world.tell(*kinds_of(world, "line.a", "line.b"))
    async with following(address, "?after=0") as client:
        seen = [(await client.event())["position"]]
    await world.tell(*kinds_of(world, "line.c"))
    async with following(address, "?after=0", **{"last-event-id": str(seen[0])}) as client:
        await world.tell(*kinds_of(world, "line.d"))
        seen += [(await client.event())["position"] for _ in range(3)]
    assert seen == [1, 2, 3, 4]


async def test_who_loses_a_stream_before_its_first_event_comes_back_to_where_it_began(
    world: World, address: tuple[str, int]
) -> None:
    await world.tell(*kinds_of(world, "line.a", "line.b"))
    async with following(address) as client:
        greeting = await client.greeting()
    await world.tell(*kinds_of(world, "line.c"))
    async with following(address, **{"last-event-id": greeting["id"]}) as client:
        assert (await client.event())["position"] == 3


async def test_a_long_absence_is_made_up_for_in_pieces(
    world: World, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "READ_AT_ONCE", 7)
    await world.tell(*kinds_of(world, *["line.drawn"] * 40))
    async with following(address, "?after=3") as client:
        await world.tell(*kinds_of(world, *["line.repaid"] * 10))
        assert [(await client.event())["position"] for _ in range(47)] == list(range(4, 51))


async def test_what_a_reorganisation_undid_is_taken_back(world: World, address: tuple[str, int]) -> None:
    (event,) = kinds_of(world, "line.drawn")
    await world.tell(event)
    async with following(address, "?after=0") as client:
        first = await client.event()
        await world.tell(*kinds_of(world, "line.drawn.reverted", reverts=event.id))
        back = await client.event()
    assert (back["kind"], back["reverts"]) == ("line.drawn.reverted", first["id"])
    assert back["id"] != first["id"]


async def test_a_stream_can_be_of_one_line_and_of_some_kinds(world: World, address: tuple[str, int]) -> None:
    await world.tell(*kinds_of(world, "line.drawn", line_id=2), *kinds_of(world, "line.drawn"))
    async with following(address, "?after=0&line_id=1&kind=line.drawn&kind=line.repaid") as client:
        await world.tell(
            *kinds_of(world, "line.drawn", line_id=2),
            *kinds_of(world, "line.closed", "line.repaid"),
            *kinds_of(world, "line.repaid", line_id=None),
        )
        assert [(await client.event())["position"] for _ in range(2)] == [2, 5]


async def test_a_client_that_does_not_read_is_cut_off_and_holds_nobody_up(
    world: World, address: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast, "MOST_WAITING", 50)
    monkeypatch.setattr(stream, "SEND_TIMEOUT_S", 1.0)
    padding = {"padding": "x" * 20_000}
    async with following(address) as reading_one, following(address) as sleeping:
        sleeping.reader._limit = 1  # type: ignore[attr-defined]  # it takes nothing more from the kernel
        total = 0
        for _ in range(12):
            await world.tell(*kinds_of(world, *["line.drawn"] * 40, payload=padding))
            total += 40
            assert [(await reading_one.event())["position"] for _ in range(40)][-1] == total
        sleeping.reader._limit = 2**20  # type: ignore[attr-defined]
        received = await until_cut_off(sleeping)
    assert received < total


async def test_a_thousand_clients_and_a_dead_webhook_hold_up_no_read_no_client_and_no_other_webhook(
    world: World, address: tuple[str, int]
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 4 * CLIENTS:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4 * CLIENTS, hard), hard))
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(following(address)) for _ in range(CLIENTS)]
        dead = await stack.enter_async_context(receiving(hangs=True))
        alive = await stack.enter_async_context(receiving())
        owner = await stack.enter_async_context(visitor(world))
        await sign_in(owner, BORROWER)
        for receiver in (dead, alive):
            await make(owner, receiver.url)
        await world.tell(*kinds_of(world, "line.drawn"))
        poster = await stack.enter_async_context(Poster(WEBHOOKS.private_networks, timeout_s=60))
        sending = asyncio.create_task(courier(world, poster).round())
        async with asyncio.timeout(30):
            while not (dead.got and alive.got):  # noqa: ASYNC110 - the receivers tell nobody
                await asyncio.sleep(0.02)
        first = await asyncio.gather(*(client.event() for client in opened))
        async with httpx.AsyncClient(base_url=f"http://{address[0]}:{address[1]}") as reader:
            assert (await reader.get("/v1/lines")).status_code == 200
        await world.tell(*kinds_of(world, "line.repaid"))
        second = await asyncio.gather(*(client.event() for client in opened))
        assert not sending.done()
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert {event["position"] for event in first} == {1}
    assert {event["position"] for event in second} == {2}
    assert alive.positions == [1]


async def test_the_stream_goes_on_after_its_connections_to_the_database_were_cut(
    world: World, address: tuple[str, int]
) -> None:
    async with following(address) as client:
        await client.frame()
        async with world.engine.connect() as connection:
            await connection.execute(CUT_OTHERS, {"name": world.engine.url.database})
        await world.tell(*kinds_of(world, "line.drawn"))
        assert (await client.event())["position"] == 1
