"""What belongs to an account: every operation on it, for its owner and for each role of somebody else."""

import uuid
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.identity.principal import scopes_needed
from api.identity.scopes import Role, scopes_of
from api.openapi import load_examples
from orchestrator.db.models import Submission
from tests.api.ground import CHAIN_ID
from tests.api.keys import bearing, make_key
from tests.api.people import sign_in, visitor
from tests.api.routing import routes
from tests.api.world import BORROWER, World, hash_of

OWNED = {"key_id", "submission_id", "webhook_id"}
"""Path parameters that name what belongs to an account."""

OF_EVERYBODY = {"address", "line_id", "offer_hash", "reconciliation_id", "transaction_id", "trigger_id"}
"""Those that name a fact. A new one must be entered here or above."""

ON_AN_OBJECT = [route for route in routes() if route.param_convertors.keys() & OWNED]
LISTS = {"/v1/api-keys", "/v1/submissions", "/v1/webhooks"}

Answer = tuple[int, str]


def test_every_path_parameter_is_said_to_be_of_everybody_or_of_an_account() -> None:
    assert {name for route in routes() for name in route.param_convertors} == OWNED | OF_EVERYBODY


async def belongings(world: World, owner: httpx.AsyncClient) -> dict[str, str]:
    """One of each, by the parameter that names it."""
    account_id = uuid.UUID((await sign_in(owner, BORROWER))["account"]["id"])
    submission = Submission(
        id=uuid.uuid4(), account_id=account_id, chain_id=CHAIN_ID, tx_hash=hash_of("a transaction"), nonce=0,
        sender=BORROWER.address, to_address=world.vault, function="draw",
    )  # fmt: skip
    await world.write(submission, world.event(1))
    key = await owner.post("/v1/api-keys", json={"name": "mine", "scopes": ["keys:write"]})
    webhook = await owner.post("/v1/webhooks", json={"url": "https://example.com/"})
    return {"submission_id": str(submission.id), "key_id": key.json()["id"], "webhook_id": webhook.json()["id"]}


async def ask(client: httpx.AsyncClient, route: APIRoute, object_id: str, world: World, **headers: str) -> Answer:
    """With a body that is right. The answer leaves out which object it was."""
    (method,), (name,) = route.methods or {"GET"}, route.param_convertors.keys() & OWNED
    body: Any = load_examples()[route.name].get("request") if route.name in load_examples() else None
    if route.name == "redeliver_event":
        body = {"event_id": (await world.get("/v1/events"))["items"][0]["id"]}
    given: dict[str, Any] = {} if body is None else {"json": body}
    response = await client.request(method, route.path.replace(f"{{{name}}}", object_id), headers=headers, **given)
    return response.status_code, response.text.replace(object_id, "")


@pytest.mark.parametrize("role", list(Role))
async def test_what_belongs_to_somebody_else_is_answered_as_what_is_not_there(world: World, role: Role) -> None:
    async with visitor(world) as owner:
        owned = await belongings(world, owner)
    stranger = bearing(await make_key(world.engine, f"a {role}", [role]))
    for route in ON_AN_OBJECT:
        (name,) = route.param_convertors.keys() & OWNED
        foreign = await ask(world.client, route, owned[name], world, **stranger)
        absent = await ask(world.client, route, str(uuid.uuid4()), world, **stranger)
        assert foreign == absent, route.name
        assert foreign[0] == (404 if (scopes_needed(route) or set()) <= scopes_of([role]) else 403), route.name
    for path in LISTS:
        listed = await world.client.get(path, headers=stranger)
        shown = {item["id"] for item in listed.json().get("items", ())}
        assert not shown & set(owned.values()), path


async def test_its_owner_does_with_it_what_there_is_to_do(world: World) -> None:
    async with visitor(world) as owner:
        owned = await belongings(world, owner)
        for route in sorted(ON_AN_OBJECT, key=lambda route: "DELETE" in (route.methods or ())):
            (name,) = route.param_convertors.keys() & OWNED
            status, text = await ask(owner, route, owned[name], world)
            assert status in (200, 202, 204), (route.name, text)
