"""All lines together: the sums of the database are those of the credit rules, line by line, to the base unit."""

from random import Random
from typing import Any

from psycopg.rows import tuple_row
from sqlalchemy import text

from api.lines.rows import Place, find_line
from api.portfolio.accrual import ACCRUED
from orchestrator.credit.accrual import advance, debt, due
from orchestrator.credit.units import Timestamp
from orchestrator.db.copy import driver_of
from tests.api.ground import ANSWER
from tests.api.world import BORROWER, DAY, HOUR, STRANGER, USDC, WETH, World


def units(amount: dict[str, Any]) -> int:
    return int(amount["base_units"])


def band(portfolio: dict[str, Any], name: str) -> dict[str, Any]:
    (found,) = [item for item in portfolio["health"] if item["band"] == name]
    return dict(found)


async def random_lines(world: World, count: int) -> None:
    random = Random(7)
    for line_id in range(1, count + 1):
        opened_ago_s = random.choice([0, random.randrange(DAY), random.randrange(90 * DAY)])
        accrued_ago_s = random.choice([0, opened_ago_s, random.randint(0, opened_ago_s)])
        billed = random.choice([0, random.getrandbits(90)])
        principal = random.choice([0, random.getrandbits(50)])
        await world.line(
            line_id,
            opened_ago_s=opened_ago_s,
            principal=principal,
            undrawn=random.choice([0, random.getrandbits(50)]),
            accrued_at=world.head.timestamp - accrued_ago_s,
            unbilled=random.choice([0, random.getrandbits(90)]),
            billed=billed,
            billed_principal=random.choice([0, random.randint(0, principal)]) if billed else 0,
            unpaid_since=world.head.timestamp - random.randint(accrued_ago_s, opened_ago_s) if billed else 0,
            flags=random.choice([0, 0, 0, 1, 2]),
            terms={"amort_bps": random.choice([0, 333, 10_000]), "draw_window_hours": random.choice([1, 24, 30 * 24])},
        )


async def test_what_each_line_owes_in_the_database_is_what_the_rules_say(world: World) -> None:
    await random_lines(world, 120)
    async with world.engine.connect() as connection:
        driver = await driver_of(connection)
        for later_s in (0, 1, HOUR, 40 * DAY):
            now = Timestamp(world.head.timestamp + later_s)
            async with driver.cursor(row_factory=tuple_row) as cursor:
                query = f"SELECT line.line_id, owed.debt, owed.due FROM lines AS line {ACCRUED}"
                await cursor.execute(query.encode(), {"now": now})
                answered = await cursor.fetchall()
            assert len(answered) == 120
            for line_id, owed, billed in answered:
                row = await find_line(driver, Place.of(world.ground.book), line_id)
                assert row is not None
                state = row.state if row.state.over else advance(row.state, row.terms, now)
                assert (int(owed), int(billed)) == (debt(state), due(state)), (line_id, later_s)


async def test_totals_are_the_sums_of_the_lines(world: World) -> None:
    for line_id in (1, 2, 3):
        await world.line(line_id, opened_ago_s=10 * DAY, claim_loan=7, claim_collateral=line_id)
    shown = await world.get("/v1/portfolio")
    lines = (await world.get("/v1/lines"))["items"]
    (loan,), (collateral,) = shown["loans"], shown["collaterals"]
    assert units(loan["limit"]) == 150_000 * USDC
    assert units(loan["debt"]) == sum(units(line["owed"]["debt"]) for line in lines)
    assert units(loan["due"]) == sum(units(line["owed"]["due"]) for line in lines)
    assert units(loan["accrued"]) == units(loan["debt"]) - units(loan["principal"]) > 0
    assert (units(loan["undrawn"]), units(loan["reserve"])) == (120_000 * USDC, 1_500 * USDC)
    assert (units(loan["claim"]), units(collateral["claim"])) == (21, 6)
    assert units(collateral["collateral"]) == 300 * WETH
    assert shown["lines_by_status"]["default"] == 3
    assert shown["lines_by_bill"]["unpaid"] == 3


