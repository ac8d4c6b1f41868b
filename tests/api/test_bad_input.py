"""Whatever is asked for badly gets a 4xx with a stable code and a hint, in one form, and nothing of our insides."""

import json
import logging

import httpx
import pytest
from fastapi import FastAPI

from api.paging import encode_cursor, encode_moment
from tests.api.world import World, moment

HUGE = "9" * 30

REFUSED_READS = {
    "/v1/nowhere": (404, "not_found"),
    "/v1/lines/": (404, "not_found"),
    "/v1/lines/0": (422, "invalid_request"),
    "/v1/lines/-1": (422, "invalid_request"),
    "/v1/lines/one": (422, "invalid_request"),
    f"/v1/lines/{HUGE}": (422, "invalid_request"),
    f"/v1/lines/{2**63 - 1}": (404, "unknown_line"),
    "/v1/lines/1?at=-1": (422, "invalid_request"),
    f"/v1/lines/1?at={2**32}": (422, "invalid_request"),
    "/v1/lines/1?price_e36=-5": (422, "invalid_request"),
    "/v1/lines/1?price_e36=0": (422, "invalid_request"),
    f"/v1/lines/1?price_e36={2**256}": (422, "invalid_request"),
    "/v1/lines/1?price_e36=1e20": (422, "invalid_request"),
    "/v1/lines/1/schedule?limit=121": (422, "invalid_request"),
    "/v1/lines/1/schedule?assume=luck": (422, "invalid_request"),
    "/v1/lines?limit=0": (422, "invalid_request"),
    "/v1/lines?limit=201": (422, "invalid_request"),
    f"/v1/lines?limit={HUGE}": (422, "invalid_request"),
    "/v1/lines?status=happy": (422, "invalid_request"),
    "/v1/lines?borrower=0x12": (422, "invalid_request"),
    "/v1/lines?borrower=%00": (422, "invalid_request"),
    f"/v1/lines?min_block={HUGE}": (422, "invalid_request"),
    "/v1/lines?min_block=-1": (422, "invalid_request"),
    "/v1/offers/0x12": (422, "invalid_request"),
    "/v1/offers/" + "zz" * 32: (422, "invalid_request"),
    "/v1/offers?fillable=perhaps": (422, "invalid_request"),
    f"/v1/events?after={HUGE}": (422, "invalid_request"),
    "/v1/events?kind=Line.Opened": (422, "invalid_request"),
    "/v1/events?kind=%00": (422, "invalid_request"),
    "/v1/events?" + "&".join(["kind=a"] * 21): (422, "invalid_request"),
    "/v1/triggers/1": (422, "invalid_request"),
    "/v1/triggers?mandate_hash=0x12": (422, "invalid_request"),
    "/v1/transactions?status=lost": (422, "invalid_request"),
    "/v1/feeds/ETH": (422, "invalid_request"),
    "/v1/alerts?state=maybe": (422, "invalid_request"),
    "/v1/reconciliations?equal=2": (422, "invalid_request"),
}

GARBAGE_CURSORS = (
    "zzz", "%00", "=", "W10", "e30", "bnVsbA", encode_cursor(-1), encode_cursor(2**63), encode_cursor(1, 2, 3),
    encode_cursor("x", "y"), encode_moment(moment(), "not a uuid, not a hash"), "a" * 512,
)  # fmt: skip


def check(response: httpx.Response, status: int, code: str) -> None:
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert (response.status_code, body["status"], body["code"]) == (status, status, code), response.text
    assert body["type"] == f"urn:covenant:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert body["hint"]
    assert body["instance"] == response.request.url.path
    assert response.headers["x-request-id"]
    assert not any(word in response.text for word in ("Traceback", "psycopg", "sqlalchemy", "SELECT", ".py"))


async def test_reads_refuse_what_makes_no_sense(world: World) -> None:
    await world.line()
    for path, (status, code) in REFUSED_READS.items():
        response = await world.client.get(path, headers=world.operator)
        assert response.status_code >= 400, path
        check(response, status, code)


