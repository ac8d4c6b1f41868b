"""JSON forms of webhooks."""

from __future__ import annotations

import uuid
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from api.wire import Instant, Int64, WireModel

Kind = Annotated[str, Field(pattern=r"^[a-z_]{1,32}(\.[a-z_]{1,32}){0,2}$")]
Kinds = Annotated[list[Kind], Field(max_length=20, description="Only these, and what takes them back; none for all.")]
Url = Annotated[str, Field(min_length=8, max_length=2_000)]


class NewWebhook(WireModel):
    """Where events shall be sent, and which."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        json_schema_extra={"example": {"url": "https://example.com/covenant", "kinds": ["line.drawn"], "line_id": 1}},
    )

    url: Url
    kinds: Kinds = Field(default_factory=list)
    line_id: Int64 | None = None
    after: Int64 | None = Field(default=None, description="Begin after this position; without it, with what comes now.")


class WebhookChanges(WireModel):
    """What is given is changed. Enabling a dead or paused webhook lets it go on where it stopped."""

    url: Url | None = None
    kinds: Kinds | None = None
    status: Literal["enabled", "paused"] | None = None


class Webhook(WireModel):
    """An endpoint of yours, and how far it has got."""

    id: uuid.UUID
    url: str
    kinds: list[str]
    line_id: int | None
    status: Literal["enabled", "paused", "dead"]
    why_dead: str | None
    position: int = Field(description="The last event that it is done with.")
    failures: int = Field(description="Attempts in a row that failed.")
    failing_since: Instant | None
    next_attempt_at: Instant
    previous_secret_until: Instant | None
    created_at: Instant


class Webhooks(WireModel):
    """Your webhooks, the oldest first."""

    items: list[Webhook]


class WebhookWithSecret(Webhook):
    """A webhook with its newest secret, which is shown when it is made and when it is rotated."""

    secret: str = Field(description="`whsec_…`, by the rules of Standard Webhooks.")


class Replay(WireModel):
    """From where to send everything again."""

    after: Int64 = Field(description="A position; 0 for all.")


class Redelivery(WireModel):
    """Which event to send once more."""

    event_id: uuid.UUID


class Delivery(WireModel):
    """One attempt, or one that is asked for and still to come (no `attempted_at`)."""

    number: int
    message_id: uuid.UUID = Field(description="The event's id, the same in each attempt: `webhook-id`.")
    position: int | None = Field(description="Null for a test.")
    requested_at: Instant
    attempted_at: Instant | None
    status_code: int | None
    error: str | None
    duration_ms: int | None


class DeliveryPage(WireModel):
    """Attempts, the newest first."""

    items: list[Delivery]
    next_cursor: str | None
