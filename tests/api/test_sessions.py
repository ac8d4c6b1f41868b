"""People sign in with a wallet: once for each message, for this site and this chain, and never by another's hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import func, update

from api.identity.principal import COOKIE
from api.sessions.message import SignInMessage, read_message
from api.sessions.service import personal_digest
from orchestrator.db.models import Session, SignInNonce
from orchestrator.db.session import sessions_of
from orchestrator.tasks.purging import purge
from tests.api.ground import named, wallet_code
from tests.api.keys import bearing
from tests.api.people import challenge, sign_in, signature_of, visitor
from tests.api.world import BORROWER, SITE, STRANGER, World, parts_with


async def refused(client: httpx.AsyncClient, message: str, signature: str) -> str:
    """The reason."""
    response = await client.post("/v1/sessions", json={"message": message, "signature": signature})
    assert (response.status_code, response.json()["code"]) == (401, "sign_in_refused"), response.text
    assert COOKIE not in response.cookies
    return str(response.json()["detail"])


async def test_a_wallet_signs_in_and_out(world: World) -> None:
    async with visitor(world) as client:
        assert (await client.get("/v1/sessions/current")).json()["code"] == "not_signed_in"
        session = await sign_in(client, BORROWER)
        assert session["account"]["address"] == BORROWER.address
        assert session["account"]["roles"] == ["borrower", "lender"]
        assert "alerts:read" not in session["scopes"]
        assert (await client.get("/v1/sessions/current")).json() == session
        assert (await client.delete("/v1/sessions/current")).status_code == 204
        assert (await client.get("/v1/sessions/current")).status_code == 401


async def test_an_ended_session_cannot_be_used_with_a_kept_cookie(world: World) -> None:
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        kept = {"Cookie": f"{COOKIE}={client.cookies[COOKIE]}"}
        await client.delete("/v1/sessions/current")
        response = await client.get("/v1/sessions/current", headers=kept)
        assert (response.status_code, response.json()["code"]) == (401, "bad_credentials")


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    async with visitor(world) as client:
        message = await challenge(client, BORROWER)
        body = {"message": message, "signature": signature_of(BORROWER, message)}
        set_cookie = (await client.post("/v1/sessions", json=body)).headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=strict" in set_cookie
    assert "secure" not in set_cookie  # plain http, on one's own machine
    assert "covenant_session=" in set_cookie


async def test_a_wallet_has_one_account_however_often_it_signs_in(world: World) -> None:
    async with visitor(world) as one, visitor(world) as other:
        first, second = await sign_in(one, BORROWER), await sign_in(other, BORROWER)
    assert first["account"] == second["account"]


async def test_a_message_works_once(world: World) -> None:
    async with visitor(world) as client:
        message = await challenge(client, BORROWER)
        body = {"message": message, "signature": signature_of(BORROWER, message)}
        assert (await client.post("/v1/sessions", json=body)).status_code == 201
        assert await refused(client, **body) == "the nonce is unknown, used or expired"


async def test_a_message_that_failed_once_is_used_up(world: World) -> None:
    async with visitor(world) as client:
        message = await challenge(client, BORROWER)
        assert STRANGER.address in await refused(client, message, signature_of(STRANGER, message))
        assert "nonce" in await refused(client, message, signature_of(BORROWER, message))


async def test_nobody_signs_in_with_a_message_that_was_handed_to_another(world: World) -> None:
    async with visitor(world) as client:
        message = (await challenge(client, BORROWER)).replace(BORROWER.address, STRANGER.address)
        assert "nonce" in await refused(client, message, signature_of(STRANGER, message))


async def test_an_expired_nonce_is_refused_and_purged(world: World) -> None:
    async with visitor(world) as client:
        message, other = await challenge(client, BORROWER), await challenge(client, BORROWER)
        async with sessions_of(world.engine).begin() as session:
            await session.execute(update(SignInNonce).values(expires_at=func.clock_timestamp() - timedelta(seconds=1)))
        for expired in (message, other):
            assert "nonce" in await refused(client, expired, signature_of(BORROWER, expired))
    assert await purge(world.engine) == 2


async def test_an_expired_session_is_nobody_s(world: World) -> None:
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        async with sessions_of(world.engine).begin() as session:
            await session.execute(update(Session).values(expires_at=func.clock_timestamp() - timedelta(seconds=1)))
        assert (await client.get("/v1/sessions/current")).json()["code"] == "bad_credentials"
    assert await purge(world.engine) == 1


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"domain": "evil.test"}, "the message is for evil.test, this is covenant.test"),
        ({"domain": "covenant.test.evil.test"}, "the message is for covenant.test.evil.test, this is covenant.test"),
        ({"uri": "http://evil.test"}, "the message is for http://evil.test, this is http://covenant.test"),
        ({"uri": "http://covenant.test.evil.test/"}, "the message is for http://covenant.test.evil.test/"),
        ({"chain_id": 1}, "the message is for chain 1, this is chain 31337"),
        ({"version": "2"}, "version 2 of the message is not known"),
        ({"issued_at": datetime.now(UTC) + timedelta(hours=1)}, "the message is from the future"),
        ({"issued_at": datetime.now(UTC) - timedelta(hours=1)}, "the message is too old"),
        ({"expires_at": datetime.now(UTC) - timedelta(hours=1)}, "the message has expired"),
        ({"not_before": datetime.now(UTC) + timedelta(hours=1)}, "the message is not valid yet"),
        ({"nonce": "0123456789abcdef"}, "the nonce is unknown, used or expired"),
    ],
)
async def test_a_message_for_another_place_or_time_is_refused(
    world: World, changes: dict[str, Any], reason: str
) -> None:
    async with visitor(world) as client:
        message = replace(read_message(await challenge(client, BORROWER)), **changes).text()
        assert (await refused(client, message, signature_of(BORROWER, message))).startswith(reason)


@pytest.mark.parametrize("text", ["", "hello", "\n" * 100, "covenant.test wants you to sign in", "x" * 3_999])
async def test_a_text_of_another_form_is_refused(world: World, text: str) -> None:
    async with visitor(world) as client:
        assert await refused(client, text, signature_of(BORROWER, text)) == "the message is not of the form of EIP-4361"


async def test_a_signature_that_nobody_made_is_refused(world: World) -> None:
    async with visitor(world) as client:
        for forged in ("0x" + "11" * 65, "0x" + "00" * 65, "0x12", "0x" + "ff" * 64 + "1b"):
            await refused(client, await challenge(client, BORROWER), forged)


async def test_a_contract_wallet_is_asked_whether_it_signed(world: World) -> None:
    wallet = named(0xBEEF)
    async with visitor(world) as client:
        handed_out = await client.post("/v1/sessions/nonce", json={"address": wallet})
        message = handed_out.json()["message"]
        await world.ground.set_code(wallet, wallet_code("0x" + personal_digest(message).hex()))
        try:
            signed = await client.post("/v1/sessions", json={"message": message, "signature": "0x00"})
            assert signed.status_code == 201, signed.text
            other = (await client.post("/v1/sessions/nonce", json={"address": wallet})).json()["message"]
            assert "does not accept this signature" in await refused(client, other, "0x00")
        finally:
            await world.ground.set_code(wallet, "0x")


async def test_a_session_acts_from_our_own_pages_alone(world: World) -> None:
    body = {"name": "mine", "scopes": ["keys:write"]}
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        assert (await client.post("/v1/api-keys", json=body)).status_code == 201
        for origin in ("http://evil.test", "null", "", "http://covenant.test:81", "https://covenant.test"):
            response = await client.post("/v1/api-keys", json=body, headers={"origin": origin})
            assert (response.status_code, response.json()["code"]) == (403, "foreign_origin")
        del client.headers["origin"]
        assert (await client.post("/v1/api-keys", json=body)).json()["code"] == "foreign_origin"
        assert (await client.get("/v1/sessions/current")).status_code == 200


async def test_a_key_goes_before_a_cookie(world: World) -> None:
    async with visitor(world) as client:
        await sign_in(client, BORROWER)
        response = await client.get("/v1/sessions/current", headers=bearing("cov_nonsense"))
        assert (response.status_code, response.json()["code"]) == (401, "bad_credentials")


def test_the_message_is_of_the_standard_s_form_and_read_back_whole() -> None:
    message = SignInMessage(
        scheme=None, domain="example.com:8080", address=BORROWER.address, uri="http://example.com:8080",
        version="1", chain_id=1, nonce="32891756abcdef01", issued_at=datetime(2021, 9, 30, 16, 25, 24, tzinfo=UTC),
        expires_at=datetime(2021, 9, 30, 16, 35, 24, tzinfo=UTC), statement="Hello.",
    )  # fmt: skip
    assert message.text() == (
        f"example.com:8080 wants you to sign in with your Ethereum account:\n{BORROWER.address}\n\nHello.\n\n"
        "URI: http://example.com:8080\nVersion: 1\nChain ID: 1\nNonce: 32891756abcdef01\n"
        "Issued At: 2021-09-30T16:25:24Z\nExpiration Time: 2021-09-30T16:35:24Z"
    )
    assert read_message(message.text()) == message
    assert read_message(replace(message, statement=None).text()).statement is None


def test_a_site_of_https_has_a_secure_cookie(world: World) -> None:
    assert not SITE.secure
    assert parts_with(world, site=replace(SITE, origin="https://covenant.test")).site.secure