async def test_garbage_cursors_are_refused_by_every_list(world: World) -> None:
    await world.line()
    await world.write(world.feed())
    lists = (
        "/v1/lines", "/v1/lines/1/history", "/v1/lines/1/payments", "/v1/offers", "/v1/triggers", "/v1/transactions",
        f"/v1/feeds/{world.ground.feed}/rounds", "/v1/alerts", "/v1/reconciliations",
    )  # fmt: skip
    for path in lists:
        for cursor in GARBAGE_CURSORS:
            check(await world.client.get(f"{path}?cursor={cursor}", headers=world.operator), 400, "malformed_cursor")
        check(await world.client.get(f"{path}?cursor={'a' * 513}", headers=world.operator), 422, "invalid_request")


async def test_a_cursor_of_another_list_is_refused(world: World) -> None:
    check(await world.client.get(f"/v1/lines?cursor={encode_cursor(1, 2)}"), 400, "malformed_cursor")
    check(await world.client.get(f"/v1/triggers?cursor={encode_cursor(1)}"), 400, "malformed_cursor")


async def test_a_method_that_a_path_does_not_have_is_a_405_that_says_which_it_has(world: World) -> None:
    for method in ("DELETE", "PUT", "PATCH", "BREW"):
        response = await world.client.request(method, "/v1/offers")
        check(response, 405, "method_not_allowed")
        assert response.headers["allow"] == "GET, POST"


async def test_bodies_must_be_declared_as_json(world: World) -> None:
    for path in ("/v1/offers", "/v1/offers/typed-data"):
        for declared in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "json"):
            response = await world.client.post(path, content=b"{}", headers={"content-type": declared})
            check(response, 415, "unsupported_media_type")
        check(await world.client.post(path, content=b"{}"), 415, "unsupported_media_type")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b"[" * 20_000, b'{"chain_id":' + b"1" * 5_000 + b"}", b"{}{}", b"{'a': 1}"]
)
async def test_bodies_that_are_not_json_are_refused(world: World, body: bytes) -> None:
    response = await world.client.post("/v1/offers", content=body, headers={"content-type": "application/json"})
    assert response.status_code in (400, 422)
    check(response, response.status_code, "malformed_json" if response.status_code == 400 else "invalid_request")


async def test_bodies_of_another_shape_are_refused(world: World) -> None:
    shapes: list[object] = [[], "x", 1, None, {}, {"offer": []}, {"offer": {}}, {"chain_id": float("1e400")}]
    for shape in shapes:
        content = json.dumps(shape).replace("Infinity", "1e400")
        response = await world.client.post("/v1/offers", content=content, headers={"content-type": "application/json"})
        check(response, 422, "invalid_request")
        assert all(error["at"].startswith("body") for error in response.json()["errors"])


async def test_a_body_larger_than_64_kib_is_refused_before_it_is_read_whole(world: World) -> None:
    sent = 0

    async def endless() -> object:
        nonlocal sent
        while True:
            sent += 4_096
            yield b" " * 4_096

    response = await world.client.post(
        "/v1/offers", content=endless(), headers={"content-type": "application/json"}  # type: ignore[arg-type]
    )  # fmt: skip
    check(response, 413, "body_too_large")
    assert sent <= 128 * 1_024


async def test_refused_values_are_not_repeated_to_the_caller(world: World) -> None:
    secret = "0x" + "5e" * 31
    response = await world.client.post("/v1/offers", json={"chain_id": 1, "vault": secret, "signature": secret})
    check(response, 422, "invalid_request")
    assert secret not in response.text


async def test_an_unexpected_error_tells_the_caller_nothing_and_the_log_everything(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    app = application(world)

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("the password is hunter2")

    response = await world.client.get("/broken")
    check(response, 500, "internal_error")
    assert "hunter2" not in response.text
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert vars(record)["request_id"] == response.headers["x-request-id"]
    assert record.exc_info is not None


async def test_every_request_is_logged_once_without_its_query(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "covenant.access"):
        response = await world.client.get("/v1/lines?borrower=0x12")
    (record,) = [record for record in caplog.records if record.name == "covenant.access"]
    logged = vars(record)
    assert (logged["method"], logged["path"], logged["status"]) == ("GET", "/v1/lines", 422)
    assert logged["request_id"] == response.headers["x-request-id"]
    assert logged["duration_ms"] >= 0
    assert "0x12" not in str(logged["path"])


def application(world: World) -> FastAPI:
    transport = world.client._transport
    assert isinstance(transport, httpx.ASGITransport)
    assert isinstance(transport.app, FastAPI)
    return transport.app
