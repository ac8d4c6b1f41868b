"""List credit lines, or show one with what it owes and how healthy it is."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from scripts.cli._api import AsJson, Body, Limit, amount, as_of, ask, instant, percent, show, write_table

app = typer.Typer(no_args_is_help=True)

LineId = Annotated[int, typer.Argument(min=1, help="the line's id")]


@app.command("list")
def list_lines(
    borrower: Annotated[str | None, typer.Option(help="lines of this borrower")] = None,
    lender: Annotated[str | None, typer.Option(help="lines that this account lent")] = None,
    holder: Annotated[str | None, typer.Option(help="lines whose NFT this account holds")] = None,
    status: Annotated[str | None, typer.Option(help="current, due, past_due, default, closed or written_off")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List lines by id."""
    body = ask("/v1/lines", borrower=borrower, lender=lender, holder=holder, status=status, limit=limit)
    show(body, as_json, _write_list)


@app.command("show")
def show_line(
    line_id: LineId,
    at: Annotated[int | None, typer.Option(min=0, help="seconds since 1970 to look at it at")] = None,
    price_e36: Annotated[str | None, typer.Option("--price-e36", help="a price to judge its health at")] = None,
    as_json: AsJson = False,
) -> None:
    """Show one line: what is owed, how healthy it is, what comes next."""
    show(ask(f"/v1/lines/{line_id}", at=at, price_e36=price_e36), as_json, _write_line)


@app.command("schedule")
def show_schedule(line_id: LineId, limit: Limit = 24, as_json: AsJson = False) -> None:
    """List the bills to come, each paid when it is due."""
    show(ask(f"/v1/lines/{line_id}/schedule", limit=min(limit, 120)), as_json, _write_schedule)


@app.command("mandates")
def list_mandates(line_id: LineId, as_json: AsJson = False) -> None:
    """List the mandates on a line, and when each would fire."""
    show(ask(f"/v1/lines/{line_id}/mandates"), as_json, _write_mandates)


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            str(line["line_id"]),
            line["market"]["name"],
            line["status"],
            amount(line["owed"]["debt"]),
            amount(line["owed"]["due"]),
            amount(line["balances"]["collateral"]),
            instant(line["owed"]["next_due_at"]),
            line["borrower"],
        )
        for line in body["items"]
    ]
    write_table(console, body, ("line", "market", "status", "debt", "due", "collateral", "next due", "borrower"), rows)


def _write_line(console: Console, body: Body) -> None:
    owed, balances, health = body["owed"], body["balances"], body["health"]
    price, threshold = health["price"], health["unhealthy_at_or_below"]
    liquidated_above = body["terms"]["liquidation_ltv_bps"]
    told = {
        "status": body["status"] + (", terminated" if body["terminated"] else ""),
        "borrower": body["borrower"],
        "holder": body["holder"] or "nobody: the NFT is burned",
        "drawn": f"{amount(balances['principal'])}, undrawn {amount(balances['undrawn'])}",
        "owed": f"{amount(owed['debt'])}, of which due {amount(owed['due'])}",
        "next due": instant(owed["next_due_at"]),
        "in default": instant(owed["defaults_at"]),
        "collateral": f"{amount(balances['collateral'])}, reserve {amount(balances['reserve'])}",
        "to claim": f"{amount(balances['claim_loan'])}, {amount(balances['claim_collateral'])}",
        "price": price["decimal"] if price else f"none: {health['price_unavailable']}",
        "debt over value": f"{percent(health['ltv_bps'])}, liquidated above {percent(liquidated_above)}",
        "unhealthy at": f"{threshold['decimal']} or below" if threshold else "no price",
    }
    console.print(f"line {body['line_id']} of {body['market']['name']}, {instant(body['at'])}", style="bold")
    for name, value in told.items():
        console.print(f"{name:<16}{value}", markup=False)
    console.print(as_of(body), style="dim")


def _write_schedule(console: Console, body: Body) -> None:
    rows = [
        (instant(bill["due_at"]), amount(bill["amount"]), amount(bill["charges"]), amount(bill["principal"]))
        for bill in body["bills"]
    ]
    write_table(console, body, ("due", "amount", "charges", "principal"), rows)


def _write_mandates(console: Console, body: Body) -> None:
    rows = [
        (
            mandate["mandate_hash"][:10] + "…",
            mandate["kind"],
            mandate["paid_from"],
            str(mandate["state"]["fires"]),
            amount(mandate["state"]["cap_left"]),
            _when(mandate["outlook"]),
        )
        for mandate in body["items"]
    ]
    write_table(console, body, ("mandate", "kind", "pays from", "fired", "left of its cap", "fires"), rows)


def _when(outlook: Body | None) -> str:
    if outlook is None:
        return "not known"
    if outlook["fires_now"]:
        return f"now: {amount(outlook['pays'])}"
    if outlook["at_or_below_price"]:
        return f"at {outlook['at_or_below_price']['decimal']} or below"
    if outlook["due_at"]:
        return instant(outlook["due_at"])
    return f"not now: {outlook['why_not']}"
