"""The order book: what is on offer, how much of it can still be taken, and why not."""

from dataclasses import replace
from typing import Any

from tests.api.ground import MIN_DEBT, NOBODY, named
from tests.api.offering import posted
from tests.api.world import BORROWER, LENDER, STRANGER, USDC, World


async def fillable(world: World, offer_hash: str) -> dict[str, Any]:
    found: dict[str, Any] = (await world.get(f"/v1/offers/{offer_hash}"))["fillable"]
    return found


async def hashes(world: World, **parameters: Any) -> list[str]:
    return [item["offer_hash"] for item in (await world.get("/v1/offers", **parameters))["items"]]


async def test_a_fresh_offer_can_be_filled_up_to_its_limit(world: World) -> None:
    offer = await posted(world)
    shown = await fillable(world, offer["offer_hash"])
    assert shown["open"] is True
    assert shown["why_not"] is None
    assert shown["at_most"] == {"base_units": str(50_000 * USDC), "token": "USDC", "decimals": 6}
    assert shown["at_least"] == {"base_units": str(MIN_DEBT), "token": "USDC", "decimals": 6}
    assert shown["group_consumed"] == {"base_units": "0", "token": "USDC", "decimals": 6}


async def test_what_the_group_has_lent_is_taken_off(world: World) -> None:
    offer = await posted(world)
    await world.write(world.group(1, consumed=70_000 * USDC))
    shown = await fillable(world, offer["offer_hash"])
    assert shown["open"] is True
    assert shown["at_most"]["base_units"] == str(30_000 * USDC)
    assert shown["group_consumed"]["base_units"] == str(70_000 * USDC)


async def test_less_than_the_market_s_minimum_cannot_be_filled(world: World) -> None:
    offer = await posted(world)
    await world.write(world.group(1, consumed=100_000 * USDC - MIN_DEBT + 1))
    shown = await fillable(world, offer["offer_hash"])
    assert (shown["open"], shown["why_not"]) == (False, "group_consumed")
    assert shown["at_most"]["base_units"] == str(MIN_DEBT - 1)


async def test_a_cancelled_group_ends_its_offers(world: World) -> None:
    offer = await posted(world)
    await world.write(world.group(1, consumed=2**96 - 1, cancelled=True))
    shown = await fillable(world, offer["offer_hash"])
    assert (shown["open"], shown["why_not"]) == (False, "group_cancelled")
    assert shown["at_most"]["base_units"] == "0"
    assert shown["group_consumed"] is None


async def test_a_new_epoch_ends_the_offers_of_the_one_before(world: World) -> None:
    offer = await posted(world)
    await world.write(world.epoch(1))
    shown = await fillable(world, offer["offer_hash"])
    assert (shown["open"], shown["why_not"], shown["lender_epoch"]) == (False, "wrong_epoch", 1)


async def test_expiry_counts_in_chain_time(world: World) -> None:
    offer = await posted(world, expiry=str(world.head.timestamp + 10))
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + 10))
    assert (await fillable(world, offer["offer_hash"]))["open"] is True
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + 1))
    shown = await fillable(world, offer["offer_hash"])
    assert (shown["open"], shown["why_not"]) == (False, "expired")


async def test_an_expiry_beyond_the_year_9999_is_shown_in_seconds(world: World) -> None:
    offer = await posted(world, expiry=str(2**40 - 1))
    assert (await fillable(world, offer["offer_hash"]))["expires_at"] == {"epoch_s": 2**40 - 1, "rfc3339": None}


async def test_only_fillable_offers_can_be_asked_for(world: World) -> None:
    good = await posted(world, group="1")
    await posted(world, group="2")
    await posted(world, group="3", expiry=str(world.head.timestamp))
    await posted(world, group="4", groupCap=str(60_000 * USDC))
    await world.write(
        world.group(2, consumed=0, cancelled=True, block=2), world.group(4, consumed=59_001 * USDC, block=3)
    )
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + 1))
    assert len(await hashes(world)) == 4
    assert await hashes(world, fillable=True) == [good["offer_hash"]]
    listed = (await world.get("/v1/offers"))["items"]
    assert [item["offer_hash"] for item in listed if item["fillable"]["open"]] == [good["offer_hash"]]


async def test_offers_can_be_chosen_by_lender_borrower_and_tokens(world: World) -> None:
    to_anyone = await posted(world, group="1")
    to_borrower = await posted(world, group="2", borrower=BORROWER.address)
    of_stranger = await posted(world, by=STRANGER, lender=STRANGER.address)
    everything = [of_stranger["offer_hash"], to_borrower["offer_hash"], to_anyone["offer_hash"]]
    assert await hashes(world) == everything
    assert await hashes(world, lender=STRANGER.address) == everything[:1]
    assert await hashes(world, lender=LENDER.address.lower()) == everything[1:]
    assert await hashes(world, borrower=BORROWER.address) == everything
    assert await hashes(world, borrower=STRANGER.address) == [everything[0], everything[2]]
    assert await hashes(world, loan_token=world.ground.market.loan_token) == everything
    assert await hashes(world, loan_token=world.ground.market.collateral_token) == []
    assert await hashes(world, collateral_token=named(5)) == []
    assert to_anyone["offer"]["borrower"] == NOBODY


async def test_pages_follow_each_other_without_gap_or_repetition(world: World) -> None:
    expected = [(await posted(world, group=str(group)))["offer_hash"] for group in range(5)][::-1]
    found: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = await world.get("/v1/offers", limit=2, **cursor)
        found += [item["offer_hash"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert found == expected


async def test_an_unknown_offer_is_a_404(world: World) -> None:
    response = await world.client.get("/v1/offers/0x" + "ab" * 32)
    assert response.status_code == 404
    assert response.json()["code"] == "unknown_offer"
