"""Who may what: every operation, for nobody, for each role by key and by session, and for keys with too little."""

from datetime import timedelta
from typing import Any, Literal

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import func, update

from api.identity.principal import scopes_needed, scopes_needed_if_somebody
from api.identity.scopes import Role, Scope, scopes_of
from api.prepare.actions import ACTIONS
from orchestrator.db.models import Account, ApiKey
from orchestrator.db.session import sessions_of
from tests.api.keys import bearing, make_key
from tests.api.people import sign_in, visitor
from tests.api.routing import routes
from tests.api.world import BORROWER, LENDER, STRANGER, World

Needs = Scope | Literal["nothing", "an account"]

OPERATIONS: dict[str, Needs] = {
    **dict.fromkeys(
        (
            "show_portfolio", "list_markets", "prove_reserves", "get_note",
            "list_lines", "get_line", "get_schedule", "list_history", "list_payments", "list_mandates", "list_offers",
            "show_ltv_over_time",
            "get_offer", "build_typed_data", "post_signed_offer", "list_triggers", "get_trigger", "list_transactions",
            "get_transaction", "show_sending", "list_events", "list_feeds", "get_feed", "list_rounds",
            "list_reconciliations",
            "get_reconciliation", "live", "ready", "metrics", "start_sign_in", "create_session", "stream_events",
            "build_mandate_typed_data", *(f"prepare_{action.name}" for action in ACTIONS),
        ),
        "nothing",
    ),
    "get_current_session": "an account",
    "end_current_session": "an account",
    **dict.fromkeys(("submit_transaction", "list_submissions", "get_submission"), Scope.TRANSACTIONS_WRITE),
    **dict.fromkeys(
        (
            "list_webhooks", "create_webhook", "get_webhook", "change_webhook", "delete_webhook",
            "rotate_webhook_secret", "send_test", "replay_webhook", "redeliver_event", "list_deliveries",
        ),
        Scope.WEBHOOKS_WRITE,
    ),
    "list_alerts": Scope.ALERTS_READ,
    "list_api_keys": Scope.KEYS_WRITE,
    "create_api_key": Scope.KEYS_WRITE,
    "revoke_api_key": Scope.KEYS_WRITE,
}  # fmt: skip
"""Offers are public: the lender's signature is their authority. A new operation must be entered here."""

OF_SOMEBODY = {"post_signed_offer": Scope.OFFERS_WRITE}
"""Needs nothing; but a key or session that comes with it needs this."""

ABSENT = "00000000-0000-4000-8000-000000000000"


async def ask(client: httpx.AsyncClient, route: APIRoute, **headers: str) -> httpx.Response:
    """Whatever the operation is asked for, who asks is looked at first."""
    (method,) = route.methods or {"GET"}
    path = route.path
    for parameter in route.param_convertors:
        path = path.replace(f"{{{parameter}}}", "1" if parameter == "line_id" else ABSENT)
    if route.name == "stream_events":
        path += "?after=-1"  # a good question would be answered without end
    body: dict[str, Any] = {} if method == "GET" else {"json": {}}
    return await client.request(method, path, headers=headers, **body)


def is_refused(response: httpx.Response) -> bool:
    refused = response.status_code in (401, 403)
    if refused:
        assert response.json()["code"] in ("not_signed_in", "out_of_scope", "bad_credentials", "sign_in_refused")
    return refused


def test_every_operation_has_its_entry() -> None:
    assert {route.name for route in routes()} == OPERATIONS.keys()


@pytest.mark.parametrize("route", list(routes()), ids=lambda route: route.name)
def test_what_an_operation_demands_is_what_is_written_here(route: APIRoute) -> None:
    needed = scopes_needed(route)
    match OPERATIONS[route.name]:
        case "nothing":
            assert needed is None
        case "an account":
            assert needed == frozenset()
        case scope:
            assert needed == frozenset({scope})
    if_somebody = {OF_SOMEBODY[route.name]} if route.name in OF_SOMEBODY else None
    assert scopes_needed_if_somebody(route) == if_somebody


