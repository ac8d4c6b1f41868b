"""The log of events: in order, resumable from any position, and honest about what a reorganisation undid."""

import uuid
from typing import Any

from api.events.schemas import EventLog
from tests.api.world import BORROWER, World


async def positions(world: World, **parameters: Any) -> list[int]:
    return [item["position"] for item in (await world.get("/v1/events", **parameters))["items"]]


async def test_events_come_in_the_order_of_their_positions(world: World) -> None:
    await world.write(world.event(3), world.event(1), world.event(2))
    assert await positions(world) == [1, 2, 3]


async def test_events_of_another_chain_have_positions_of_their_own(world: World) -> None:
    await world.write(world.event(1), world.event(1, chain_id=7), world.event(2, chain_id=7))
    assert await positions(world) == [1]


async def test_reading_goes_on_after_the_last_position(world: World) -> None:
    await world.write(*(world.event(position) for position in range(1, 6)))
    first = await world.get("/v1/events", limit=2)
    assert (first["last_position"], first["has_more"]) == (2, True)
    second = await world.get("/v1/events", limit=3, after=first["last_position"])
    assert [item["position"] for item in second["items"]] == [3, 4, 5]
    assert (second["last_position"], second["has_more"]) == (5, False)
    nothing = await world.get("/v1/events", after=5)
    assert (nothing["items"], nothing["last_position"], nothing["has_more"]) == ([], 5, False)


async def test_the_newest_come_first_when_asked_and_reading_goes_on_before_the_last_of_them(world: World) -> None:
    await world.write(*(world.event(position, line_id=1 + position % 2) for position in range(1, 8)))
    first = await world.get("/v1/events", sort="newest", limit=2, line_id=2)
    assert [item["position"] for item in first["items"]] == [7, 5]
    assert (first["last_position"], first["has_more"]) == (5, True)
    second = await world.get("/v1/events", sort="newest", limit=2, line_id=2, before=first["last_position"])
    assert [item["position"] for item in second["items"]] == [3, 1]
    assert (second["last_position"], second["has_more"]) == (1, False)
    assert await positions(world, after=2, before=5) == [3, 4]


async def test_events_can_be_chosen_by_line_and_kinds(world: World) -> None:
    await world.write(
        world.event(1, kind="line.opened"),
        world.event(2, kind="line.drawn"),
        world.event(3, kind="line.repaid", line_id=2),
        world.event(4, kind="feed.answered", line_id=None, vault=None),
    )
    assert await positions(world, line_id=1) == [1, 2]
    assert await positions(world, kind="line.drawn") == [2]
    assert await positions(world, kind=["line.opened", "feed.answered"]) == [1, 4]
    assert await positions(world, line_id=2, kind="line.opened") == []


async def test_an_event_tells_what_happened_and_where(world: World) -> None:
    event = world.event(1, block=2)
    await world.write(event)
    (shown,) = (await world.get("/v1/events"))["items"]
    assert shown["id"] == str(event.id)
    assert shown["payload"] == {"id": "1", "to": BORROWER.address, "amount": "10000000000"}
    assert (shown["vault"], shown["line_id"], shown["block_number"]) == (world.vault, 1, 2)
    assert shown["reverts"] is None


async def test_what_is_written_keeps_to_the_documented_model(world: World) -> None:
    await world.write(
        world.event(1),
        world.event(2, kind="feed.answered", line_id=None, vault=None),
        world.event(3, kind="line.drawn.reverted", reverts=uuid.uuid4()),
    )
    page = await world.client.get("/v1/events")
    assert EventLog.model_validate_json(page.content).model_dump(mode="json") == page.json()
    assert len(page.json()["items"]) == 3


async def test_a_reverted_event_stays_and_is_followed_by_the_one_that_takes_it_back(world: World) -> None:
    event = world.event(1)
    await world.write(event, world.event(2, kind="line.drawn.reverted", reverts=event.id))
    taken_back = (await world.get("/v1/events", kind="line.drawn.reverted"))["items"]
    assert [item["reverts"] for item in taken_back] == [str(event.id)]


async def test_whoever_asks_for_a_stream_of_them_is_led_there_with_the_same_question(world: World) -> None:
    response = await world.client.get("/v1/events?line_id=1&after=5", headers={"Accept": "text/event-stream"})
    assert (response.status_code, response.headers["location"]) == (307, "/v1/events/stream?line_id=1&after=5")
