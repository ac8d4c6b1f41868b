"""The mandates on a line: what they have done, and when and at which price they would fire."""

from dataclasses import replace
from typing import Any

from api.mandates.schemas import EXAMPLE_MANDATE
from tests.api.ground import ANSWER, code_that_returns
from tests.api.world import BORROWER, DAY, USDC, World


async def only(world: World, line_id: int = 1) -> dict[str, Any]:
    (mandate,) = (await world.get(f"/v1/lines/{line_id}/mandates"))["items"]
    found: dict[str, Any] = mandate
    return found


async def test_an_ltv_mandate_says_at_which_price_it_fires(world: World) -> None:
    await world.line()
    await world.write(world.mandate(1))
    mandate = await only(world)
    assert mandate["kind"] == "ltv"
    assert mandate["state"]["fires"] == 0
    assert mandate["outlook"]["fires_now"] is False
    assert mandate["outlook"]["why_not"] == "debt over value is not above the threshold"
    assert mandate["outlook"]["at_or_below_price"]["decimal"] == "142.85714285"


async def test_it_fires_at_that_price_for_as_much_as_its_source_and_cap_allow(world: World) -> None:
    await world.line()
    await world.write(world.mandate(1))
    fallen = await world.ground.publish(140 * 10**8)
    try:
        await world.stand_at(fallen)
        outlook = (await only(world))["outlook"]
        assert outlook["fires_now"] is True
        assert outlook["why_not"] is None
        assert int(outlook["need"]["base_units"]) > 400 * USDC
        paid, fee = int(outlook["pays"]["base_units"]), int(outlook["keeper_fee"]["base_units"])
        assert paid + fee == 400 * USDC
        assert outlook["keeper_fee"]["token"] == "USDC"
    finally:
        await world.ground.publish(ANSWER)


async def test_a_due_mandate_says_when_it_fires(world: World) -> None:
    await world.line()
    await world.write(world.mandate(1, kind="due", threshold_bps=0))
    outlook = (await only(world))["outlook"]
    assert outlook["due_at"]["epoch_s"] == world.head.timestamp + DAY
    assert outlook["why_not"] == "no bill is unpaid"
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + DAY + 60))
    assert (await only(world))["outlook"]["fires_now"] is True


async def test_what_was_spent_in_the_period_is_the_sum_of_its_firings(world: World) -> None:
    await world.line()
    mandate = world.mandate(1, registered_at=world.head.timestamp - 8 * DAY)
    await world.write(mandate)
    await world.write(
        world.firing(mandate, occurrence=0, block=3, period=0, spent=400 * USDC, closed=True),
        world.firing(mandate, occurrence=1, block=4, period=1, spent=50 * USDC),
        world.firing(mandate, occurrence=2, block=5, period=1, spent=30 * USDC),
    )
    state = (await only(world))["state"]
    assert state["fires"] == 3
    assert state["period"] == 1
    assert state["spent_in_period"]["base_units"] == str(80 * USDC)
    assert state["cap_left"]["base_units"] == str(320 * USDC)
    assert state["period_closed"] is False


async def test_a_new_period_starts_with_nothing_spent(world: World) -> None:
    await world.line()
    mandate = world.mandate(1, registered_at=world.head.timestamp - 8 * DAY)
    await world.write(mandate)
    await world.write(world.firing(mandate, occurrence=0, block=3, period=0, spent=400 * USDC, closed=True))
    state = (await only(world))["state"]
    assert (state["period"], state["period_closed"], state["spent_in_period"]["base_units"]) == (1, False, "0")


async def test_a_burned_nonce_revokes_and_an_expiry_ends(world: World) -> None:
    await world.line()
    mandate = world.mandate(1)
    await world.write(mandate)
    await world.write(world.revocation(mandate, block=4))
    revoked = await only(world)
    assert revoked["state"]["revoked"] is True
    assert revoked["outlook"]["why_not"] == "the borrower revoked the mandate"
    await world.line(2)
    await world.write(world.mandate(2, name="old", nonce=2, expires_at=world.head.timestamp - 1, block=4))
    expired = await only(world, 2)
    assert expired["state"]["expired"] is True
    assert expired["outlook"]["why_not"] == "the mandate has expired"


