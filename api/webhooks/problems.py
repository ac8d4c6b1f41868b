"""What can be wrong with a webhook."""

from __future__ import annotations

from typing import Final

from api.problems import Kind

UNKNOWN_WEBHOOK: Final = Kind("unknown_webhook", 404, "Unknown webhook", "list your own with GET /v1/webhooks")
UNKNOWN_EVENT: Final = Kind(
    "unknown_event", 404, "Unknown event", "use the `id` of an event of GET /v1/events that has a position"
)
UNUSABLE_URL: Final = Kind(
    "unusable_url", 422, "Nothing can be sent to this URL",
    "give an https URL of a host on the public internet, without user and password",
)  # fmt: skip
TOO_MANY_WEBHOOKS: Final = Kind(
    "too_many_webhooks", 409, "An account has so many webhooks and no more", "delete one that you do not need"
)
WEBHOOKS_OFF: Final = Kind(
    "webhooks_off", 503, "This service sends no webhooks", "the operator must set COVENANT_WEBHOOK_KEY_FILE"
)
