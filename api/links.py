"""Where to go from an answer: OpenAPI links, for people who read the document and programs that walk by it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Link:
    """``parameter`` of each of ``targets`` is what ``pointer`` finds in the answer of ``source`` with ``status``."""

    source: str
    status: str
    pointer: str
    parameter: str
    targets: tuple[str, ...]


_WEBHOOK: Final = (
    "get_webhook", "change_webhook", "rotate_webhook_secret", "send_test", "replay_webhook", "redeliver_event",
    "list_deliveries", "delete_webhook",
)  # fmt: skip
_LINE: Final = ("get_line", "get_schedule", "list_history", "list_payments", "list_mandates", "get_note")

LINKS: Final = (
    Link("list_lines", "200", "/items/0/line_id", "line_id", _LINE),
    Link("list_offers", "200", "/items/0/offer_hash", "offer_hash", ("get_offer",)),
    Link("post_signed_offer", "201", "/offer_hash", "offer_hash", ("get_offer",)),
    Link("list_triggers", "200", "/items/0/id", "trigger_id", ("get_trigger",)),
    Link("list_transactions", "200", "/items/0/id", "transaction_id", ("get_transaction",)),
    Link("list_feeds", "200", "/items/0/address", "address", ("get_feed", "list_rounds")),
    Link("list_reconciliations", "200", "/items/0/id", "reconciliation_id", ("get_reconciliation",)),
    Link("submit_transaction", "202", "/id", "submission_id", ("get_submission",)),
    Link("create_api_key", "201", "/id", "key_id", ("revoke_api_key",)),
    Link("create_webhook", "201", "/id", "webhook_id", _WEBHOOK),
)


def add_links(operations: dict[str, dict[str, Any]]) -> None:
    """Writes the links into ``operations``, which are those of the document by their ids."""
    for link in LINKS:
        response = operations[link.source]["responses"][link.status]
        for target in link.targets:
            response.setdefault("links", {})[target] = {
                "operationId": target,
                "parameters": {link.parameter: f"$response.body#{link.pointer}"},
            }
