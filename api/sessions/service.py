"""Hands out messages to sign, and opens a session for each that comes back signed."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Final

from eth_utils.crypto import keccak
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.accounts import AccountRepository
from api.identity.repository import IdentityRepository
from api.identity.scopes import OF_A_WALLET
from api.identity.tokens import hash_of, new_secret
from api.parts import Parts
from api.problems import Problem
from api.sessions.message import MalformedMessage, SignInMessage, read_message
from api.sessions.problems import SIGN_IN_REFUSED
from api.sessions.schemas import SignIn, SignInChallenge
from api.signatures import SignatureRefused, check_signature
from api.wire import Instant, checksum
from orchestrator.db.models import Account, Session

NONCE_LIFETIME: Final = timedelta(minutes=10)
SESSION_LIFETIME: Final = timedelta(hours=12)

_SKEW: Final = timedelta(minutes=1)
"""How far a wallet's clock may be ahead of ours."""


async def challenge(parts: Parts, address: str) -> SignInChallenge:
    nonce = secrets.token_hex(16)
    async with AsyncSession(parts.engine, expire_on_commit=False) as session, session.begin():
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
    return SignInChallenge(message=message.text(), nonce=nonce, expires_at=Instant.of_clock(stored.expires_at))


async def sign_in(parts: Parts, signed: SignIn) -> tuple[str, Session, Account]:
    """The token of a new session, for its cookie.

    Raises:
        Problem: the message is not one for this site and chain, not fresh, used before, or not signed by its account.
    """
    message = _read(parts, signed.message)
    address = checksum(message.address.lower())
    async with AsyncSession(parts.engine, expire_on_commit=False) as session, session.begin():
        fresh = await IdentityRepository(session).use_nonce(message.nonce, address)
    if not fresh:  # committed all the same: a nonce that was tried is used up
        raise Problem(SIGN_IN_REFUSED, "the nonce is unknown, used or expired")
    try:
        await check_signature(
            parts.nodes, address, personal_digest(signed.message), bytes.fromhex(signed.signature[2:])
        )
    except SignatureRefused as refused:
        raise Problem(SIGN_IN_REFUSED, refused.message) from refused
    token = new_secret()
    async with AsyncSession(parts.engine, expire_on_commit=False) as session, session.begin():
        repository = IdentityRepository(session)
        account = await AccountRepository(session).of_wallet(address, OF_A_WALLET)
        opened = await repository.add_session(hash_of(token), account.id, SESSION_LIFETIME)
    return token, opened, account


def personal_digest(text: str) -> bytes:
    """What ``personal_sign`` signs of a text (EIP-191, version 0x45)."""
    message = text.encode()
    return keccak(b"\x19Ethereum Signed Message:\n" + str(len(message)).encode() + message)


def _read(parts: Parts, text: str) -> SignInMessage:
    """Everything about a message but its nonce and signature."""
    try:
        message = read_message(text)
    except MalformedMessage as error:
        raise Problem(SIGN_IN_REFUSED, str(error)) from error
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
    return message


def _is_of_site(message: SignInMessage, origin: str) -> bool:
    scheme_fits = message.scheme is None or origin.startswith(f"{message.scheme}://")
    return scheme_fits and (message.uri == origin or message.uri.startswith(f"{origin}/"))
