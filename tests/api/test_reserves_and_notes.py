"""What the chain itself says of the vault and of its notes, beside what the mirror says; and the markets."""

import json
from base64 import b64encode

import pytest

from api.notes.metadata import read_metadata
from orchestrator.chain.codec import UndecodableData
from tests.api.ground import ANSWER, NOTE, PRICE_E36, token_uri
from tests.api.world import LENDER, USDC, WETH, World


async def test_the_vault_is_covered_exactly_when_it_has_what_its_lines_have(world: World) -> None:
    await world.line(1, claim_loan=3, claim_collateral=4)
    loan_token, collateral_token = world.ground.market.loan_token, world.ground.market.collateral_token
    shown = await world.get("/v1/reserves")
    by_token = {token["token"]["address"]: token for token in shown["tokens"]}
    assert by_token.keys() == {loan_token, collateral_token}
    assert int(by_token[loan_token]["owed"]["base_units"]) == 40_500 * USDC + 3
    assert int(by_token[collateral_token]["owed"]["base_units"]) == 100 * WETH + 4
    assert shown["covered"] is False

    await world.ground.mint(loan_token, world.vault, 50_000 * USDC)
    await world.stand_at(await world.ground.newest_block())
    shown = await world.get("/v1/reserves")
    by_token = {token["token"]["address"]: token for token in shown["tokens"]}
    assert by_token[loan_token]["covered"] is True
    assert int(by_token[loan_token]["surplus"]["base_units"]) >= 9_500 * USDC - 3
    assert by_token[collateral_token]["covered"] is False
    assert int(by_token[collateral_token]["surplus"]["base_units"]) == -(100 * WETH + 4)


async def test_reserves_are_those_of_the_block_that_is_shown(world: World) -> None:
    loan_token = world.ground.market.loan_token
    before = world.head
    await world.ground.mint(loan_token, world.vault, 1)
    at_old = (await world.get("/v1/reserves"))["tokens"]
    await world.stand_at(await world.ground.newest_block())
    at_new = (await world.get("/v1/reserves"))["tokens"]
    assert before != world.head
    balances = [
        next(int(token["balance"]["base_units"]) for token in tokens if token["token"]["address"] == loan_token)
        for tokens in (at_old, at_new)
    ]
    assert balances[1] == balances[0] + 1


async def test_without_a_node_nobody_says_that_the_vault_is_covered(world: World) -> None:
    await world.line(1)
    async with world.silent_node() as client:
        shown = (await client.get("/v1/reserves")).json()
    assert shown["covered"] is None
    assert shown["balance_unavailable"]
    assert all(token["balance"] is None and token["covered"] is None for token in shown["tokens"])
    assert int(shown["tokens"][0]["owed"]["base_units"]) > 0


async def test_a_note_is_what_its_contract_says(world: World) -> None:
    await world.line(1)
    shown = await world.get("/v1/lines/1/note")
    assert (shown["name"], shown["image"]) == (NOTE["name"], NOTE["image"])
    assert shown["attributes"] == [{"trait": "Status", "value": "CURRENT"}]
    assert shown["holder"] == LENDER.address
    assert shown["as_of"]["block_hash"] == world.head.hash


async def test_a_burned_note_and_an_unknown_line_have_no_picture(world: World) -> None:
    await world.line(1)
    await world.write(world.transfer(1, "0x" + "00" * 20, block=3))
    burned, unknown = [await world.client.get(f"/v1/lines/{line_id}/note") for line_id in (1, 2)]
    assert (burned.status_code, burned.json()["code"]) == (404, "note_burned")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_line")


async def test_a_note_needs_a_node(world: World) -> None:
    await world.line(1)
    async with world.silent_node() as client:
        response = await client.get("/v1/lines/1/note")
    assert (response.status_code, response.json()["code"]) == (503, "chain_unavailable")


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.com/1.json",
        "data:application/json;base64,###",
        "data:application/json;base64," + b64encode(b"[" * 50_000).decode(),
        token_uri({**NOTE, "image": "https://example.com/1.svg"}),
        token_uri({**NOTE, "image": "data:text/html;base64,PHNjcmlwdD4="}),
        token_uri({**NOTE, "attributes": [{"trait_type": "Status", "value": {}}]}),
        token_uri({"name": "nameless"}),
        token_uri({**NOTE, "description": "x" * 300_000}),
    ],
)
def test_metadata_that_is_not_the_contract_s_is_not_passed_on(uri: str) -> None:
    with pytest.raises(UndecodableData):
        read_metadata(uri)


def test_what_the_contract_writes_is_read() -> None:
    assert json.loads(read_metadata(token_uri(NOTE)).model_dump_json()) == NOTE


async def test_a_market_has_both_prices_of_its_oracle(world: World) -> None:
    await world.stand_at(await world.ground.publish(ANSWER))
    (item,) = (await world.get("/v1/markets"))["items"]
    assert item["market"]["name"] == "WETH/USDC"
    assert item["measuring_price"] == item["risk_price"] == {"e36": str(PRICE_E36), "decimal": "200.00000000"}
    assert item["feeds"] == [world.ground.feed]
    assert item["log"]["block_number"] == 1


async def test_a_market_without_a_price_says_why(world: World) -> None:
    async with world.silent_node() as client:
        (item,) = (await client.get("/v1/markets")).json()["items"]
    assert (item["measuring_price"], item["risk_price"], item["deviation_bps"]) == (None, None, None)
    assert item["measuring_unavailable"] == "no node answers"
