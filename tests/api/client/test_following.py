"""A client that follows gets each event once and in order, through whatever connections it takes."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import islice, pairwise

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.app import create_app
from covenant_client import AsyncClient, Client, Retry, Unreachable, Unreadable, problems
from covenant_client.stream import Frame, FrameReader
from scripts.processes.web import listening, serve
from tests.api.client.scripted import HANGS_UP, problem, scripted, stream
from tests.api.world import World, parts_with

QUICK = Retry(attempts=4, first_pause_s=0.001)


def frame(position: int) -> str:
    told = {
        "position": position,
        "id": f"00000000-0000-0000-0000-{position:012}",
        "kind": "line.drawn",
        "vault": None,
        "line_id": 1,
        "block_number": 1,
        "block_hash": "0x00",
        "log_index": 0,
        "tx_hash": "0x00",
        "finality": "latest",
        "payload": {"note": "lines end\u2028where they end"},
        "reverts": None,
        "recorded_at": {"epoch_s": 0, "rfc3339": "1970-01-01T00:00:00Z"},
    }
    return f"id: {position}\nevent: line.drawn\ndata: {orjson.dumps(told).decode()}\n\n"


async def positions(address: str, count: int, after: int | None = None) -> list[int]:
    """Of so many events."""
    found: list[int] = []
    async with AsyncClient(address, retry=QUICK) as client:
        async for event in client.follow(after=after):
            found.append(event.position)
            if len(found) == count:
                break
    return found


async def plain_positions(address: str, count: int, after: int | None = None) -> list[int]:
    def read() -> list[int]:
        with Client(address, retry=QUICK) as client:
            return [event.position for event in islice(client.follow(after=after), count)]

    return await asyncio.to_thread(read)


Read = Callable[..., Awaitable[list[int]]]
BOTH = pytest.mark.parametrize("read", [plain_positions, positions], ids=["plain", "asyncio"])


@BOTH
async def test_it_goes_on_after_the_last_whole_event_when_the_stream_breaks(read: Read) -> None:
    broken = stream("retry: 1\n\n", frame(1), frame(2)[:-1])
    whole = stream("retry: 1\n\n", ": \n\n", "event: block\ndata: {}\n\n", frame(2), frame(3))
    async with scripted(broken, HANGS_UP, problem(503, "database_unavailable"), whole) as server:
        assert await read(server.address, 3, after=0) == [1, 2, 3]
    assert [asked.headers.get("last-event-id") for asked in server.asked] == [None, "1", "1", "1"]
    assert {asked.target for asked in server.asked} == {"/v1/events/stream?after=0"}


async def test_what_was_lost_before_the_first_event_is_asked_for_by_where_the_stream_began() -> None:
    async with scripted(stream("retry: 1\nid: 7\n\n"), stream("retry: 1\n\n", frame(8))) as server:
        assert await positions(server.address, 1) == [8]
    assert [asked.headers.get("last-event-id") for asked in server.asked] == [None, "7"]


@BOTH
async def test_a_service_that_greets_and_hangs_up_is_given_up(read: Read) -> None:
    async with scripted(stream("retry: 1\n\n")) as server:
        with pytest.raises(Unreachable, match="the service ended the stream"):
            await read(server.address, 1)
    assert len(server.asked) == QUICK.attempts


async def test_a_stream_may_break_any_number_of_times_as_long_as_it_says_something() -> None:
    breaking = [stream("retry: 1\n\n", frame(n)) for n in range(1, 9)]
    async with scripted(*breaking) as server:
        assert await positions(server.address, 8, after=0) == list(range(1, 9))


@BOTH
async def test_a_refusal_is_raised(read: Read, address: str) -> None:
    with pytest.raises(problems.InvalidRequest):
        await read(address, 1, after=-1)


async def test_what_is_no_event_is_unreadable() -> None:
    async with scripted(stream("event: line.drawn\ndata: {}\n\n")) as server:
        with pytest.raises(Unreadable):
            await positions(server.address, 1)


async def test_it_goes_on_when_the_service_was_restarted(world: World) -> None:
    await world.tell(world.event(0))
    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        first = asyncio.create_task(serve(create_app(parts_with(world)), listener))
        async with AsyncClient(f"http://127.0.0.1:{port}", retry=Retry(attempts=50, first_pause_s=0.05)) as client:
            events = client.follow(after=0)
            assert (await anext(events)).position == 1
            waiting = asyncio.ensure_future(anext(events))
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            listener.close()
            await world.tell(world.event(0), world.event(0))
            with listening("127.0.0.1", port) as again:
                second = asyncio.create_task(serve(create_app(parts_with(world)), again))
                assert (await waiting).position == 2
                assert (await anext(events)).position == 3
                await events.aclose()
                second.cancel()
                await asyncio.gather(second, return_exceptions=True)


@BOTH
async def test_what_the_service_tells_is_what_its_log_holds(read: Read, world: World, address: str) -> None:
    await world.tell(*(world.event(0) for _ in range(3)))
    assert await read(address, 2, after=1) == [2, 3]


# ---------------------------------------------------------------- frames


@given(cuts=st.sets(st.integers(1, 200)), end=st.sampled_from(["\n", "\r\n"]))
def test_frames_are_the_same_however_their_bytes_arrive(cuts: set[int], end: str) -> None:
    text = "retry: 1\nid: 4\n\n: \n\nid:5\nevent: a\ndata: é\u2028\u0085\ndata:  two\n\n"
    sent = text.replace("\n", end).encode()
    reader, told, places = FrameReader(), [], [0, *sorted(cut for cut in cuts if cut < len(sent)), len(sent)]
    for begin, stop in pairwise(places):
        told += list(reader.read(sent[begin:stop]))
    assert told == [Frame("", "4", ""), Frame("", None, ""), Frame("a", "5", "é\u2028\u0085\n two")]


def test_a_frame_without_an_end_is_not_kept_for_ever() -> None:
    reader = FrameReader()
    assert list(reader.read(b"x" * 1_000_000)) == []
    with pytest.raises(Unreadable, match="longer than"):
        list(reader.read(b"x" * 100_000))
