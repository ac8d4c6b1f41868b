"""Lines as they stand at a block, at any second and at any price."""

import json
from dataclasses import replace
from typing import Any

from api.lines.over_time import priced_by
from api.lines.schemas import LineDetail, LinePage, Schedule, StatusName
from api.nodes import Nodes
from orchestrator.chain.rpc import JsonRpc
from orchestrator.credit.units import DEN, div_up
from tests.api.ground import ANSWER, HEARTBEAT_S, MARGIN_S, NOBODY, PRICE_E36
from tests.api.world import BORROWER, DAY, HOUR, LENDER, STRANGER, USDC, WETH, World, client_of, hash_of, parts_with


async def ids(world: World, **parameters: Any) -> list[int]:
    return [item["line_id"] for item in (await world.get("/v1/lines", **parameters))["items"]]


def usdc(amount: int) -> dict[str, Any]:
    return {"base_units": str(amount), "token": "USDC", "decimals": 6}


# ---------------------------------------------------------------- one line


async def test_a_line_tells_who_what_and_on_which_terms(world: World) -> None:
    await world.line()
    line = await world.get("/v1/lines/1")
    assert (line["borrower"], line["lender"], line["holder"]) == (BORROWER.address, LENDER.address, LENDER.address)
    assert line["market"]["name"] == "WETH/USDC"
    assert line["market"]["loan"] == {"address": world.ground.market.loan_token, "symbol": "USDC", "decimals": 6}
    assert line["opened"]["amount"] == usdc(50_000 * USDC)
    assert line["terms"]["apr_bps"] == 900
    assert line["terms"]["matures_at"]["epoch_s"] == world.head.timestamp + 60 * DAY
    assert line["balances"]["collateral"] == {"base_units": str(100 * WETH), "token": "WETH", "decimals": 18}
    assert line["stored"]["seq"] == 1
    assert line["status"] == "current"


async def test_what_is_owed_grows_by_the_second_and_is_rounded_up(world: World) -> None:
    await world.line(opened_ago_s=100)
    owed = (await world.get("/v1/lines/1"))["owed"]
    charges = 10_000 * USDC * 900 * 100 + 40_000 * USDC * 100 * 100
    assert owed["debt"] == usdc(10_000 * USDC + div_up(charges, DEN))
    assert owed["due"] == usdc(0)
    assert owed["next_due_at"]["epoch_s"] == world.head.timestamp - 100 + DAY


async def test_a_line_can_be_looked_at_at_any_second_after_its_last_action(world: World) -> None:
    await world.line()
    opened_at = world.head.timestamp
    statuses = {}
    for at in (opened_at, opened_at + DAY, opened_at + DAY + 1, opened_at + 2 * DAY, opened_at + 2 * DAY + 1):
        line = await world.get("/v1/lines/1", at=at)
        assert line["at"]["epoch_s"] == at
        statuses[at - opened_at] = line["status"]
    assert statuses == {
        0: "current", DAY: "due", DAY + 1: "past_due", 2 * DAY: "past_due", 2 * DAY + 1: "default",
    }  # fmt: skip
    due_then = (await world.get("/v1/lines/1", at=opened_at + DAY))["owed"]["due"]
    assert due_then == usdc(div_up((10_000 * USDC * 900 + 40_000 * USDC * 100) * DAY, DEN))


async def test_a_second_before_the_last_action_is_refused(world: World) -> None:
    await world.line()
    response = await world.client.get("/v1/lines/1", params={"at": world.head.timestamp - 1})
    assert response.status_code == 422
    assert response.json()["code"] == "time_before_state"


async def test_now_is_the_block_s_time_and_not_the_clock_s(world: World) -> None:
    await world.line()
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + 10 * DAY))
    line = await world.get("/v1/lines/1")
    assert line["at"] == line["as_of"]["timestamp"]
    assert line["status"] == "default"


