"""List oracle feeds and what is thought of their health, or the rounds of one."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from scripts.cli._api import AsJson, Body, Limit, ask, instant, show, write_table

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_feeds(as_json: AsJson = False) -> None:
    """List every feed that is followed."""
    show(ask("/v1/feeds"), as_json, _write_list)


@app.command("rounds")
def list_rounds(
    feed: Annotated[str, typer.Argument(help="the feed's address")], limit: Limit = 50, as_json: AsJson = False
) -> None:
    """List the rounds of a feed, the newest first."""
    show(ask(f"/v1/feeds/{feed}/rounds", limit=limit), as_json, _write_rounds)


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            feed["pair"],
            feed["status"],
            feed["newest"]["decimal"] if feed["newest"] else "",
            "" if feed["age_s"] is None else f"{feed['age_s']} s",
            feed["reason"],
            feed["address"],
        )
        for feed in body["items"]
    ]
    write_table(console, body, ("pair", "status", "answer", "age", "why", "address"), rows)


def _write_rounds(console: Console, body: Body) -> None:
    rows = [
        (
            one["round_id"],
            one["decimal"],
            instant(one["updated_at"]),
            f"{one['log']['block_number']} {one['log']['finality']}",
        )
        for one in body["items"]
    ]
    write_table(console, body, ("round", "answer", "updated", "block"), rows)
