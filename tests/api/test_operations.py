"""What operators look at: feeds and rounds, alerts, reconciliations."""

from dataclasses import replace

from api.parts import Bounds
from orchestrator.db.models import Hold
from tests.api.ground import CHAIN_ID
from tests.api.world import World, client_of, parts_with


async def test_a_feed_shows_its_judgement_and_newest_answer(world: World) -> None:
    rounds = world.round(1, 195 * 10**8, block=2, age_s=90), world.round(2, 0, block=3, age_s=30)
    await world.write(world.feed(), *rounds)
    (feed,) = (await world.get("/v1/feeds"))["items"]
    assert (feed["pair"], feed["status"], feed["heartbeat_s"], feed["margin_s"]) == ("ETH/USD", "fresh", 3_600, 300)
    assert feed["newest"]["round_id"] == "2"
    assert feed["newest"]["answer"] == "0"
    assert feed["age_s"] == 30
    as_of = (await world.get("/v1/feeds"))["as_of"]
    assert await world.get(f"/v1/feeds/{world.ground.feed}") == feed | {"as_of": as_of}


async def test_a_feed_without_a_round_is_shown_as_such(world: World) -> None:
    await world.write(world.feed())
    feed = await world.get(f"/v1/feeds/{world.ground.feed.lower()}")
    assert (feed["newest"], feed["age_s"]) == (None, None)


async def test_rounds_are_listed_as_they_were_given(world: World) -> None:
    phase = 1 << 64
    await world.write(
        world.feed(),
        world.round(phase + 1, 19_512_345_678, block=2),
        world.round(phase + 2, -5, block=3),
        world.round(phase + 3, 1, block=3, log_index=1),
    )
    path = f"/v1/feeds/{world.ground.feed}/rounds"
    rounds = (await world.get(path))["items"]
    assert [(r["round_id"], r["decimal"]) for r in rounds] == [
        (str(phase + 3), "0.00000001"), (str(phase + 2), "-0.00000005"), (str(phase + 1), "195.12345678"),
    ]  # fmt: skip
    page = await world.get(path, limit=2)
    assert page["items"] + (await world.get(path, limit=2, cursor=page["next_cursor"]))["items"] == rounds


async def test_what_keeps_us_from_sending_is_shown_with_what_waits(world: World) -> None:
    shown = await world.get("/v1/sending")
    assert (shown["held"], shown["holds"], shown["queued"], shown["in_flight"]) == (False, [], 0, 0)
    await world.write(
        Hold(chain_id=CHAIN_ID, cause="price_jump", reason="it fell by 80 %"),
        Hold(chain_id=CHAIN_ID + 1, cause="operator", reason="another chain's"),
        world.intent(status="queued", nonce=None),
        world.intent(status="broadcast", seconds=3),
    )
    shown = await world.get("/v1/sending")
    assert (shown["held"], shown["queued"], shown["in_flight"]) == (True, 1, 1)
    assert [(hold["cause"], hold["reason"]) for hold in shown["holds"]] == [("price_jump", "it fell by 80 %")]


async def test_open_alerts_come_first_to_mind(world: World) -> None:
    resolved = world.alert("feed_stale:ETH/USD", seconds=1, resolved_at=world.alert("x", seconds=5).raised_at)
    warning, critical = (
        world.alert("feed_late:a", seconds=2),
        world.alert("mirror_lag:b", seconds=3, severity="critical"),
    )
    await world.write(resolved, warning, critical)

    async def keys(**parameters: str) -> list[str]:
        return [item["key"] for item in (await world.get("/v1/alerts", **parameters))["items"]]

    assert await keys() == ["mirror_lag:b", "feed_late:a"]
    assert await keys(state="resolved") == ["feed_stale:ETH/USD"]
    assert await keys(state="all") == ["mirror_lag:b", "feed_late:a", "feed_stale:ETH/USD"]
    assert await keys(severity="critical") == ["mirror_lag:b"]
    page = await world.get("/v1/alerts", limit=1)
    assert page["items"][0]["hint"]
    assert (await world.get("/v1/alerts", limit=1, cursor=page["next_cursor"]))["items"][0]["key"] == "feed_late:a"


async def test_alerts_are_told_before_anything_is_mirrored(world: World) -> None:
    await world.write(world.alert("node_unreachable:a"))
    elsewhere = replace(world.ground.book, chain_id=CHAIN_ID + 1)
    async with client_of(parts_with(world, book=elsewhere, bounds=Bounds())) as client:
        body = (await client.get("/v1/alerts", headers=world.operator)).json()
    assert body["as_of"] is None
    assert [item["key"] for item in body["items"]] == ["node_unreachable:a"]


async def test_reconciliations_tell_what_differed(world: World) -> None:
    await world.block(world.head.number)
    difference = {"fact": "line 1 stateHash", "mirror": "0x01", "chain": "0x02"}
    equal, unequal = world.reconciliation(seconds=1), world.reconciliation(seconds=2, differences=[difference])
    await world.write(equal, unequal)
    items = (await world.get("/v1/reconciliations"))["items"]
    assert [(item["equal"], item["differences"]) for item in items] == [(False, [difference]), (True, [])]
    assert items[0]["duration_ms"] == 250
    assert items[0]["facts_compared"] == 42
    assert items[0]["block"]["block_number"] == world.head.number
    assert [i["id"] for i in (await world.get("/v1/reconciliations", equal=True))["items"]] == [str(equal.id)]
    assert (await world.get(f"/v1/reconciliations/{unequal.id}"))["differences"] == [difference]
    page = await world.get("/v1/reconciliations", limit=1)
    rest = await world.get("/v1/reconciliations", limit=1, cursor=page["next_cursor"])
    assert [i["id"] for i in page["items"] + rest["items"]] == [str(unequal.id), str(equal.id)]
