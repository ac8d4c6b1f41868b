"""Asks every operation once, in a world where each has something to tell: the examples of the OpenAPI document.

`COVENANT_RECORD_EXAMPLES=1 pytest tests/api/test_openapi.py` writes them to `api/examples.json`.
"""

from __future__ import annotations

from typing import Any

import httpx

from api.mandates.schemas import EXAMPLE_MANDATE
from api.offers.schemas import EXAMPLE_SIGNATURE
from api.parts import Bounds
from orchestrator.db.models import Hold
from tests.api.ground import CHAIN_ID
from tests.api.offering import message, post, signed
from tests.api.people import signature_of, visitor
from tests.api.world import BORROWER, HOUR, STRANGER, USDC, World, client_of, hash_of, moment, parts_with

Examples = dict[str, dict[str, Any]]


async def record(world: World) -> Examples:
    """Bodies by operation id, and by "request" or status."""
    found: Examples = {}
    await _offer(world, found)
    paths = await furnish(world)
    for operation, path in paths.items():
        found[operation] = {"200": await world.get(path)}
    await _identify(world, found)
    await world.ground.set_balance(STRANGER.address, 10**15)
    async with client_of(parts_with(world, bounds=Bounds())) as client:
        found["ready"]["503"] = (await client.get("/health/ready")).json()
    return found


async def _offer(world: World, found: Examples) -> None:
    wanted, body = {"offer": message(world)}, signed(world)
    payload = await world.client.post("/v1/offers/typed-data", json=wanted)
    found["build_typed_data"] = {"request": wanted, "200": _ok(payload, 200)}
    first, again = await post(world, body), await post(world, body)
    found["post_signed_offer"] = {"request": body, "201": _ok(first, 201), "200": _ok(again, 200)}


EXAMPLE_SECRET = "whsec_" + "A" * 43 + "="
PREPARED: dict[str, dict[str, Any]] = {
    "open": {"amount": "50000000000"},
    "deposit": {"line_id": 1, "amount": "1000000000000000000"},
    "deposit_reserve": {"line_id": 1, "amount": "250000000"},
    "withdraw": {"line_id": 1, "amount": "1000000000000000000"},
    "withdraw_reserve": {"line_id": 1, "amount": "250000000"},
    "draw": {"line_id": 1, "amount": "10000000000"},
    "repay": {"line_id": 1, "amount": "3000000000"},
    "close": {"line_id": 1},
    "claim": {"line_id": 1},
    "terminate": {"line_id": 1},
    "liquidate": {"line_id": 1, "max_repaid": "3000000000", "min_seized": "14000000000000000000"},
    "set_operator": {"approved": True},
    "cancel_group": {"group": "1"},
    "bump_epoch": {},
    "register_mandate": {"mandate": EXAMPLE_MANDATE, "signature": EXAMPLE_SIGNATURE},
    "revoke_mandate": {"nonce": "1"},
    "approve": {"amount": "50000000000"},
}


async def _act(world: World, client: httpx.AsyncClient, found: Examples) -> None:
    """The vault of this world is a name only, so nothing reverts there; what is prepared is the same."""
    market = world.ground.market
    offer_hash = (await world.get("/v1/offers"))["items"][0]["offer_hash"]
    particular: dict[str, dict[str, Any]] = {
        "open": {"offer_hash": offer_hash},
        "claim": {"token": market.loan_token},
        "approve": {"token": market.loan_token},
        "set_operator": {"operator": world.ground.book.trigger},
        "cancel_group": {"loan_token": market.loan_token},
    }
    for action, wanted in PREPARED.items():
        body = {"from": BORROWER.address, **wanted, **particular.get(action, {})}
        prepared = _ok(await client.post(f"/v1/prepare/{action}", json=body), 200)
        found[f"prepare_{action}"] = {"request": body, "200": prepared}
    wanted_mandate = {"mandate": EXAMPLE_MANDATE}
    built = _ok(await client.post("/v1/mandates/typed-data", json=wanted_mandate), 200)
    found["build_mandate_typed_data"] = {"request": wanted_mandate, "200": built}
    approval = found["prepare_approve"]["200"]
    await world.ground.set_balance(BORROWER.address, 10**18)
    fields = {
        "to": approval["to"], "data": approval["data"], "value": 0, "type": 2, "gas": approval["gas_limit"],
        "chainId": approval["chain_id"], "nonce": await world.ground.nonce_of(BORROWER.address),
        "maxFeePerGas": 10**11, "maxPriorityFeePerGas": 10**9,
    }  # fmt: skip
    signed = {"signed_transaction": "0x" + bytes(BORROWER.sign_transaction(fields).raw_transaction).hex()}
    first, again = [await client.post("/v1/submissions", json=signed) for _ in range(2)]
    found["submit_transaction"] = {"request": signed, "202": _ok(first, 202), "200": _ok(again, 200)}
    found["get_submission"] = {"200": _ok(await client.get(f"/v1/submissions/{first.json()['id']}"), 200)}
    found["list_submissions"] = {"200": _ok(await client.get("/v1/submissions"), 200)}


