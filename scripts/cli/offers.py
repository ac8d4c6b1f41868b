"""List signed offers, or show one, with what can still be opened under it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from scripts.cli._api import AsJson, Body, Limit, amount, as_of, ask, instant, percent, show, write_table

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_offers(
    lender: Annotated[str | None, typer.Option(help="offers of this lender")] = None,
    borrower: Annotated[str | None, typer.Option(help="offers that this account may take")] = None,
    fillable: Annotated[bool, typer.Option("--fillable", help="only those that can be taken now")] = False,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List offers, the newest first."""
    body = ask("/v1/offers", lender=lender, borrower=borrower, fillable=fillable or None, limit=limit)
    show(body, as_json, _write_list)


@app.command("show")
def show_offer(offer_hash: Annotated[str, typer.Argument(help="the offer's hash")], as_json: AsJson = False) -> None:
    """Show one offer with all its terms."""
    show(ask(f"/v1/offers/{offer_hash}"), as_json, _write_offer)


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            offer["offer_hash"][:10] + "…",
            amount(offer["fillable"]["at_most"]),
            percent(int(offer["offer"]["aprBps"])),
            f"{offer['offer']['termHours']} h",
            "open" if offer["fillable"]["open"] else offer["fillable"]["why_not"],
            instant(offer["fillable"]["expires_at"]),
            offer["offer"]["lender"],
        )
        for offer in body["items"]
    ]
    write_table(console, body, ("offer", "up to", "APR", "term", "state", "expires", "lender"), rows)


def _write_offer(console: Console, body: Body) -> None:
    fillable = body["fillable"]
    state = "open" if fillable["open"] else f"cannot be filled: {fillable['why_not']}"
    console.print(f"offer {body['offer_hash']}", style="bold")
    console.print(f"{'state':<20}{state}")
    console.print(f"{'can be lent':<20}{amount(fillable['at_most'])}")
    console.print(f"{'expires':<20}{instant(fillable['expires_at'])}")
    for name, value in body["offer"].items():
        console.print(f"{name:<20}{value}", markup=False)
    console.print(as_of(body), style="dim")
