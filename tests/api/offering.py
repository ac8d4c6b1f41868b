"""Offers as lenders build, sign and post them."""

from __future__ import annotations

from typing import Any

import httpx
from eth_account.signers.local import LocalAccount

from orchestrator.chain.typed_data import OFFER, TypedData, vault_domain
from tests.api.ground import NOBODY
from tests.api.world import DAY, LENDER, USDC, WETH, World


def message(world: World, **changes: Any) -> dict[str, Any]:
    """A valid offer: 50,000 USDC against 500 WETH for sixty days, to anyone."""
    market = world.ground.market
    return {
        "lender": LENDER.address,
        "borrower": NOBODY,
        "loanToken": market.loan_token,
        "collateralToken": market.collateral_token,
        "oracle": market.oracle,
        "limit": str(50_000 * USDC),
        "minCollateral": str(500 * WETH),
        "aprBps": "900",
        "originationBps": "50",
        "commitmentBps": "100",
        "penaltyBps": "500",
        "initialLtvBps": "6500",
        "liquidationLtvBps": "8000",
        "bonusBps": "500",
        "inKindLtvBps": "7200",
        "inKindDiscountBps": "200",
        "amortBps": "0",
        "periodHours": "24",
        "graceHours": "24",
        "drawWindowHours": "720",
        "termHours": "1440",
        "expiry": str(world.head.timestamp + 7 * DAY),
        "group": "1",
        "groupCap": str(100_000 * USDC),
        "epoch": "0",
    } | changes


def typed_data(world: World, offer: dict[str, Any], *, chain_id: int | None = None) -> TypedData:
    values = {name: int(offer[name]) if type_ != "address" else offer[name] for name, type_ in OFFER.fields}
    domain = vault_domain(world.ground.book.chain_id if chain_id is None else chain_id, world.ground.book.vault)
    return TypedData(domain, OFFER, values)


def signed(world: World, *, by: LocalAccount = LENDER, **changes: Any) -> dict[str, Any]:
    """The body of POST /v1/offers: the offer changed, then signed."""
    offer = message(world, **changes)
    return {
        "chain_id": world.ground.book.chain_id,
        "vault": world.ground.book.vault,
        "offer": offer,
        "signature": "0x" + typed_data(world, offer).sign(by).hex(),
    }


async def post(world: World, body: dict[str, Any], *, key: str | None = None) -> httpx.Response:
    headers = {} if key is None else {"Idempotency-Key": key}
    return await world.client.post("/v1/offers", json=body, headers=headers)


async def posted(world: World, **changes: Any) -> dict[str, Any]:
    """The answer to an offer that must be taken."""
    response = await post(world, signed(world, **changes))
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body