async def test_a_closed_line_counts_by_its_status_and_its_claim_alone(world: World) -> None:
    await world.line(1, flags=2, principal=0, undrawn=0, collateral=0, reserve=0, claim_loan=5)
    shown = await world.get("/v1/portfolio")
    assert shown["lines_by_status"]["closed"] == 1
    assert sum(shown["lines_by_bill"].values()) == sum(item["lines"] for item in shown["health"]) == 0
    assert (units(shown["loans"][0]["limit"]), units(shown["loans"][0]["claim"])) == (0, 5)


async def test_bands_say_how_far_the_price_may_fall(world: World) -> None:
    await world.stand_at(await world.ground.publish(ANSWER))
    for line_id, principal in enumerate((16_001, 15_900, 15_000, 12_000, 5_000, 0), 1):
        await world.line(line_id, principal=principal * USDC, undrawn=0, collateral=100 * WETH)
    shown = await world.get("/v1/portfolio")
    found = {item["band"]: item["lines"] for item in shown["health"]}
    expected = {"unhealthy": 1, "critical": 1, "tight": 1, "watched": 1, "comfortable": 1, "no_debt": 1, "no_price": 0}
    assert found == expected
    assert [units(amount) for amount in band(shown, "unhealthy")["debt"]] == [16_001 * USDC]
    (market,) = shown["markets"]
    assert market["open_lines"] == 6
    assert units(market["collateral_value"]) == 120_000 * USDC
    assert market["ltv_bps"] == -(-63_901 * 10_000 // 120_000)


async def test_without_a_price_the_sums_are_there_and_the_values_are_not(world: World) -> None:
    await world.stand_at(await world.ground.newest_block())
    await world.line(1)
    async with world.silent_node() as client:
        shown = (await client.get("/v1/portfolio")).json()
    (market,) = shown["markets"]
    assert (market["price"], market["collateral_value"], market["ltv_bps"]) == (None, None, None)
    assert market["price_unavailable"] == "no node answers"
    assert band(shown, "no_price")["lines"] == 1
    assert units(shown["loans"][0]["principal"]) == 10_000 * USDC


async def test_it_can_be_that_of_one_borrower_lender_or_market(world: World) -> None:
    await world.line(1)
    await world.line(2, borrower=STRANGER.address)
    for parameters, lines in (
        ({"borrower": STRANGER.address}, 1),
        ({"lender": STRANGER.address}, 0),
        ({"market_id": 1}, 2),
        ({"market_id": 9}, 0),
        ({"borrower": BORROWER.address, "market_id": 1}, 1),
    ):
        shown = await world.get("/v1/portfolio", **parameters)
        assert sum(shown["lines_by_status"].values()) == lines, parameters


async def test_the_bills_that_come_next_are_those_of_the_schedules(world: World) -> None:
    for line_id, opened_ago_s in ((1, 2 * HOUR), (2, 9 * HOUR), (3, 40 * HOUR)):
        await world.line(line_id, opened_ago_s=opened_ago_s, accrued_at=world.head.timestamp - 60)
    shown = await world.get("/v1/portfolio")
    assert [bill["line_id"] for bill in shown["next_bills"]] == [3, 2, 1]
    for bill in shown["next_bills"]:
        (first, *_) = (await world.get(f"/v1/lines/{bill['line_id']}/schedule"))["bills"]
        assert (bill["due_at"], bill["amount"]) == (first["due_at"], first["amount"])
    assert shown["lines_by_bill"]["within_1_day"] == 3


async def test_sums_are_made_once_for_all_that_a_version_of_the_mirror_is_asked(world: World) -> None:
    await world.line(1)
    first, reserves = await world.get("/v1/portfolio"), await world.get("/v1/reserves")
    async with world.engine.begin() as connection:
        await connection.execute(text("UPDATE lines SET principal = principal + 1, undrawn = undrawn + 1"))
    assert await world.get("/v1/portfolio") == first
    assert await world.get("/v1/reserves") == reserves
    await world.write()
    assert (
        units((await world.get("/v1/portfolio"))["loans"][0]["principal"]) == units(first["loans"][0]["principal"]) + 1
    )
    assert await world.get("/v1/reserves") != reserves
