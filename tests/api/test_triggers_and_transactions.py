"""Why each repayment was sent, and what became of it: from the cause that was seen to the block that has it."""

import uuid
from datetime import timedelta
from typing import Any

from tests.api.world import HOUR, STRANGER, USDC, World, hash_of, moment


async def fired(world: World, **values: Any) -> dict[str, Any]:
    """A trigger that a round caused, with its mined transaction, as the API shows it."""
    await world.line()
    await world.block(world.head.number - 3)
    intent = world.intent(seconds=2)
    trigger = world.trigger(feed=world.ground.feed, round_id=7, price_e36=10**26, intent_id=intent.id, **values)
    await world.write(world.feed(), world.round(7, 140 * 10**8, block=3, age_s=HOUR), intent)
    await world.write(trigger, world.attempt(intent))
    return await world.get(f"/v1/triggers/{trigger.id}")


async def test_a_trigger_names_the_round_that_caused_it(world: World) -> None:
    trigger = await fired(world)
    assert trigger["cause"] == {
        "round": {
            "feed": world.ground.feed,
            "pair": "ETH/USD",
            "round_id": "7",
            "answer": str(140 * 10**8),
            "decimals": 8,
            "updated_at": trigger["cause"]["round"]["updated_at"],
        },
        "due_at": None,
    }
    assert trigger["cause"]["round"]["updated_at"]["epoch_s"] == world.head.timestamp - HOUR
    assert trigger["why"].startswith("debt over value")
    assert trigger["need"] == {"base_units": str(3_000 * USDC), "token": "USDC", "decimals": 6}


async def test_a_trigger_tells_how_long_it_took_from_its_cause_to_its_block(world: World) -> None:
    trigger = await fired(world)
    assert trigger["latency_ms"] == 3_500
    assert trigger["tx_hash"] == hash_of("attempt", 2, 1)
    assert trigger["mined"]["block_number"] == world.head.number - 3
    assert trigger["mined"]["finality"] == "finalized"
    assert trigger["cause_seen_at"]["rfc3339"] == "2020-03-12T21:00:00.000Z"
    assert trigger["mined_at"]["rfc3339"] == "2020-03-12T21:00:03.500Z"


async def test_a_trigger_of_a_bill_names_the_second_it_was_due(world: World) -> None:
    await world.line()
    trigger = world.trigger(due_at=world.head.timestamp, status="pending")
    await world.write(trigger)
    shown = await world.get(f"/v1/triggers/{trigger.id}")
    assert shown["cause"]["round"] is None
    assert shown["cause"]["due_at"]["epoch_s"] == world.head.timestamp
    assert (shown["latency_ms"], shown["mined"], shown["tx_hash"]) == (None, None, None)


async def test_a_trigger_outlives_the_line_of_a_replaced_block(world: World) -> None:
    trigger = world.trigger(line_id=77, status="failed", error="NoSuchLine(id=77)", finished_at=moment(9))
    await world.write(trigger)
    shown = await world.get(f"/v1/triggers/{trigger.id}")
    assert shown["need"]["token"] == "unknown"
    assert shown["error"] == "NoSuchLine(id=77)"


async def test_triggers_can_be_chosen_and_paged_newest_first(world: World) -> None:
    await world.line()
    triggers = [world.trigger(seconds=n, occurrence=n, status="done") for n in range(4)]
    liquidation = world.trigger(seconds=9, line_id=2, action="liquidate", mandate_hash="0x" + "00" * 32)
    await world.write(*triggers, liquidation)
    newest_first = [str(liquidation.id), *(str(trigger.id) for trigger in reversed(triggers))]

    async def ids(**parameters: Any) -> list[str]:
        return [item["id"] for item in (await world.get("/v1/triggers", **parameters))["items"]]

    assert await ids() == newest_first
    assert await ids(line_id=1) == newest_first[1:]
    assert await ids(action="liquidate") == newest_first[:1]
    assert await ids(status="done") == newest_first[1:]
    assert await ids(mandate_hash=hash_of("mandate", "m")) == newest_first[1:]
    page = await world.get("/v1/triggers", limit=3)
    assert await ids(limit=3, cursor=page["next_cursor"]) == newest_first[3:]


async def test_triggers_of_the_same_moment_are_paged_without_loss(world: World) -> None:
    await world.line()
    triggers = [world.trigger(seconds=1, occurrence=n) for n in range(5)]
    await world.write(*triggers)
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await world.get("/v1/triggers", limit=2, **cursor)
        found += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert sorted(found) == sorted(str(trigger.id) for trigger in triggers)


async def test_a_transaction_shows_every_attempt_and_no_signed_bytes(world: World) -> None:
    intent = world.intent()
    await world.write(intent)
    await world.write(
        world.attempt(intent, 2, max_fee_per_gas_wei=40 * 10**9),
        world.attempt(intent, 1),
        world.trigger(intent_id=intent.id),
    )
    response = await world.client.get(f"/v1/transactions/{intent.id}")
    shown = response.json()
    assert [attempt["number"] for attempt in shown["attempts"]] == [1, 2]
    assert shown["attempts"][1]["max_fee_per_gas_wei"] == str(40 * 10**9)
    assert len(shown["trigger_ids"]) == 1
    assert shown["signer"] == STRANGER.address
    assert b"signed bytes".hex() not in response.text
    assert "raw" not in response.text
    assert (shown["status"], shown["gas_used"]) == ("mined", 120_000)


async def test_a_transaction_of_a_replaced_block_says_so(world: World) -> None:
    orphan = await world.block(3, canonical=False, fork="b")
    intent = world.intent(mined_block_number=3, mined_block_hash=orphan)
    await world.write(intent)
    assert (await world.get(f"/v1/transactions/{intent.id}"))["mined"]["finality"] == "orphaned"


async def test_transactions_can_be_chosen_by_status_and_paged(world: World) -> None:
    queued = world.intent(status="queued", seconds=1, nonce=None, signer=None)
    failed = world.intent(status="failed", seconds=2, error_kind="revert", error="PeriodClosed(period=3)")
    mined = world.intent(seconds=3)
    await world.write(queued, failed, mined)
    newest_first = [str(intent.id) for intent in (mined, failed, queued)]
    everything = (await world.get("/v1/transactions"))["items"]
    assert [item["id"] for item in everything] == newest_first
    assert everything[1]["error"] == "PeriodClosed(period=3)"
    assert [item["id"] for item in (await world.get("/v1/transactions", status="queued"))["items"]] == newest_first[2:]
    page = await world.get("/v1/transactions", limit=2)
    rest = await world.get("/v1/transactions", limit=2, cursor=page["next_cursor"])
    assert [item["id"] for item in page["items"] + rest["items"]] == newest_first
    assert moment() < moment(1) == moment() + timedelta(seconds=1)


async def test_what_is_not_there_is_a_404_with_a_code_of_its_own(world: World) -> None:
    for path, code in {
        f"/v1/triggers/{uuid.uuid4()}": "unknown_trigger",
        f"/v1/transactions/{uuid.uuid4()}": "unknown_transaction",
        f"/v1/reconciliations/{uuid.uuid4()}": "unknown_reconciliation",
        "/v1/feeds/0x" + "ab" * 20: "unknown_feed",
    }.items():
        response = await world.client.get(path)
        assert (response.status_code, response.json()["code"]) == (404, code), path
