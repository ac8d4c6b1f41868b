"""Lenders build, sign and post offers; what the vault would refuse is refused here, and nothing of it is stored."""

import asyncio
from dataclasses import replace
from typing import Any

import httpx
from sqlalchemy import func, select

from api.nodes import Nodes
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.models import IdempotencyKey, Offer
from orchestrator.db.session import sessions_of
from tests.api.ground import MIN_DEBT, named, wallet_code
from tests.api.offering import message, post, posted, signed, typed_data
from tests.api.world import LENDER, STRANGER, USDC, World, client_of, parts_with


async def count(world: World, model: type[Offer] | type[IdempotencyKey]) -> int:
    async with sessions_of(world.engine)() as session:
        return (await session.execute(select(func.count()).select_from(model))).scalar_one()


def code_of(response: httpx.Response) -> tuple[int, str]:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["hint"]
    return response.status_code, body["code"]


# ---------------------------------------------------------------- building


async def test_the_payload_is_what_a_wallet_signs(world: World) -> None:
    offer = message(world)
    response = await world.client.post("/v1/offers/typed-data", json={"offer": offer})
    assert response.status_code == 200, response.text
    payload, expected = response.json(), typed_data(world, offer)
    assert payload["typed_data"] == expected.payload()
    assert payload["digest"] == expected.digest()
    assert payload["offer_hash"] == expected.struct_hash()
    assert payload["typed_data"]["domain"] == {
        "name": "Covenant Credit Vault",
        "version": "1",
        "chainId": 31337,
        "verifyingContract": world.vault,
    }


async def test_a_payload_is_not_built_for_terms_that_the_vault_refuses(world: World) -> None:
    response = await world.client.post("/v1/offers/typed-data", json={"offer": message(world, aprBps="10001")})
    assert code_of(response) == (422, "bad_terms")
    assert response.json()["errors"] == [{"at": "body.offer.aprBps", "message": "must be at most 10000 bps"}]


async def test_integers_may_come_as_json_numbers_and_go_out_as_strings(world: World) -> None:
    response = await world.client.post(
        "/v1/offers/typed-data", json={"offer": message(world, aprBps=900, limit=50_000 * USDC)}
    )
    assert response.json()["typed_data"]["message"]["limit"] == str(50_000 * USDC)
    assert response.json()["typed_data"]["message"]["aprBps"] == "900"


# ---------------------------------------------------------------- posting


async def test_a_signed_offer_is_stored_and_shown(world: World) -> None:
    body = signed(world)
    response = await post(world, body)
    assert response.status_code == 201
    stored = response.json()
    assert stored["offer"] == body["offer"]
    assert stored["signature"] == body["signature"]
    assert stored["offer_hash"] == typed_data(world, body["offer"]).struct_hash()
    shown = await world.get(f"/v1/offers/{stored['offer_hash']}")
    assert {name: shown[name] for name in stored} == stored


async def test_the_payload_signed_by_an_independent_library_is_taken(world: World) -> None:
    offer = message(world)
    payload = (await world.client.post("/v1/offers/typed-data", json={"offer": offer})).json()
    signature = LENDER.sign_typed_data(full_message=payload["typed_data"]).signature
    body = {"chain_id": 31337, "vault": payload["vault"], "offer": offer, "signature": "0x" + bytes(signature).hex()}
    assert (await post(world, body)).status_code == 201


async def test_posting_the_same_offer_again_is_200_with_the_same_body(world: World) -> None:
    body = signed(world)
    first, second = await post(world, body), await post(world, body)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second.json() == first.json()
    assert await count(world, Offer) == 1


async def test_an_offer_that_is_in_the_book_can_be_posted_again_after_it_expired(world: World) -> None:
    body = signed(world, expiry=str(world.head.timestamp))
    first = await post(world, body)
    await world.stand_at(replace(world.head, timestamp=world.head.timestamp + 1))
    again = await post(world, body)
    assert (first.status_code, again.status_code) == (201, 200)


async def test_addresses_in_lower_case_are_the_same_offer(world: World) -> None:
    body = signed(world)
    first = await post(world, body)
    body["offer"]["lender"] = body["offer"]["lender"].lower()
    second = await post(world, body)
    assert second.status_code == 200
    assert second.json() == first.json()


# ---------------------------------------------------------------- refusals


