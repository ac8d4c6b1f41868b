"""Webhooks reach a real receiver: signed, in order, once each while all is well, and all of them after it was not."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import pytest_asyncio
from sqlalchemy import func, select, update
from standardwebhooks.webhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from orchestrator.db.models import Alert, OutboxEvent, WebhookEndpoint
from orchestrator.db.session import sessions_of
from orchestrator.delivery.posting import Poster
from orchestrator.delivery.webhooks import DeliveryPolicy
from tests.api.people import sign_in, visitor
from tests.api.receiving import AT_ONCE, Receiver, courier, make, receiving
from tests.api.world import BORROWER, LENDER, SECRETS, WEBHOOKS, World, client_of, parts_with


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as receiver:
        yield receiver


@pytest_asyncio.fixture
async def hanging() -> AsyncIterator[Receiver]:
    async with receiving(hangs=True) as receiver:
        yield receiver


@pytest_asyncio.fixture
async def owner(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        yield client


async def deliver(world: World, policy: DeliveryPolicy = AT_ONCE, *, timeout_s: float = 2.0) -> int:
    async with Poster(WEBHOOKS.private_networks, timeout_s) as poster:
        return await courier(world, poster, policy).round()


async def tell(world: World, *kinds: str, **values: Any) -> list[OutboxEvent]:
    events = [world.event(0, kind=kind, **values) for kind in kinds]
    await world.tell(*events)
    return events


async def test_events_arrive_signed_by_the_standard_and_in_order(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make(owner, receiver.url)
    events = await tell(world, "line.opened", "line.drawn")
    assert await deliver(world) == 2
    assert receiver.ids == [str(event.id) for event in events]
    for headers, body in receiver.got:
        message = Verifier(webhook["secret"]).verify(body, headers)
        assert message["type"] in ("line.opened", "line.drawn")
        assert message["data"]["line_id"] == 1
        with pytest.raises(WebhookVerificationError):
            Verifier(webhook["secret"]).verify(body.replace(b"line", b"lone"), headers)
    shown = (await owner.get(f"/v1/webhooks/{webhook['id']}")).json()
    assert (shown["position"], shown["failures"], shown["status"]) == (2, 0, "enabled")
    assert "secret" not in shown
    assert await deliver(world) == 0


async def test_a_receiver_that_comes_back_gets_everything_in_order_with_the_same_ids(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make(owner, receiver.url)
    receiver.status = 500
    events = await tell(world, *["line.drawn"] * 5)
    for _ in range(3):
        assert await deliver(world) == 0
    assert receiver.ids == [str(events[0].id)] * 3
    trouble = (await owner.get(f"/v1/webhooks/{webhook['id']}")).json()
    assert (trouble["failures"], trouble["position"]) == (3, 0)
    assert trouble["failing_since"]
    receiver.status, receiver.got = 204, []
    assert await deliver(world) == 5
    assert receiver.ids == [str(event.id) for event in events]
    log = (await owner.get(f"/v1/webhooks/{webhook['id']}/deliveries", params={"limit": 6})).json()
    assert [item["status_code"] for item in log["items"]] == [204] * 5 + [500]
    rest = (await owner.get(f"/v1/webhooks/{webhook['id']}/deliveries", params={"cursor": log["next_cursor"]})).json()
    assert [item["error"] for item in rest["items"]] == ["answered 500"] * 2


async def test_pauses_grow_and_an_endpoint_that_never_answers_is_given_up_and_can_be_enabled_again(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    policy = DeliveryPolicy()
    pauses = [policy.pause(failures) for failures in (1, 2, 3, 4, 30)]
    assert pauses == [timedelta(seconds=s) for s in (5, 10, 20, 40, 3_600)]
    webhook = await make(owner, receiver.url)
    receiver.status = 503
    await tell(world, "line.drawn")
    await deliver(world, policy)
    assert await deliver(world, policy) == 0
    assert len(receiver.got) == 1  # its pause is not over
    async with sessions_of(world.engine).begin() as session:
        long_ago = func.clock_timestamp() - timedelta(days=4)
        await session.execute(update(WebhookEndpoint).values(failing_since=long_ago, next_attempt_at=long_ago))
    await deliver(world, policy)
    dead = (await owner.get(f"/v1/webhooks/{webhook['id']}")).json()
    assert (dead["status"], dead["why_dead"]) == ("dead", "answered 503, after 2 attempts")
    async with sessions_of(world.engine)() as session:
        assert (await session.scalars(select(Alert.key))).one() == f"webhook:{webhook['id']}"
    receiver.status = 200
    assert await deliver(world, policy) == 0
    await owner.patch(f"/v1/webhooks/{webhook['id']}", json={"status": "enabled"})
    assert await deliver(world, policy) == 1
    assert receiver.positions == [1, 1, 1]
    async with sessions_of(world.engine)() as session:
        assert (await session.scalars(select(Alert.resolved_at))).one() is not None


async def test_a_receiver_that_is_gone_is_not_asked_again(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make(owner, receiver.url)
    receiver.status = 410
    await tell(world, "line.drawn")
    await deliver(world)
    assert (await owner.get(f"/v1/webhooks/{webhook['id']}")).json()["status"] == "dead"


async def test_a_dead_receiver_holds_up_nobody_else(
    world: World, owner: httpx.AsyncClient, receiver: Receiver, hanging: Receiver
) -> None:
    silent = await make(owner, hanging.url)
    answering = await make(owner, receiver.url)
    await tell(world, *["line.drawn"] * 3)

    async def taken() -> int:
        """Not only sent: what is cut off before it is written down is sent again."""
        log = await owner.get(f"/v1/webhooks/{answering['id']}/deliveries")
        return len(log.json()["items"])

    async with Poster(WEBHOOKS.private_networks, 30.0) as poster:
        sending = asyncio.create_task(courier(world, poster).round())
        async with asyncio.timeout(20):
            while await taken() < 3 or not hanging.got:  # noqa: ASYNC110 - the receivers tell nobody
                await asyncio.sleep(0.02)
        assert not sending.done()
        assert receiver.positions == [1, 2, 3]
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
    assert await deliver(world, timeout_s=0.2) == 0
    (log, *_) = (await owner.get(f"/v1/webhooks/{silent['id']}/deliveries")).json()["items"]
    assert log["error"] == "no answer within 0.2 s"


async def test_several_workers_send_each_event_once_and_in_order(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await make(owner, receiver.url)
    await tell(world, *["line.drawn"] * 30)
    async with Poster(WEBHOOKS.private_networks) as poster:
        async with asyncio.timeout(60):
            while len(receiver.got) < 30:
                await asyncio.gather(*(courier(world, poster).round() for _ in range(4)))
    assert receiver.positions == list(range(1, 31))


async def test_an_endpoint_gets_what_it_asked_for_and_what_takes_it_back(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await make(owner, receiver.url, kinds=["line.drawn"], line_id=1)
    (event,) = await tell(world, "line.drawn")
    await tell(world, "line.repaid", "line.closed")
    await tell(world, "line.drawn", line_id=2)
    await tell(world, "line.drawn.reverted", reverts=event.id)
    await deliver(world)
    messages = [json.loads(body) for _, body in receiver.got]
    assert [message["type"] for message in messages] == ["line.drawn", "line.drawn.reverted"]
    assert messages[1]["data"]["reverts"] == str(event.id)
    assert messages[1]["data"]["id"] != str(event.id)
    await tell(world, "line.closed")
    await deliver(world)
    async with sessions_of(world.engine)() as session:
        assert (await session.scalars(select(WebhookEndpoint.position))).one() == 6


async def test_a_rotated_secret_counts_at_once_and_the_old_one_for_a_day(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make(owner, receiver.url)
    rotated = (await owner.post(f"/v1/webhooks/{webhook['id']}/rotate")).json()
    assert rotated["secret"] != webhook["secret"]
    await tell(world, "line.drawn")
    await deliver(world)
    async with sessions_of(world.engine).begin() as session:
        await session.execute(update(WebhookEndpoint).values(previous_until=func.clock_timestamp()))
    await tell(world, "line.drawn")
    await deliver(world)
    (first, first_body), (second, second_body) = receiver.got
    for secret in (webhook["secret"], rotated["secret"]):
        assert Verifier(secret).verify(first_body, first)
    assert Verifier(rotated["secret"]).verify(second_body, second)
    with pytest.raises(WebhookVerificationError):
        Verifier(webhook["secret"]).verify(second_body, second)


async def test_what_was_sent_can_be_sent_again_one_or_all(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    await tell(world, "line.opened", "line.drawn", "line.repaid")
    webhook = await make(owner, receiver.url, after=1)
    await deliver(world)
    assert receiver.positions == [2, 3]
    path = f"/v1/webhooks/{webhook['id']}"
    event_id = receiver.ids[0]
    wanted = await owner.post(f"{path}/redeliver", json={"event_id": event_id})
    assert (wanted.status_code, wanted.json()["attempted_at"]) == (202, None)
    await deliver(world)
    assert receiver.ids[2] == event_id
    assert receiver.got[2][1] == receiver.got[0][1]
    assert (await owner.post(f"{path}/replay", json={"after": 0})).json()["position"] == 0
    await deliver(world)
    assert receiver.positions == [2, 3, 2, 1, 2, 3]
    unknown = await owner.post(f"{path}/redeliver", json={"event_id": str(uuid.uuid4())})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_event")


async def test_a_test_is_sent_once_and_a_paused_endpoint_keeps_its_place(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make(owner, receiver.url)
    path = f"/v1/webhooks/{webhook['id']}"
    receiver.status = 500
    await owner.post(f"{path}/test")
    await deliver(world)
    await deliver(world)
    assert len(receiver.got) == 1
    assert Verifier(webhook["secret"]).verify(receiver.got[0][1], receiver.got[0][0])["type"] == "webhook.test"
    assert (await owner.get(path)).json()["failures"] == 0
    receiver.status, receiver.got = 200, []
    await owner.patch(path, json={"status": "paused"})
    await tell(world, "line.drawn")
    assert await deliver(world) == 0
    await owner.patch(path, json={"status": "enabled"})
    assert await deliver(world) == 1


async def test_what_its_owner_asks_for_does_not_wait_until_a_failing_endpoint_is_tried_again(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    hourly = DeliveryPolicy(first_pause=timedelta(hours=1))
    webhook = await make(owner, receiver.url)
    receiver.status = 500
    await tell(world, "line.drawn")
    await deliver(world, hourly)
    receiver.status = 200
    assert (await owner.post(f"/v1/webhooks/{webhook['id']}/test")).status_code == 202
    assert await deliver(world, hourly) == 1
    assert [json.loads(body)["type"] for _, body in receiver.got] == ["line.drawn", "webhook.test"]
    shown = (await owner.get(f"/v1/webhooks/{webhook['id']}")).json()
    assert (shown["failures"], shown["position"]) == (1, 0)
    assert await deliver(world, hourly) == 0


async def test_redirects_are_not_followed(world: World, owner: httpx.AsyncClient, receiver: Receiver) -> None:
    async with receiving() as elsewhere:
        receiver.status, receiver.location = 302, elsewhere.url
        webhook = await make(owner, receiver.url)
        await tell(world, "line.drawn")
        await deliver(world)
    assert elsewhere.got == []
    (log,) = (await owner.get(f"/v1/webhooks/{webhook['id']}/deliveries")).json()["items"]
    assert log["error"] == "answered 302"


async def test_no_private_address_is_reached_whatever_a_name_says(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    """The receiver is on this machine: with nothing allowed, names and numbers that lead here lead nowhere."""
    port = receiver.url.rpartition(":")[2].partition("/")[0]
    await make(owner, f"http://localhost:{port}/")
    await make(owner, receiver.url)
    await tell(world, "line.drawn")
    async with Poster() as poster:
        assert await courier(world, poster).round() == 0
    assert receiver.got == []
    async with sessions_of(world.engine)() as session:
        assert set((await session.scalars(select(WebhookEndpoint.failures))).all()) == {1}


async def test_urls_of_no_use_are_refused_when_they_are_given(world: World, owner: httpx.AsyncClient) -> None:
    refused = (
        "ftp://example.com/x", "http://10.0.0.1/", "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/",
        "https://user:word@example.com/", "https:///nowhere", "https://example.com:0/", "https://exämple.com/",
        "https://example.com:99999/", "javascript:alert(1)", "https://0.0.0.0/",
    )  # fmt: skip
    for url in refused:
        response = await owner.post("/v1/webhooks", json={"url": url})
        assert (response.status_code, response.json()["code"]) == (422, "unusable_url"), url
    public_only = parts_with(world, webhooks=type(WEBHOOKS)(SECRETS))
    async with client_of(public_only) as client:
        client.cookies, client.headers["origin"] = owner.cookies, owner.headers["origin"]
        response = await client.post("/v1/webhooks", json={"url": "http://example.com/"})
        assert response.json()["code"] == "unusable_url"
    async with client_of(parts_with(world, webhooks=type(WEBHOOKS)())) as client:
        client.cookies, client.headers["origin"] = owner.cookies, owner.headers["origin"]
        response = await client.post("/v1/webhooks", json={"url": "https://example.com/"})
        assert (response.status_code, response.json()["code"]) == (503, "webhooks_off")


async def test_an_account_has_so_many_webhooks_and_a_repeat_makes_no_second_one(
    world: World, owner: httpx.AsyncClient
) -> None:
    body = {"url": "https://example.com/"}
    headers = {"Idempotency-Key": "once"}
    first, again = [await owner.post("/v1/webhooks", json=body, headers=headers) for _ in range(2)]
    assert (first.json()["id"], again.json()["secret"]) == (again.json()["id"], "")
    for _ in range(19):
        await make(owner, "https://example.com/")
    response = await owner.post("/v1/webhooks", json=body)
    assert (response.status_code, response.json()["code"]) == (409, "too_many_webhooks")


async def test_others_cannot_tell_that_a_webhook_exists(
    world: World, owner: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await make(owner, receiver.url)
    absent = str(uuid.uuid4())
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "", {}), ("PATCH", "", {"json": {"status": "paused"}}), ("DELETE", "", {}), ("POST", "/rotate", {}),
        ("POST", "/test", {}), ("POST", "/replay", {"json": {"after": 0}}), ("GET", "/deliveries", {}),
        ("POST", "/redeliver", {"json": {"event_id": absent}}),
    ]  # fmt: skip
    async with visitor(world) as other:
        await sign_in(other, LENDER)
        assert (await other.get("/v1/webhooks")).json()["items"] == []
        for method, path, body in calls:
            answers = [
                await other.request(method, f"/v1/webhooks/{webhook_id}{path}", **body)
                for webhook_id in (webhook["id"], absent)
            ]
            assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "unknown_webhook")}
    assert (await owner.get("/v1/webhooks")).json()["items"][0]["status"] == "enabled"
    assert (await owner.delete(f"/v1/webhooks/{webhook['id']}")).status_code == 204
    assert (await owner.get("/v1/webhooks")).json()["items"] == []
