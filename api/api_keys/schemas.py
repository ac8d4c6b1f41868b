"""JSON forms of API keys."""

from __future__ import annotations

import uuid
from typing import Annotated

from pydantic import ConfigDict, Field

from api.identity.scopes import Scope
from api.wire import Instant, WireModel

MAX_DAYS = 366


class NewApiKey(WireModel):
    """What a program shall be able to do, and for how long."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"example": {"name": "desk bot", "scopes": ["transactions:write"], "expires_in_days": 90}},
    )

    name: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f]+$")]
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    expires_in_days: Annotated[int, Field(ge=1, le=MAX_DAYS)] = 90


class ApiKey(WireModel):
    """A key of yours; not the secret, which nobody knows any more."""

    id: uuid.UUID
    name: str
    scopes: list[Scope]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None


class ApiKeys(WireModel):
    """Your keys, the newest first."""

    items: list[ApiKey]


class CreatedApiKey(ApiKey):
    """A new key. `key` is shown this once."""

    key: str = Field(description="Send it as `Authorization: Bearer <key>`.")
