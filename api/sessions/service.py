"""Hands out messages to sign, and opens a session for each that comes back signed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from eth_utils.crypto import keccak
from fastapi import Response
from sqlalchemy.ext.asyncio import AsyncSession

from api.idempotency import REPLAYED, Answer, Repeatable
from api.identity.accounts import AccountRepository
from api.identity.principal import COOKIE
from api.identity.repository import IdentityRepository
from api.identity.scopes import OF_A_WALLET, roles_named, scopes_of
from api.identity.tokens import hash_of, new_secret
from api.parts import Parts
from api.problems import Problem
from api.sessions.message import MalformedMessage, SignInMessage, read_message
from api.sessions.problems import SIGN_IN_REFUSED
from api.sessions.schemas import AccountRef, CurrentSession, SignIn, SignInChallenge
from api.signatures import SignatureRefused, check_signature
from api.wire import Instant, checksum
from orchestrator.db.models import Account, Session

NONCE_LIFETIME: Final = timedelta(minutes=10)
SESSION_LIFETIME: Final = timedelta(hours=12)

_SKEW: Final = timedelta(minutes=1)
"""How far a wallet's clock may be ahead of ours."""


async def challenge(session: AsyncSession, parts: Parts, address: str) -> Answer:
    nonce = secrets.token_hex(16)
    stored = await IdentityRepository(session).add_nonce(nonce, address, NONCE_LIFETIME)
    message = SignInMessage(
        scheme=None,
        domain=parts.site.domain,
        address=address,
        uri=parts.site.origin,
        version="1",
        chain_id=parts.chain_id,
        nonce=nonce,
        issued_at=datetime.now(UTC),
        expires_at=stored.expires_at.astimezone(UTC),
    )
    body = SignInChallenge(message=message.text(), nonce=nonce, expires_at=Instant.of_clock(stored.expires_at))
    return Answer(200, body)


async def sign_in(parts: Parts, signed: SignIn, repeatable: Repeatable) -> Response:
    """201 with the new session, and its cookie. A repeat has the same body, and no cookie.

    Raises:
        Problem: the message is not one for this site and chain, not fresh, used before, or not signed by its account.
    """
    message = _read(signed.message)
    address = checksum(message.address.lower())
    answered = await repeatable.replay(parts.engine, address)
    if answered is not None:
        return answered
    _require_here_and_now(parts, message)
    # Before the transaction: a slow node must not hold a connection.
    await _require_signature(parts, address, message, signed)
    token = new_secret()

    async def open_session(session: AsyncSession) -> Answer:
        repository = IdentityRepository(session)
        if not await repository.use_nonce(message.nonce, address):
            raise _unusable_nonce()
        account = await AccountRepository(session).of_wallet(address, OF_A_WALLET)
        opened = await repository.add_session(hash_of(token), account.id, SESSION_LIFETIME)
        return Answer(201, _session_of(account, opened))

    response = await repeatable.once(parts.engine, address, open_session)
    if REPLAYED not in response.headers:
        response.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_LIFETIME.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=parts.site.secure,
        )
    return response


def _session_of(account: Account, opened: Session) -> CurrentSession:
    return CurrentSession(
        account=AccountRef(
            id=account.id,
            address=checksum(account.address) if account.address else None,
            roles=roles_named(account.roles),
        ),
        scopes=sorted(scopes_of(account.roles)),
        expires_at=Instant.of_clock(opened.expires_at),
    )


async def _require_signature(parts: Parts, address: str, message: SignInMessage, signed: SignIn) -> None:
    """Raises Problem, and then the nonce is used up: one message is one attempt."""
    digest, signature = personal_digest(signed.message), bytes.fromhex(signed.signature[2:])
    try:
        await check_signature(parts.nodes, address, digest, signature)
    except SignatureRefused as refused:
        async with AsyncSession(parts.engine) as session, session.begin():
            fresh = await IdentityRepository(session).use_nonce(message.nonce, address)
        raise (Problem(SIGN_IN_REFUSED, refused.message) if fresh else _unusable_nonce()) from refused


def _unusable_nonce() -> Problem:
    return Problem(SIGN_IN_REFUSED, "the nonce is unknown, used or expired")


def personal_digest(text: str) -> bytes:
    """What ``personal_sign`` signs of a text (EIP-191, version 0x45)."""
    message = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def _read(text: str) -> SignInMessage:
    try:
        return read_message(text)
    except MalformedMessage as error:
        raise Problem(SIGN_IN_REFUSED, str(error)) from error


def _require_here_and_now(parts: Parts, message: SignInMessage) -> None:
    """Everything about a message but its nonce and signature."""
    now = datetime.now(UTC)
    wrong = {
        f"the message is for {message.domain}, this is {parts.site.domain}": message.domain != parts.site.domain,
        f"the message is for {message.uri}, this is {parts.site.origin}": not _is_of_site(message, parts.site.origin),
        f"the message is for chain {message.chain_id}, this is chain {parts.chain_id}": message.chain_id
        != parts.chain_id,
        f"version {message.version} of the message is not known": message.version != "1",
        "the message is from the future": message.issued_at > now + _SKEW,
        "the message is too old": message.issued_at < now - NONCE_LIFETIME,
        "the message has expired": message.expires_at is not None and message.expires_at <= now,
        "the message is not valid yet": message.not_before is not None and message.not_before > now + _SKEW,
    }
    reason = next((reason for reason, is_so in wrong.items() if is_so), None)
    if reason is not None:
        raise Problem(SIGN_IN_REFUSED, reason)


def _is_of_site(message: SignInMessage, origin: str) -> bool:
    scheme_fits = message.scheme is None or origin.startswith(f"{message.scheme}://")
    return scheme_fits and (message.uri == origin or message.uri.startswith(f"{origin}/"))