async def test_a_mandate_in_kind_counts_in_collateral(world: World) -> None:
    await world.line()
    await world.write(world.mandate(1, kind="due", threshold_bps=0, source="collateral", cap_per_period=10**18))
    mandate = await only(world)
    assert mandate["cap_per_period"] == {"base_units": str(10**18), "token": "WETH", "decimals": 18}
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + DAY + 60))
    outlook = (await only(world))["outlook"]
    assert outlook["fires_now"] is True
    assert outlook["seized"]["token"] == "WETH"
    assert int(outlook["seized"]["base_units"]) > 0


async def test_a_level_mandate_reads_its_feed_at_the_snapshot_s_block(world: World) -> None:
    await world.line(principal=20_000 * USDC, undrawn=30_000 * USDC)
    feed = world.ground.feed
    level = 150 * 10**8
    await world.write(
        world.mandate(1, kind="level", threshold_bps=0, amount=100 * USDC, feed=feed, above=False, level=level)
    )
    assert (await only(world))["outlook"]["why_not"] == "the feed is not beyond the level"
    try:
        await world.stand_at(await world.ground.publish(level))
        assert (await only(world))["outlook"]["why_not"] == "the feed is not beyond the level"
        await world.stand_at(await world.ground.publish(level - 1))
        mandate = await only(world)
    finally:
        await world.ground.publish(ANSWER)
    assert mandate["outlook"]["fires_now"] is True
    assert mandate["outlook"]["pays"]["base_units"] == str(100 * USDC)
    assert mandate["feed"] == feed


async def test_a_share_mandate_s_outlook_counts_from_the_contract_s_mark(world: World) -> None:
    await world.line()
    feed, mark = world.ground.feed, ANSWER - 50 * 10**8
    await world.write(world.mandate(1, kind="share", threshold_bps=0, share_bps=1_000, feed=feed))
    await world.ground.set_code(world.ground.book.trigger, code_that_returns(mark, 0))
    try:
        await world.stand_at(await world.ground.publish(ANSWER))
        mandate = await only(world)
    finally:
        await world.ground.set_code(world.ground.book.trigger, "0x")
    assert mandate["outlook"]["fires_now"] is True
    assert mandate["outlook"]["need"]["base_units"] == str(5 * USDC)
    ten_base_units_of_revenue = 10 * 10 ** (8 - 6)
    assert mandate["outlook"]["at_or_above_answer"] == str(mark + ten_base_units_of_revenue)


async def test_a_share_mandate_that_the_node_says_nothing_of_has_no_outlook(world: World) -> None:
    await world.line()
    await world.write(world.mandate(1, kind="share", threshold_bps=0, share_bps=1_000, feed=world.ground.feed))
    assert (await only(world))["outlook"] is None


async def test_a_level_is_read_in_the_decimals_of_its_feed(world: World) -> None:
    await world.line()
    await world.write(world.feed())
    level = {"kind": "2", "thresholdBps": "0", "amount": "100000000", "level": "-150250000000"}
    mandate = EXAMPLE_MANDATE | level
    said = {}
    for name, feed in (("followed", world.ground.feed), ("unknown", BORROWER.address)):
        built = await world.client.post("/v1/mandates/typed-data", json={"mandate": mandate | {"feed": feed}})
        said[name] = built.json()["words"].partition(", from")[0]
    beyond = "-150250000000 (in the units of its answers: the feed is not followed, so its decimals are not known)"
    assert said == {
        "followed": f"pays when feed {world.ground.feed} is below -1502.50000000",
        "unknown": f"pays when feed {BORROWER.address} is below {beyond}",
    }