async def test_nobody_is_let_in_only_where_nothing_is_needed(world: World) -> None:
    for route in routes():
        response = await ask(world.client, route)
        assert is_refused(response) == (OPERATIONS[route.name] != "nothing"), (route.name, response.text)
        if is_refused(response):
            assert response.json()["code"] == "not_signed_in"
            assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_may_what_its_scopes_allow(world: World, role: Role) -> None:
    key = await make_key(world.engine, f"a {role}", [role])
    for route in routes():
        if route.name == "end_current_session":
            continue
        needs = OF_SOMEBODY.get(route.name, OPERATIONS[route.name])
        allowed = needs in ("nothing", "an account") or needs in scopes_of([role])
        response = await ask(world.client, route, **bearing(key))
        assert is_refused(response) != allowed, (role, route.name, response.text)
        if not allowed:
            assert response.json()["code"] == "out_of_scope"


async def test_a_session_may_what_its_account_may(world: World) -> None:
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        for route in routes():
            needs = OF_SOMEBODY.get(route.name, OPERATIONS[route.name])
            allowed = needs in ("nothing", "an account") or needs in scopes_of([Role.BORROWER, Role.LENDER])
            if route.name not in ("end_current_session", "create_session"):
                assert is_refused(await ask(client, route)) != allowed, route.name


@pytest.mark.parametrize("scope", list(Scope))
async def test_a_key_may_no_more_than_its_scopes_whatever_its_account_may(world: World, scope: Scope) -> None:
    key = await make_key(world.engine, "all of it", list(Role), [scope])
    for route in routes():
        needs = OF_SOMEBODY.get(route.name, OPERATIONS[route.name])
        if isinstance(needs, Scope):
            assert is_refused(await ask(world.client, route, **bearing(key))) == (needs != scope), route.name


async def test_a_key_loses_what_its_account_loses(world: World) -> None:
    key = await make_key(world.engine, "an operator", [Role.OPERATOR])
    assert (await world.client.get("/v1/alerts", headers=bearing(key))).status_code == 200
    async with sessions_of(world.engine).begin() as session:
        await session.execute(update(Account).values(roles=[]))
    response = await world.client.get("/v1/alerts", headers=bearing(key))
    assert (response.status_code, response.json()["code"]) == (403, "out_of_scope")


async def test_what_a_newer_version_has_stored_allows_nothing_and_is_logged_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    key = await make_key(world.engine, "an operator", [Role.OPERATOR])
    async with sessions_of(world.engine).begin() as session:
        await session.execute(update(Account).values(roles=["operator", "regulator"]))
        await session.execute(update(ApiKey).values(scopes=["alerts:read", "keys:write", "rules:write"]))
    for path in ("/v1/alerts", "/v1/api-keys", "/v1/sessions/current"):
        assert (await world.client.get(path, headers=bearing(key))).status_code == 200, path
    logged = [record.getMessage() for record in caplog.records if record.name == "api.identity.scopes"]
    assert [name for name in ("'regulator'", "'rules:write'") if sum(name in line for line in logged) != 1] == []


async def test_keys_that_open_nothing(world: World) -> None:
    key = await make_key(world.engine, "an operator", [Role.OPERATOR])
    prefix, key_id, secret = key.split("_", 2)
    forged = (
        "", "x", key[:-1], key + "A", f"{prefix}_{key_id}_{'A' * 43}", f"{prefix}_{'0' * 32}_{secret}", key.upper(),
        f"{prefix}_{key_id}_{secret[:-1]}é",
    )  # fmt: skip
    for text in forged:
        headers = {"Authorization": f"Bearer {text}".encode()}
        response = await world.client.get("/v1/alerts", headers=headers)  # type: ignore[arg-type]
        assert (response.status_code, response.json()["code"]) == (401, "bad_credentials"), text
        assert secret not in response.text
    for scheme in ("Basic", "bearer  ", "Token"):
        response = await world.client.get("/v1/alerts", headers={"Authorization": f"{scheme} {key}"})
        assert response.status_code == (200 if scheme.strip() == "bearer" else 401), scheme