async def test_a_closed_line_owes_nothing_for_ever(world: World) -> None:
    await world.line(principal=0, undrawn=0, collateral=0, reserve=0, claim_loan=7, flags=2, opened_ago_s=90 * DAY)
    line = await world.get("/v1/lines/1")
    assert line["status"] == "closed"
    assert line["owed"] == {
        "due": usdc(0), "debt": usdc(0), "unpaid_since": None, "next_due_at": None, "defaults_at": None,
    }  # fmt: skip
    assert line["health"]["healthy"] is True
    assert line["balances"]["claim_loan"] == usdc(7)


async def test_the_holder_is_whoever_the_note_went_to_last(world: World) -> None:
    await world.line()
    await world.write(world.transfer(1, STRANGER.address, block=3, log_index=5))
    assert (await world.get("/v1/lines/1"))["holder"] == STRANGER.address
    await world.write(world.transfer(1, NOBODY, block=3, log_index=6))
    assert (await world.get("/v1/lines/1"))["holder"] is None


async def test_an_unknown_line_is_a_404_that_names_the_block(world: World) -> None:
    response = await world.client.get("/v1/lines/7")
    assert response.status_code == 404
    body = response.json()
    assert body["code"] == "unknown_line"
    assert body["detail"] == f"there is no line 7 at block {world.head.number}"
    assert body["instance"] == "/v1/lines/7"
    for part in ("schedule", "history", "payments", "mandates"):
        assert (await world.client.get(f"/v1/lines/7/{part}")).json()["code"] == "unknown_line"


# ---------------------------------------------------------------- health


async def test_health_is_judged_at_the_oracle_s_own_price(world: World) -> None:
    await world.line()
    health = (await world.get("/v1/lines/1"))["health"]
    assert health["price"] == {"e36": str(PRICE_E36), "decimal": "200.00000000"}
    assert health["price_from"] == "oracle"
    assert health["collateral_value"] == usdc(20_000 * USDC)
    assert health["ltv_bps"] == 5_000
    assert health["healthy"] is True
    assert health["unhealthy_at_or_below"]["decimal"] == "124.99999999"


async def test_health_at_a_price_asked_for_turns_exactly_where_it_says(world: World) -> None:
    await world.line(opened_ago_s=12_345)
    threshold = int((await world.get("/v1/lines/1"))["health"]["unhealthy_at_or_below"]["e36"])
    at_threshold = (await world.get("/v1/lines/1", price_e36=threshold))["health"]
    above_threshold = (await world.get("/v1/lines/1", price_e36=threshold + 1))["health"]
    assert (at_threshold["healthy"], above_threshold["healthy"]) == (False, True)
    assert at_threshold["price_from"] == "asked"
    assert at_threshold["price"]["e36"] == str(threshold)


async def test_any_price_that_fits_256_bits_can_be_asked_for(world: World) -> None:
    await world.line()
    most = (await world.get("/v1/lines/1", price_e36=2**256 - 1))["health"]
    least = (await world.get("/v1/lines/1", price_e36=1))["health"]
    assert most["price"]["e36"] == str(2**256 - 1)
    assert most["price"]["decimal"] == "115792089237316195423570985008687907853269984665640564.03945758"
    assert (most["healthy"], least["healthy"], least["ltv_bps"]) == (True, False, None)