REFUSED: dict[str, tuple[dict[str, Any], int, str]] = {
    "a rate above its cap": ({"aprBps": "10001"}, 422, "bad_terms"),
    "an origination fee above its cap": ({"originationBps": "1001"}, 422, "bad_terms"),
    "a limit of zero": ({"limit": "0"}, 422, "bad_terms"),
    "a limit above the vault's": ({"limit": str(2**92 + 1)}, 422, "bad_terms"),
    "an initial LTV at the liquidation LTV": ({"initialLtvBps": "8000"}, 422, "bad_terms"),
    "a bonus that eats the collateral": ({"liquidationLtvBps": "9600", "bonusBps": "500"}, 422, "bad_terms"),
    "a period of zero": ({"periodHours": "0"}, 422, "bad_terms"),
    "a draw window longer than the term": ({"drawWindowHours": "1441"}, 422, "bad_terms"),
    "a limit below the market's minimum": ({"limit": str(MIN_DEBT - 1)}, 422, "bad_terms"),
    "another collateral": ({"collateralToken": str(named(9))}, 422, "unknown_market"),
    "another oracle": ({"oracle": str(named(9))}, 422, "unknown_market"),
    "an expiry in the past": ({"expiry": "1"}, 422, "offer_expired"),
    "an epoch to come": ({"epoch": "1"}, 409, "wrong_epoch"),
    "a value too large for its type": ({"limit": str(2**96)}, 422, "invalid_request"),
    "a negative value": ({"limit": "-1"}, 422, "invalid_request"),
    "a fraction": ({"limit": 1.5}, 422, "invalid_request"),
    "a number with a leading zero": ({"limit": "01"}, 422, "invalid_request"),
    "a hexadecimal number": ({"limit": "0x10"}, 422, "invalid_request"),
    "a truth value": ({"limit": True}, 422, "invalid_request"),
    "an address that is none": ({"lender": "0x12"}, 422, "invalid_request"),
    "an address with a wrong checksum": ({"lender": "0x" + LENDER.address[2:].swapcase()}, 422, "invalid_request"),
    "a field that offers do not have": ({"colour": "1"}, 422, "invalid_request"),
}  # fmt: skip


async def test_what_the_vault_would_refuse_is_refused_and_not_stored(world: World) -> None:
    for name, (changes, status, code) in REFUSED.items():
        body = signed(world)
        body["offer"] = message(world, **changes)
        if code != "invalid_request":
            body["signature"] = "0x" + typed_data(world, body["offer"]).sign(LENDER).hex()
        assert code_of(await post(world, body, key="k")) == (status, code), name
    assert await count(world, Offer) == 0
    assert await count(world, IdempotencyKey) == 0


async def test_an_offer_expires_by_chain_time_only(world: World) -> None:
    at_the_last_second = await post(world, signed(world, expiry=str(world.head.timestamp)))
    assert at_the_last_second.status_code == 201
    too_late = await post(world, signed(world, expiry=str(world.head.timestamp - 1)))
    assert code_of(too_late) == (422, "offer_expired")


async def test_another_chain_and_another_vault_are_refused(world: World) -> None:
    body = signed(world)
    assert code_of(await post(world, body | {"chain_id": 1})) == (422, "wrong_domain")
    assert code_of(await post(world, body | {"vault": named(7)})) == (422, "wrong_domain")


async def test_a_signature_for_another_chain_is_refused(world: World) -> None:
    body = signed(world)
    body["signature"] = "0x" + typed_data(world, body["offer"], chain_id=1).sign(LENDER).hex()
    assert code_of(await post(world, body)) == (422, "signature_refused")


async def test_forged_signatures_are_refused(world: World) -> None:
    body = signed(world)
    good = bytes.fromhex(body["signature"][2:])
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    twin = good[:32] + (order - int.from_bytes(good[32:64], "big")).to_bytes(32, "big") + bytes([55 - good[64]])
    forgeries = {
        "of somebody else": typed_data(world, body["offer"]).sign(STRANGER),
        "for other terms": typed_data(world, message(world, aprBps="1")).sign(LENDER),
        "of one byte": b"\x01",
        "cut short": good[:64],
        "with something after it": good + b"\x00",
        "with v 0 or 1": good[:64] + bytes([good[64] - 27]),
        "the twin with a high s": twin,
        "of zeros": bytes(64) + b"\x1b",
        "of ones": b"\xff" * 64 + b"\x1b",
    }
    for name, forged in forgeries.items():
        response = await post(world, body | {"signature": "0x" + forged.hex()})
        assert code_of(response) == (422, "signature_refused"), name
    for name, malformed in {"no hex": "0xzz", "an odd digit": "0x1", "nothing": "0x", "no prefix": "00" * 65}.items():
        assert code_of(await post(world, body | {"signature": malformed})) == (422, "invalid_request"), name
    assert await count(world, Offer) == 0


async def test_a_forged_signature_on_an_offer_of_the_book_is_refused_too(world: World) -> None:
    body = signed(world)
    await post(world, body)
    forged = "0x" + typed_data(world, body["offer"]).sign(STRANGER).hex()
    assert code_of(await post(world, body | {"signature": forged})) == (422, "signature_refused")