async def test_an_expired_or_revoked_key_opens_nothing(world: World) -> None:
    expired, revoked = [await make_key(world.engine, "an operator", [Role.OPERATOR]) for _ in range(2)]
    now = func.clock_timestamp()
    async with sessions_of(world.engine).begin() as session:
        await session.execute(
            update(ApiKey).where(ApiKey.id == expired.split("_")[1]).values(expires_at=now - timedelta(seconds=1))
        )
        await session.execute(update(ApiKey).where(ApiKey.id == revoked.split("_")[1]).values(revoked_at=now))
    for key in (expired, revoked):
        response = await world.client.get("/v1/alerts", headers=bearing(key))
        assert (response.status_code, response.json()["code"]) == (401, "bad_credentials")


async def test_others_cannot_tell_that_a_key_exists(world: World) -> None:
    async with visitor(world) as owner, visitor(world) as other:
        await sign_in(owner, BORROWER)
        await sign_in(other, LENDER)
        made = (await owner.post("/v1/api-keys", json={"name": "mine", "scopes": ["keys:write"]})).json()
        assert [key["id"] for key in (await owner.get("/v1/api-keys")).json()["items"]] == [made["id"]]
        assert (await other.get("/v1/api-keys")).json()["items"] == []
        foreign = await other.delete(f"/v1/api-keys/{made['id']}")
        absent = await other.delete(f"/v1/api-keys/{ABSENT}")
        assert (foreign.status_code, absent.status_code) == (404, 404)
        assert foreign.json()["detail"].replace(made["id"], "") == absent.json()["detail"].replace(ABSENT, "")
        assert (await world.client.get("/v1/sessions/current", headers=bearing(made["key"]))).status_code == 200
        assert (await owner.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
        assert (await owner.delete(f"/v1/api-keys/{made['id']}")).status_code == 204
        assert (await world.client.get("/v1/sessions/current", headers=bearing(made["key"]))).status_code == 401


async def test_a_key_is_shown_once_and_cannot_do_more_than_its_maker(world: World) -> None:
    async with visitor(world) as client:
        await sign_in(client, STRANGER)
        body = {"name": "mine", "scopes": ["keys:write", "keys:write"], "expires_in_days": 1}
        headers = {"Idempotency-Key": "once"}
        first = await client.post("/v1/api-keys", json=body, headers=headers)
        again = await client.post("/v1/api-keys", json=body, headers=headers)
        assert first.json()["scopes"] == ["keys:write"]
        assert first.headers["cache-control"] == "no-store"
        assert (again.json()["id"], again.json()["key"]) == (first.json()["id"], "")
        listed = await client.get("/v1/api-keys")
        assert first.json()["key"].split("_", 2)[2] not in listed.text
        beyond = await client.post("/v1/api-keys", json={"name": "more", "scopes": ["alerts:read"]})
        assert (beyond.status_code, beyond.json()["code"]) == (422, "scope_not_held")
        changed = await client.post("/v1/api-keys", json={**body, "name": "other"}, headers=headers)
        assert (changed.status_code, changed.json()["code"]) == (409, "idempotency_key_reused")


async def test_two_accounts_can_use_the_same_idempotency_key(world: World) -> None:
    made = set()
    for wallet in (BORROWER, LENDER):
        async with visitor(world) as client:
            await sign_in(client, wallet)
            for _ in range(2):
                response = await client.post(
                    "/v1/api-keys",
                    json={"name": "mine", "scopes": ["keys:write"]},
                    headers={"Idempotency-Key": "the-same"},
                )
                made.add(response.json()["id"])
    assert len(made) == 2
