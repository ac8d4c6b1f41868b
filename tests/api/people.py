"""People who use the API, signed in with their wallets."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from eth_account.messages import encode_defunct
from eth_account.signers.local import LocalAccount

from tests.api.world import SITE, World, client_of, parts_with


@asynccontextmanager
async def visitor(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on our site, with a cookie jar of its own."""
    async with client_of(parts_with(world)) as client:
        client.headers["origin"] = SITE.origin
        yield client


def signature_of(wallet: LocalAccount, text: str) -> str:
    return "0x" + bytes(wallet.sign_message(encode_defunct(text=text)).signature).hex()


async def challenge(client: httpx.AsyncClient, wallet: LocalAccount) -> str:
    """A message to sign."""
    response = await client.post("/v1/sessions/nonce", json={"address": wallet.address})
    assert response.status_code == 200, response.text
    return str(response.json()["message"])


async def sign_in(client: httpx.AsyncClient, wallet: LocalAccount) -> dict[str, Any]:
    """Signs in; the client keeps the cookie."""
    message = await challenge(client, wallet)
    response = await client.post("/v1/sessions", json={"message": message, "signature": signature_of(wallet, message)})
    assert response.status_code == 201, response.text
    body: dict[str, Any] = response.json()
    return body
