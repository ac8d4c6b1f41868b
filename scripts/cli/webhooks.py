"""List the webhooks of your key's account and what was sent to them; send events again."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from scripts.cli._api import AsJson, Body, Limit, ask, instant, show, tell

app = typer.Typer(no_args_is_help=True)

Which = Annotated[uuid.UUID, typer.Argument(metavar="WEBHOOK", help="an id of `covenant webhooks list`")]


@app.command("list")
def list_webhooks(as_json: AsJson = False) -> None:
    """List the webhooks, the oldest first, and how far each has got."""
    show(ask("/v1/webhooks"), as_json, _write_list)


@app.command()
def deliveries(webhook: Which, limit: Limit = 50, as_json: AsJson = False) -> None:
    """List what was sent to a webhook and what came of it, the newest first."""
    show(ask(f"/v1/webhooks/{webhook}/deliveries", limit=limit), as_json, _write_deliveries)


@app.command()
def redeliver(
    webhook: Which,
    event: Annotated[uuid.UUID, typer.Argument(help="an id of `covenant events list`, or a message of the deliveries")],
    as_json: AsJson = False,
) -> None:
    """Send one event again, with the id that it had, ahead of those that wait."""
    wanted = tell(f"/v1/webhooks/{webhook}/redeliver", {"event_id": str(event)})
    show(wanted, as_json, lambda console, body: console.print(f"{body['message_id']} will be sent again"))


@app.command()
def replay(
    webhook: Which,
    after: Annotated[int, typer.Option(min=0, help="the position to go on after; 0 sends everything again")],
    as_json: AsJson = False,
) -> None:
    """Go on after another position, also an earlier one."""
    moved = tell(f"/v1/webhooks/{webhook}/replay", {"after": after})
    show(moved, as_json, lambda console, body: console.print(f"{body['url']} goes on after {body['position']}"))


def _write_list(console: Console, body: Body) -> None:
    table = Table("webhook", "url", "kinds", "status", "done with", "failures", box=None, pad_edge=False)
    for webhook in body["items"]:
        kinds = ", ".join(webhook["kinds"]) or "all"
        status = webhook["why_dead"] or webhook["status"]
        table.add_row(webhook["id"], webhook["url"], kinds, status, str(webhook["position"]), str(webhook["failures"]))
    console.print(table if body["items"] else "no webhooks")


def _write_deliveries(console: Console, body: Body) -> None:
    table = Table("message", "position", "asked for", "sent", "came of it", box=None, pad_edge=False)
    for delivery in body["items"]:
        outcome = delivery["error"] or str(delivery["status_code"] or "waits")
        position = "test" if delivery["position"] is None else str(delivery["position"])
        asked_for, sent = instant(delivery["requested_at"]), instant(delivery["attempted_at"])
        table.add_row(delivery["message_id"], position, asked_for, sent, outcome)
    console.print(table if body["items"] else "nothing was sent")
