"""`Idempotency-Key`, for each POST of the OpenAPI document: fifty at once act once, and another body is refused."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import text

from api.app import ROUTERS
from api.identity.principal import COOKIE
from api.openapi import load_examples
from api.prepare.actions import ACTIONS
from tests.api.offering import message, signed
from tests.api.people import challenge, sign_in, signature_of, visitor
from tests.api.world import BORROWER, LENDER, STRANGER, World

KEY = {"Idempotency-Key": "once"}
AT_ONCE = 50

HARMLESS = {"build_typed_data", "build_mandate_typed_data", *(f"prepare_{action.name}" for action in ACTIONS)}
"""Change nothing: a repeat is answered anew."""


@dataclass(frozen=True, slots=True)
class Call:
    """A POST that changes something, and one with the same key that asks for something else."""

    path: str
    body: Any
    other: Any


Ask = Callable[[World, httpx.AsyncClient], Awaitable[Call]]


@dataclass(frozen=True, slots=True)
class Case:
    """``effect`` is a query whose number grows by one when the operation acts."""

    ask: Ask
    effect: str


async def an_offer(world: World, client: httpx.AsyncClient) -> Call:
    return Call("/v1/offers", signed(world), signed(world, group="9"))


async def a_transaction(world: World, client: httpx.AsyncClient) -> Call:
    """And one of another wallet: the chain would take both."""
    ground, bodies = world.ground, []
    for wallet in (BORROWER, STRANGER):
        await ground.set_balance(wallet.address, 10**18)
        approve = {"from": wallet.address, "token": ground.market.loan_token, "amount": "1"}
        prepared = (await world.client.post("/v1/prepare/approve", json=approve)).json()
        fields = {
            "to": prepared["to"], "data": prepared["data"], "value": 0, "type": 2, "gas": 100_000,
            "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9, "chainId": ground.book.chain_id,
            "nonce": await ground.nonce_of(wallet.address),
        }  # fmt: skip
        bodies.append({"signed_transaction": "0x" + bytes(wallet.sign_transaction(fields).raw_transaction).hex()})
    return Call("/v1/submissions", *bodies)


async def a_message(world: World, client: httpx.AsyncClient) -> Call:
    wanted = {"address": STRANGER.address}
    return Call("/v1/sessions/nonce", wanted, {"address": STRANGER.address.lower()})


async def a_sign_in(world: World, client: httpx.AsyncClient) -> Call:
    bodies = []
    for _ in range(2):
        told = await challenge(client, STRANGER)
        bodies.append({"message": told, "signature": signature_of(STRANGER, told)})
    return Call("/v1/sessions", *bodies)


async def an_api_key(world: World, client: httpx.AsyncClient) -> Call:
    wanted = {"name": "mine", "scopes": ["keys:write"]}
    return Call("/v1/api-keys", wanted, wanted | {"name": "other"})


async def a_webhook(world: World, client: httpx.AsyncClient) -> Call:
    return Call("/v1/webhooks", {"url": "https://example.com/"}, {"url": "https://example.com/other"})


def of_a_webhook(operation: str, body: Any, other: Any) -> Ask:
    """``body`` may be a function of the world."""

    async def ask(world: World, client: httpx.AsyncClient) -> Call:
        made = await client.post("/v1/webhooks", json={"url": "https://example.com/", "after": 5})
        return Call(f"/v1/webhooks/{made.json()['id']}/{operation}", body, other)

    return ask


async def an_event_again(world: World, client: httpx.AsyncClient) -> Call:
    events = [world.event(1), world.event(2)]
    await world.write(*events)
    return await of_a_webhook("redeliver", *({"event_id": str(event.id)} for event in events))(world, client)


ACTING = {
    "post_signed_offer": Case(an_offer, "SELECT count(*) FROM offers"),
    "submit_transaction": Case(a_transaction, "SELECT count(*) FROM submissions"),
    "start_sign_in": Case(a_message, "SELECT count(*) FROM sign_in_nonces"),
    "create_session": Case(a_sign_in, "SELECT count(*) FROM sessions"),
    "create_api_key": Case(an_api_key, "SELECT count(*) FROM api_keys"),
    "create_webhook": Case(a_webhook, "SELECT count(*) FROM webhook_endpoints"),
    "rotate_webhook_secret": Case(
        of_a_webhook("rotate", None, {}), "SELECT coalesce(sum(secret_version), 0) FROM webhook_endpoints"
    ),
    "send_test": Case(of_a_webhook("test", None, {}), "SELECT count(*) FROM webhook_deliveries"),
    "replay_webhook": Case(
        of_a_webhook("replay", {"after": 0}, {"after": 1}),
        "SELECT count(*) FROM webhook_endpoints WHERE position IN (0, 1)",
    ),
    "redeliver_event": Case(an_event_again, "SELECT count(*) FROM webhook_deliveries"),
}
"""A new POST must be entered here, or above among those that change nothing."""


def posts(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        if "post" in methods:
            yield path, methods["post"]


@pytest_asyncio.fixture
async def somebody(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        yield client


async def number(world: World, query: str) -> int:
    async with world.engine.connect() as connection:
        return int((await connection.execute(text(query))).scalar_one())


async def stored_answers(world: World) -> int:
    return await number(world, "SELECT count(*) FROM idempotency_keys")


async def send(client: httpx.AsyncClient, call: Call, body: Any) -> httpx.Response:
    return await client.post(call.path, headers=KEY, **({} if body is None else {"json": body}))


async def test_every_post_of_the_document_has_its_entry_and_takes_a_key(world: World) -> None:
    operations = dict(posts(await world.get("/openapi.json")))
    assert {operation["operationId"] for operation in operations.values()} == ACTING.keys() | HARMLESS
    for path, operation in operations.items():
        assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}, path
        acts = operation["operationId"] in ACTING
        refusals = operation["responses"].get("409", {}).get("content", {}).get("application/problem+json", {})
        assert ("idempotency_key_reused" in refusals.get("examples", {})) == acts, path


async def test_every_post_refuses_a_key_that_is_not_printable(world: World, somebody: httpx.AsyncClient) -> None:
    for path, _ in posts(await world.get("/openapi.json")):
        response = await somebody.post(
            path.replace("{webhook_id}", str(uuid.uuid4())), json={}, headers={"Idempotency-Key": "a b"}
        )
        assert response.status_code == 422, (path, response.text)
        assert "header.Idempotency-Key" in {error["at"] for error in response.json()["errors"]}, path


@pytest.mark.parametrize("operation", ACTING)
async def test_fifty_at_once_act_once_and_another_body_is_refused(
    world: World, somebody: httpx.AsyncClient, operation: str
) -> None:
    case = ACTING[operation]
    call = await case.ask(world, somebody)
    before = await number(world, case.effect)
    answers = await asyncio.gather(*(send(somebody, call, call.body) for _ in range(AT_ONCE)))
    assert len({answer.status_code for answer in answers}) == 1, answers[0].text
    assert answers[0].is_success, answers[0].text
    assert await number(world, case.effect) == before + 1
    first = [answer for answer in answers if "idempotency-replayed" not in answer.headers]
    assert len(first) == 1
    assert len({answer.content for answer in answers if answer is not first[0]}) == 1
    refused = await send(somebody, call, call.other)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert await number(world, case.effect) == before + 1
    assert await stored_answers(world) == 1


@pytest.mark.parametrize("operation", ACTING)
async def test_of_two_bodies_that_come_at_once_with_one_new_key_one_acts_and_the_other_is_refused(
    world: World, somebody: httpx.AsyncClient, operation: str
) -> None:
    case = ACTING[operation]
    call = await case.ask(world, somebody)
    before = await number(world, case.effect)
    bodies = [call.body, call.other] * 5
    answers = await asyncio.gather(*(send(somebody, call, body) for body in bodies))
    acted = [body for body, answer in zip(bodies, answers, strict=True) if answer.is_success]
    refused = [answer for answer in answers if not answer.is_success]
    assert acted in ([call.body] * 5, [call.other] * 5), [answer.text for answer in answers]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(409, "idempotency_key_reused")}
    assert await number(world, case.effect) == before + 1


async def test_of_two_transactions_with_one_new_key_one_is_passed_on(world: World, somebody: httpx.AsyncClient) -> None:
    call = await a_transaction(world, somebody)
    wallets = BORROWER.address, STRANGER.address
    before = [await world.ground.nonce_of(wallet) for wallet in wallets]
    await asyncio.gather(*(send(somebody, call, body) for body in (call.body, call.other)))
    assert sum([await world.ground.nonce_of(wallet) for wallet in wallets]) == sum(before) + 1


async def test_a_key_whose_transaction_was_refused_stays_with_it(world: World, somebody: httpx.AsyncClient) -> None:
    call = await a_transaction(world, somebody)
    nonce = await world.ground.nonce_of(STRANGER.address)
    await world.ground.set_balance(BORROWER.address, 0)
    assert (await send(somebody, call, call.body)).json()["code"] == "broadcast_refused"
    refused = await send(somebody, call, call.other)
    assert (refused.status_code, refused.json()["code"]) == (409, "idempotency_key_reused")
    assert await world.ground.nonce_of(STRANGER.address) == nonce
    await world.ground.set_balance(BORROWER.address, 10**18)
    assert (await send(somebody, call, call.body)).status_code == 202


async def test_what_is_no_transaction_of_ours_leaves_its_key_unused(world: World, somebody: httpx.AsyncClient) -> None:
    call = await a_transaction(world, somebody)
    assert (await send(somebody, call, {"signed_transaction": "0x00"})).json()["code"] == "malformed_transaction"
    assert (await send(somebody, call, call.body)).status_code == 202


async def test_a_prepared_answer_is_of_now_whatever_its_key_was_used_for(
    world: World, somebody: httpx.AsyncClient
) -> None:
    for group in ("1", "2"):
        cancel = {"from": LENDER.address, "group": group, "loan_token": world.ground.market.loan_token}
        wanted = {"/v1/prepare/cancel_group": cancel, "/v1/offers/typed-data": {"offer": message(world, group=group)}}
        for path, body in wanted.items():
            response = await somebody.post(path, json=body, headers=KEY)
            assert response.status_code == 200, response.text
            assert "idempotency-replayed" not in response.headers
    assert await stored_answers(world) == 0


async def test_the_same_key_at_another_webhook_is_another_key(world: World, somebody: httpx.AsyncClient) -> None:
    calls = [await ACTING["send_test"].ask(world, somebody) for _ in range(2)]
    numbers = {(await send(somebody, call, None)).json()["number"] for call in calls}
    assert len(numbers) == 2


async def test_a_repeat_does_not_move_a_webhook_back_again(world: World, somebody: httpx.AsyncClient) -> None:
    call = await ACTING["replay_webhook"].ask(world, somebody)
    first = await send(somebody, call, call.body)
    moved_on = {"after": 3}
    await somebody.post(call.path, json=moved_on)
    again = await send(somebody, call, call.body)
    assert again.content == first.content
    webhook = (await somebody.get(call.path.removesuffix("/replay"))).json()
    assert webhook["position"] == moved_on["after"]


async def test_no_stored_answer_holds_a_secret(world: World, somebody: httpx.AsyncClient) -> None:
    for operation, secret in (
        ("create_webhook", "secret"),
        ("rotate_webhook_secret", "secret"),
        ("create_api_key", "key"),
    ):
        call = await ACTING[operation].ask(world, somebody)
        first, again = [await send(somebody, call, call.body) for _ in range(2)]
        assert first.json()[secret]
        assert first.headers["cache-control"] == "no-store"
        assert again.json() == first.json() | {secret: ""}


async def test_a_sign_in_that_is_repeated_opens_no_session_and_sets_no_cookie(
    world: World, somebody: httpx.AsyncClient
) -> None:
    call = await a_sign_in(world, somebody)
    first, again = [await send(somebody, call, call.body) for _ in range(2)]
    assert COOKIE in first.cookies
    assert "set-cookie" not in again.headers


async def test_a_transaction_whose_key_was_used_with_another_is_not_passed_on(
    world: World, somebody: httpx.AsyncClient
) -> None:
    call = await a_transaction(world, somebody)
    assert (await send(somebody, call, call.body)).status_code == 202
    nonce = await world.ground.nonce_of(BORROWER.address)
    following = (await a_transaction(world, somebody)).body
    assert (await send(somebody, call, following)).status_code == 409
    assert await world.ground.nonce_of(BORROWER.address) == nonce


def test_what_is_named_here_exists() -> None:
    names = {getattr(route, "name", None) for router in ROUTERS for route in router.routes}
    assert ACTING.keys() | HARMLESS <= names
    assert ACTING.keys() <= load_examples().keys()
