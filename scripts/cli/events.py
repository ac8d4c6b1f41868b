"""List what happened on the chain, in order."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from scripts.cli._api import AsJson, Body, Limit, ask, show, write_table

app = typer.Typer(no_args_is_help=True)


@app.callback()
def events() -> None:
    """What happened on the chain."""


@app.command("list")
def list_events(
    after: Annotated[int, typer.Option(min=0, help="events after this position")] = 0,
    line_id: Annotated[int | None, typer.Option("--line", min=1, help="events of one line")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="events of this kind; may be given again")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List events by position, the oldest first."""
    body = ask("/v1/events", after=after, line_id=line_id, kind=kind or None, limit=limit)
    show(body, as_json, _write_list)


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            str(event["position"]),
            event["kind"],
            str(event["line_id"] or ""),
            f"{event['block_number']} {event['finality']}",
            ", ".join(f"{name} {_short(value)}" for name, value in event["payload"].items()),
        )
        for event in body["items"]
    ]
    write_table(console, body, ("position", "kind", "line", "block", "what"), rows)
    if body["has_more"]:
        console.print(f"more with --after {body['last_position']}", style="dim")


def _short(value: object) -> str:
    text = str(value)
    return f"{text[:10]}…" if len(text) > 24 else text