async def _hook(world: World, client: httpx.AsyncClient, found: Examples) -> None:
    """Nothing is sent: the deliveries are asked for, and no courier comes."""
    wanted = {"url": "https://example.com/covenant", "kinds": ["line.drawn"], "line_id": 1, "after": 0}
    made = _ok(await client.post("/v1/webhooks", json=wanted), 201)
    found["create_webhook"] = {"request": wanted, "201": {**made, "secret": EXAMPLE_SECRET}}
    path = f"/v1/webhooks/{made['id']}"
    found["get_webhook"] = {"200": _ok(await client.get(path), 200)}
    changes = {"url": None, "kinds": ["line.drawn", "line.repaid"], "status": "enabled"}
    found["change_webhook"] = {"request": changes, "200": _ok(await client.patch(path, json=changes), 200)}
    rotated = _ok(await client.post(f"{path}/rotate"), 200)
    found["rotate_webhook_secret"] = {"200": {**rotated, "secret": EXAMPLE_SECRET}}
    found["send_test"] = {"202": _ok(await client.post(f"{path}/test"), 202)}
    event = {"event_id": (await world.get("/v1/events"))["items"][0]["id"]}
    found["redeliver_event"] = {"request": event, "202": _ok(await client.post(f"{path}/redeliver", json=event), 202)}
    again = {"after": 0}
    found["replay_webhook"] = {"request": again, "200": _ok(await client.post(f"{path}/replay", json=again), 200)}
    found["list_webhooks"] = {"200": _ok(await client.get("/v1/webhooks"), 200)}
    found["list_deliveries"] = {"200": _ok(await client.get(f"{path}/deliveries"), 200)}


async def _identify(world: World, found: Examples) -> None:
    async with visitor(world) as client:
        wanted = {"address": BORROWER.address}
        handed_out = _ok(await client.post("/v1/sessions/nonce", json=wanted), 200)
        found["start_sign_in"] = {"request": wanted, "200": handed_out}
        signed_in = {
            "message": handed_out["message"],
            "signature": signature_of(BORROWER, handed_out["message"]),
        }
        opened = _ok(await client.post("/v1/sessions", json=signed_in), 201)
        found["create_session"] = {"request": signed_in, "201": opened}
        found["get_current_session"] = {"200": _ok(await client.get("/v1/sessions/current"), 200)}
        await _act(world, client, found)
        await _hook(world, client, found)
        key = {"name": "desk bot", "scopes": ["transactions:write"], "expires_in_days": 90}
        made = _ok(await client.post("/v1/api-keys", json=key), 201)
        found["create_api_key"] = {"request": key, "201": {**made, "key": f"cov_{'0' * 32}_{'A' * 43}"}}
        found["list_api_keys"] = {"200": _ok(await client.get("/v1/api-keys"), 200)}


async def furnish(world: World) -> dict[str, str]:
    """One of everything; the path of each read by its operation id."""
    line = await world.line(opened_ago_s=25 * HOUR)
    offer_hash = (await world.get("/v1/offers"))["items"][0]["offer_hash"]
    await world.ground.set_balance(STRANGER.address, 10**18)
    for number in (3, 4):
        await world.block(number)
    reconciliation, mandate = world.reconciliation(), world.mandate(1)
    intent = world.intent(mined_block_number=4, mined_block_hash=hash_of("block", 4, ""))
    trigger = world.trigger(
        feed=world.ground.feed, round_id=18446744073709551623, price_e36=14 * 10**25, intent_id=intent.id,
        evaluated_block_number=3, evaluated_block_hash=hash_of("block", 3, ""),
    )  # fmt: skip
    await world.write(intent, world.feed(), reconciliation, mandate, world.lane(), world.alert("feed_late:ETH/USD"))
    await world.write(
        trigger,
        world.attempt(intent),
        world.round(18446744073709551623, 140 * 10**8, block=3, age_s=60),
        world.version(line, block=3, seq=2),
        world.payment(1, block=4, source="reserve", principal=398 * USDC),
        world.event(1, block=3),
        Hold(chain_id=CHAIN_ID, cause="operator", reason="the feed looks odd", placed_at=moment(6)),
    )
    feed = f"/v1/feeds/{world.ground.feed}"
    return {
        "show_portfolio": "/v1/portfolio",
        "list_markets": "/v1/markets",
        "prove_reserves": "/v1/reserves",
        "get_note": "/v1/lines/1/note",
        "list_lines": "/v1/lines?limit=1",
        "get_line": "/v1/lines/1",
        "get_schedule": "/v1/lines/1/schedule?limit=2",
        "list_history": "/v1/lines/1/history?limit=1",
        "show_ltv_over_time": "/v1/lines/1/ltv?limit=1",
        "list_payments": "/v1/lines/1/payments",
        "list_mandates": "/v1/lines/1/mandates",
        "list_offers": "/v1/offers",
        "get_offer": f"/v1/offers/{offer_hash}",
        "list_triggers": "/v1/triggers",
        "get_trigger": f"/v1/triggers/{trigger.id}",
        "list_transactions": "/v1/transactions",
        "get_transaction": f"/v1/transactions/{intent.id}",
        "list_events": "/v1/events",
        "list_feeds": "/v1/feeds",
        "get_feed": feed,
        "list_rounds": f"{feed}/rounds",
        "list_reconciliations": "/v1/reconciliations",
        "get_reconciliation": f"/v1/reconciliations/{reconciliation.id}",
        "list_alerts": "/v1/alerts",
        "show_sending": "/v1/sending",
        "live": "/health/live",
        "ready": "/health/ready",
    }


def _ok(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, response.text
    return response.json()
