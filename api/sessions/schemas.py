"""JSON forms of sign-ins and sessions."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import Field

from api.identity.scopes import Role, Scope
from api.wire import Address, Instant, WireModel


class SignInRequest(WireModel):
    """Who wants to sign in."""

    address: Address


class SignInChallenge(WireModel):
    """A message to be signed with `personal_sign`, once, until `expires_at`."""

    message: str
    nonce: str
    expires_at: Instant


class SignIn(WireModel):
    """A signed message."""

    message: Annotated[str, Field(max_length=4_000, description="EIP-4361, exactly as it was signed.")]
    signature: Annotated[str, Field(pattern="^0x([0-9a-fA-F]{2}){1,4096}$")] = Field(
        description="65 bytes r, s, v of an externally owned account, or whatever a contract wallet (ERC-1271) takes."
    )


class AccountRef(WireModel):
    """An account of this service."""

    id: uuid.UUID
    address: Address | None
    roles: list[Role]


class CurrentSession(WireModel):
    """Who is signed in, and what that account may do."""

    account: AccountRef
    scopes: list[Scope]
    expires_at: Instant | None = Field(description="Null when an API key came instead of a session.")