async def test_groups_that_are_cancelled_or_used_up_are_refused(world: World) -> None:
    await world.write(world.group(1, consumed=0, cancelled=True, block=2))
    assert code_of(await post(world, signed(world, group="1"))) == (409, "group_cancelled")
    await world.write(world.group(2, consumed=100_000 * USDC - MIN_DEBT + 1, block=3))
    assert code_of(await post(world, signed(world, group="2"))) == (409, "group_consumed")
    assert (await post(world, signed(world, group="3"))).status_code == 201


async def test_the_lender_s_epoch_is_the_newest_one(world: World) -> None:
    await world.write(world.epoch(1, block=2), world.epoch(2, block=3))
    response = await post(world, signed(world, epoch="1"))
    assert code_of(response) == (409, "wrong_epoch")
    assert "in epoch 2" in response.json()["detail"]
    assert (await post(world, signed(world, epoch="2"))).status_code == 201


# ---------------------------------------------------------------- contract wallets


async def test_a_contract_wallet_is_asked_whether_it_signed(world: World) -> None:
    wallet = named(0xC0FFEE)
    body = signed(world, lender=wallet)
    await world.ground.set_code(wallet, wallet_code(typed_data(world, body["offer"]).digest()))
    assert (await post(world, body | {"signature": "0x1234"})).status_code == 201


async def test_a_contract_wallet_can_refuse_revert_or_be_no_wallet(world: World) -> None:
    wallet = named(0xC0FFEF)
    body = signed(world, lender=wallet)
    for name, code in {
        "accepts another digest": wallet_code("0x" + "11" * 32),
        "reverts": "0x60006000fd",
        "returns nothing": "0x00",
        "returns four bytes": "0x631626ba7e60e01b60005260046000f3",
    }.items():
        await world.ground.set_code(wallet, code)
        assert code_of(await post(world, body)) == (422, "signature_refused"), name
    await world.ground.set_code(wallet, "0x")


async def test_an_account_with_code_must_be_asked_even_if_its_key_signed(world: World) -> None:
    """As the vault does: an account that delegated to code (EIP-7702) answers for itself."""
    body = signed(world, by=STRANGER, lender=STRANGER.address)
    await world.ground.set_code(STRANGER.address, wallet_code("0x" + "11" * 32))
    try:
        assert code_of(await post(world, body)) == (422, "signature_refused")
    finally:
        await world.ground.set_code(STRANGER.address, "0x")
    assert (await post(world, body)).status_code == 201


async def test_without_a_node_a_new_offer_has_to_wait_and_a_known_one_does_not(world: World) -> None:
    known, unknown = signed(world, group="1"), signed(world, group="2")
    await post(world, known)
    dead = JsonRpc("http://127.0.0.1:9")
    async with client_of(parts_with(world, nodes=Nodes([dead]))) as client:
        refused = await client.post("/v1/offers", json=unknown)
        repeated = await client.post("/v1/offers", json=known)
    await dead.aclose()
    assert code_of(refused) == (503, "chain_unavailable")
    assert refused.headers["retry-after"]
    assert repeated.status_code == 200


# ---------------------------------------------------------------- idempotency


async def test_a_repeated_key_gets_the_stored_answer(world: World) -> None:
    body = signed(world)
    first, second = await post(world, body, key="abc"), await post(world, body, key="abc")
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.content == first.content
    assert second.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


async def test_a_key_with_another_body_is_refused(world: World) -> None:
    await post(world, signed(world), key="abc")
    assert code_of(await post(world, signed(world, group="9"), key="abc")) == (409, "idempotency_key_reused")
    assert await count(world, Offer) == 1


async def test_a_refused_post_leaves_its_key_unused(world: World) -> None:
    assert code_of(await post(world, signed(world, epoch="5"), key="abc")) == (409, "wrong_epoch")
    assert (await post(world, signed(world), key="abc")).status_code == 201


async def test_keys_must_be_short_and_printable(world: World) -> None:
    for key in ("k" * 201, "a b"):
        assert code_of(await post(world, signed(world), key=key)) == (422, "invalid_request")


async def test_the_same_key_at_once_acts_once(world: World) -> None:
    body = signed(world)
    answers = await asyncio.gather(*(post(world, body, key="abc") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert await count(world, Offer) == 1
    assert await count(world, IdempotencyKey) == 1


async def test_the_same_offer_at_once_without_a_key_is_stored_once(world: World) -> None:
    body = signed(world)
    answers = await asyncio.gather(*(post(world, body) for _ in range(20)))
    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.content for answer in answers}) == 1


async def test_posting_before_anything_is_mirrored_has_to_wait(world: World) -> None:
    body = signed(world)
    foreign = replace(world.ground.book, chain_id=999)
    async with client_of(parts_with(world, book=foreign)) as client:
        response = await client.get("/v1/offers")
    assert code_of(response) == (503, "mirror_empty")
    assert (await posted(world)).keys() >= {"offer_hash"}
    assert body["chain_id"] == 31337