async def test_the_price_is_that_of_the_snapshot_s_block_and_not_of_a_later_one(world: World) -> None:
    await world.line()
    later = await world.ground.publish(ANSWER // 2)
    try:
        assert (await world.get("/v1/lines/1"))["health"]["price"]["decimal"] == "200.00000000"
        await world.stand_at(later)
        health = (await world.get("/v1/lines/1"))["health"]
        assert (health["price"]["decimal"], health["healthy"]) == ("100.00000000", False)
    finally:
        await world.ground.publish(ANSWER)


async def test_a_feed_without_a_usable_answer_leaves_no_price_and_says_why(world: World) -> None:
    await world.line()
    zero = await world.ground.publish(0)
    try:
        await world.stand_at(zero)
        health = (await world.get("/v1/lines/1"))["health"]
        assert health["price"] is None
        assert health["healthy"] is None
        assert health["ltv_bps"] is None
        assert health["price_unavailable"].startswith("PriceUnavailable(")
        assert health["unhealthy_at_or_below"] is not None
    finally:
        await world.ground.publish(ANSWER)
    assert HEARTBEAT_S + MARGIN_S < 2 * HOUR


async def test_a_block_that_the_node_does_not_have_leaves_no_price(world: World) -> None:
    await world.line()
    await world.stand_at(replace(world.head, hash="0x" + "ee" * 32))
    health = (await world.get("/v1/lines/1"))["health"]
    assert health["price"] is None
    assert health["price_unavailable"].startswith("no node can say what oracle ")


async def test_without_a_node_a_line_is_shown_without_a_price_and_only_the_first_request_waits(world: World) -> None:
    await world.line()
    dead = JsonRpc("http://127.0.0.1:9")
    async with client_of(parts_with(world, nodes=Nodes([dead]))) as client:
        first = (await client.get("/v1/lines/1")).json()["health"]
        await dead.aclose()
        second = (await client.get("/v1/lines/1")).json()["health"]
        mandates = await client.get("/v1/lines/1/mandates")
    assert first == second
    assert (first["price"], first["price_unavailable"]) == (None, "no node answers")
    assert mandates.status_code == 200


async def test_debt_without_collateral_is_unhealthy_at_any_price(world: World) -> None:
    await world.line(collateral=0)
    health = (await world.get("/v1/lines/1"))["health"]
    assert health["healthy"] is False
    assert health["ltv_bps"] is None
    assert health["unhealthy_at_or_below"] is None


# ---------------------------------------------------------------- lists


async def test_lines_can_be_chosen_by_borrower_lender_holder(world: World) -> None:
    await world.line(1)
    await world.line(2, borrower=STRANGER.address)
    await world.line(3, lender=STRANGER.address)
    await world.line(4, holder=STRANGER.address)
    assert await ids(world) == [1, 2, 3, 4]
    assert await ids(world, borrower=STRANGER.address) == [2]
    assert await ids(world, lender=STRANGER.address.lower()) == [3]
    assert await ids(world, holder=STRANGER.address) == [3, 4]
    assert await ids(world, holder=LENDER.address, borrower=BORROWER.address) == [1]


async def test_lines_can_be_chosen_by_status(world: World) -> None:
    await world.line(1)
    await world.line(2, opened_ago_s=DAY)
    await world.line(3, opened_ago_s=DAY + HOUR)
    await world.line(4, opened_ago_s=3 * DAY)
    await world.line(5, flags=2, principal=0, undrawn=0)
    await world.line(6, flags=1 | 4, principal=0, undrawn=0)
    found = {status: await ids(world, status=status) for status in
             ("current", "due", "past_due", "default", "closed", "written_off")}  # fmt: skip
    assert found == {"current": [1], "due": [2], "past_due": [3], "default": [4], "closed": [5], "written_off": [6]}


async def test_pages_of_a_status_follow_each_other_without_gap_or_repetition(world: World) -> None:
    late = [2, 3, 6, 7, 9]
    for line_id in range(1, 11):
        await world.line(line_id, opened_ago_s=5 * DAY if line_id in late else 0)
    found: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = await world.get("/v1/lines", limit=2, status="default", **cursor)
        found += [item["line_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == late


async def test_the_last_page_has_no_cursor(world: World) -> None:
    for line_id in (1, 2):
        await world.line(line_id)
    assert (await world.get("/v1/lines", limit=2))["next_cursor"] is None
    assert (await world.get("/v1/lines", limit=1))["next_cursor"] is not None


async def walk(world: World, **parameters: Any) -> list[int]:
    """All pages of two, one after the other."""
    found: list[int] = []
    while True:
        page = await world.get("/v1/lines", limit=2, **parameters)
        found += [item["line_id"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        assert len(page["items"]) == 2
        parameters["cursor"] = page["next_cursor"]


async def test_pages_are_in_the_order_asked_for_and_complete(world: World) -> None:
    for line_id, (principal, ago_h) in enumerate([(500, 20), (900, 3), (500, 3), (0, 30), (700, 10)], start=1):
        await world.line(line_id, principal=principal * USDC, opened_ago_s=ago_h * HOUR)
    await world.line(6, flags=2, principal=0, undrawn=0)
    assert await walk(world) == [1, 2, 3, 4, 5, 6]
    assert await walk(world, sort="-id") == [6, 5, 4, 3, 2, 1]
    assert await walk(world, sort="principal") == [4, 6, 1, 3, 5, 2]
    assert await walk(world, sort="-principal") == [2, 5, 3, 1, 6, 4]
    assert await walk(world, sort="next_due") == [4, 1, 5, 2, 3]


async def test_lines_are_found_by_what_is_due_until_a_second(world: World) -> None:
    await world.line(1, opened_ago_s=30 * HOUR)
    await world.line(2, opened_ago_s=20 * HOUR)
    await world.line(3)
    now = world.head.timestamp
    assert await ids(world, due_by=now) == [1]
    assert await ids(world, due_by=now + 4 * HOUR, sort="next_due") == [1, 2]
    assert await ids(world, due_by=now + DAY - 1) == [1, 2]
    assert await ids(world, due_by=now + DAY) == [1, 2, 3]


async def test_lines_are_found_by_what_people_have_at_hand(world: World) -> None:
    line = await world.line(1)
    await world.line(22, borrower=STRANGER.address)
    assert await ids(world, q="22") == [22]
    assert await ids(world, q=" 2 ") == []
    assert await ids(world, q=BORROWER.address.lower()) == [1]
    assert await ids(world, q=STRANGER.address[:10]) == [22]
    assert await ids(world, q=LENDER.address) == [1, 22]
    assert await ids(world, q=line.offer_hash) == [1]
    assert await ids(world, q=line.opened_tx_hash) == [1]
    for nonsense in ("%", "0x", "0x12", "x' OR 1=1 --", "9" * 30, "0x" + "zz" * 32):
        assert await ids(world, q=nonsense) == []


async def test_a_cursor_belongs_to_its_order(world: World) -> None:
    for line_id in (1, 2):
        await world.line(line_id)
    for sort, other in (("id", "-id"), ("principal", "-principal"), ("next_due", "id")):
        cursor = (await world.get("/v1/lines", limit=1, sort=sort))["next_cursor"]
        refused = await world.client.get("/v1/lines", params={"cursor": cursor, "sort": other})
        assert (refused.status_code, refused.json()["code"]) == (400, "malformed_cursor")


async def test_each_status_found_is_the_one_that_is_shown(world: World) -> None:
    """The database chooses by its own columns, the document is derived by the credit rules."""
    ages_and_states: list[tuple[int, dict[str, Any]]] = (
        [(0, {}), (24, {}), (25, {}), (48, {}), (49, {}), (0, {"flags": 1, "undrawn": 0}), (99, {"principal": 0}),
         (1_439, {"undrawn": 0}), (1_440, {"undrawn": 0}), (9, {"unpaid_since": 1, "billed": 1}), (1, {"flags": 6}),
         (1, {"flags": 2})]
    )  # fmt: skip
    for line_id, (hours, state) in enumerate(ages_and_states, start=1):
        await world.line(line_id, opened_ago_s=hours * HOUR, **state)
    shown = {item["line_id"]: item["status"] for item in (await world.get("/v1/lines"))["items"]}
    assert set(shown.values()) == set(StatusName)
    for status in StatusName:
        assert await ids(world, status=status.value) == [line_id for line_id in shown if shown[line_id] == status]


async def test_what_is_written_keeps_to_the_documented_models(world: World) -> None:
    await world.line(1)
    await world.line(2, flags=2, principal=0, undrawn=0, holder=NOBODY, opened_ago_s=90 * DAY)
    page, line = await world.client.get("/v1/lines"), await world.client.get("/v1/lines/2")
    schedule = await world.client.get("/v1/lines/1/schedule")
    assert json.loads(LinePage.model_validate_json(page.content).model_dump_json()) == page.json()
    assert json.loads(LineDetail.model_validate_json(line.content).model_dump_json()) == line.json()
    assert json.loads(Schedule.model_validate_json(schedule.content).model_dump_json()) == schedule.json()


async def test_a_page_changes_with_whatever_it_shows(world: World) -> None:
    await world.line(1)

    async def line() -> dict[str, Any]:
        item: dict[str, Any] = (await world.get("/v1/lines"))["items"][0]
        return item

    first = await line()
    assert await line() == first
    await world.write(world.transfer(1, STRANGER.address, block=3))
    assert (await line())["holder"] == STRANGER.address
    await world.stand_at(world.head, safe=0, finalized=0)
    assert (await line())["state"]["finality"] == "latest"
    await world.stand_at(replace(world.head, hash=hash_of("next"), timestamp=world.head.timestamp + 5))
    later = await line()
    assert later["at"]["epoch_s"] == first["at"]["epoch_s"] + 5
    detail = await world.get("/v1/lines/1")
    assert later == {name: detail[name] for name in later}
    assert int(later["owed"]["debt"]["base_units"]) > int(first["owed"]["debt"]["base_units"])


# ---------------------------------------------------------------- looking back


async def test_a_line_is_shown_as_it_was_after_a_block(world: World) -> None:
    line = await world.line(block=2)
    opened_at = world.head.timestamp
    hashes = {}
    for number in (1, 2, 3, 4):
        hashes[number] = await world.block(number, timestamp=opened_at + number)
    await world.write(
        world.version(line, block=4, seq=2, principal=20_000 * USDC),
        world.transfer(1, STRANGER.address, block=4, log_index=99),
    )
    then = await world.get("/v1/lines/1", as_of_block=3, price_e36=PRICE_E36)
    assert (then["as_of"]["block_number"], then["as_of"]["block_hash"]) == (3, hashes[3])
    assert (then["at"]["epoch_s"], then["stored"]["seq"], then["holder"]) == (opened_at + 3, 1, LENDER.address)
    assert then["state"]["block_number"] == 2
    after = await world.get("/v1/lines/1", as_of_block=4, price_e36=PRICE_E36)
    assert (after["stored"]["seq"], after["holder"]) == (2, STRANGER.address)
    assert after["balances"]["principal"] == usdc(20_000 * USDC)
    before = await world.client.get("/v1/lines/1", params={"as_of_block": 1})
    assert (before.status_code, before.json()["code"]) == (404, "unknown_line")
    for unknown in (0, world.head.number + 1, 2**63 - 1):
        refused = await world.client.get("/v1/lines/1", params={"as_of_block": unknown})
        assert (refused.status_code, refused.json()["code"]) == (404, "unknown_block")


# ---------------------------------------------------------------- schedule, history, payments


async def test_the_schedule_lists_each_bill_until_maturity(world: World) -> None:
    await world.line()
    schedule = await world.get("/v1/lines/1/schedule", limit=120)
    bills = schedule["bills"]
    opened_at = world.head.timestamp
    assert [bill["due_at"]["epoch_s"] for bill in bills] == [opened_at + day * DAY for day in range(1, 61)]
    assert schedule["complete"] is True
    assert bills[0]["amount"] == usdc(div_up((10_000 * USDC * 900 + 40_000 * USDC * 100) * DAY, DEN))
    assert bills[-1]["principal"] == usdc(10_000 * USDC)
    first = await world.get("/v1/lines/1/schedule", limit=3)
    assert first["bills"] == bills[:3]
    assert first["complete"] is False


async def test_the_schedule_can_assume_that_nothing_is_paid(world: World) -> None:
    await world.line()
    unpaid = await world.get("/v1/lines/1/schedule", assume="nothing_is_paid", limit=4)
    paid = await world.get("/v1/lines/1/schedule", limit=4)
    penalised = int(unpaid["bills"][3]["charges"]["base_units"])
    assert penalised > int(paid["bills"][3]["charges"]["base_units"])


async def test_a_closed_line_has_no_bills_to_come(world: World) -> None:
    await world.line(principal=0, undrawn=0, flags=2)
    schedule = await world.get("/v1/lines/1/schedule")
    assert (schedule["bills"], schedule["complete"]) == ([], True)


async def test_the_history_has_every_state_with_its_log_and_time(world: World) -> None:
    line = await world.line(block=2)
    await world.block(3, timestamp=world.head.timestamp - 7)
    await world.write(world.version(line, block=3, seq=2, principal=20_000 * USDC))
    history = await world.get("/v1/lines/1/history")
    assert [item["stored"]["seq"] for item in history["items"]] == [2, 1]
    newest = history["items"][0]
    assert newest["stored"]["principal"] == usdc(20_000 * USDC)
    assert newest["at"]["epoch_s"] == world.head.timestamp - 7
    assert newest["log"]["block_number"] == 3
    assert newest["log"]["finality"] == "finalized"
    page = await world.get("/v1/lines/1/history", limit=1)
    rest = await world.get("/v1/lines/1/history", limit=1, cursor=page["next_cursor"])
    assert [item["stored"]["seq"] for item in page["items"] + rest["items"]] == [2, 1]
    assert rest["next_cursor"] is None


async def test_debt_over_value_moves_with_the_price_and_with_the_line(world: World) -> None:
    line = await world.line(block=2, opened_ago_s=3 * HOUR)
    for number, ago_s in ((2, 3 * HOUR), (3, 2 * HOUR), (4, HOUR)):
        await world.block(number, timestamp=world.head.timestamp - ago_s)
    await world.write(
        world.round(1, 150 * 10**8, block=2, age_s=3 * HOUR),
        world.round(2, 100 * 10**8, block=3, age_s=2 * HOUR),
        world.version(line, block=4, seq=2, principal=20_000 * USDC),
    )
    points = (await world.get("/v1/lines/1/ltv"))["items"]
    assert [point["log"]["block_number"] for point in points] == [4, 3, 2]
    assert [point["price"]["decimal"] for point in points] == ["100.00000000", "100.00000000", "150.00000000"]
    for point in points:
        asked = {"as_of_block": point["log"]["block_number"], "price_e36": point["price"]["e36"]}
        then = await world.get("/v1/lines/1", **asked)
        assert point["ltv_bps"] == then["health"]["ltv_bps"]
        assert point["debt"] == then["owed"]["debt"]
        assert point["collateral_value"] == then["health"]["collateral_value"]


async def test_what_several_feeds_price_has_no_debt_over_value_through_time(world: World) -> None:
    book = world.ground.book
    assert priced_by(book, 1) is not None
    market = replace(book.market(1), feeds=(world.ground.feed, book.vault))
    assert priced_by(replace(book, markets=(market,)), 1) is None


async def test_an_answer_that_is_too_old_is_no_price(world: World) -> None:
    line = await world.line(block=2)
    await world.write(
        world.round(1, 150 * 10**8, block=1, age_s=HEARTBEAT_S + MARGIN_S + 1),
        world.version(line, block=3, seq=2),
    )
    newest = (await world.get("/v1/lines/1/ltv"))["items"][0]
    assert (newest["price"], newest["collateral_value"], newest["ltv_bps"]) == (None, None, None)


async def test_payments_name_their_source_and_parts(world: World) -> None:
    await world.line()
    await world.write(
        world.payment(1, block=3, source="reserve", charges=7, principal=100),
        world.payment(1, block=4, source="collateral", charges=0, principal=50),
        world.payment(2, block=4, log_index=1),
    )
    payments = (await world.get("/v1/lines/1/payments"))["items"]
    assert [(p["paid_from"], p["amount"]) for p in payments] == [("collateral", usdc(50)), ("reserve", usdc(107))]
    assert payments[1]["payer"] == BORROWER.address
    page = await world.get("/v1/lines/1/payments", limit=1)
    rest = await world.get("/v1/lines/1/payments", limit=1, cursor=page["next_cursor"])
    assert page["items"] + rest["items"] == payments
