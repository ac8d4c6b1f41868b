"""List what the sender sends, or show one transaction with all its attempts."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from orchestrator.transactions.states import IntentStatus
from scripts.cli._api import AsJson, Body, Limit, as_of, ask, instant, show, write_table

app = typer.Typer(no_args_is_help=True)

GWEI = 10**9


@app.command("list")
def list_transactions(
    status: Annotated[IntentStatus | None, typer.Option(help="with this status")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List transactions, the newest first."""
    show(ask("/v1/transactions", status=status and status.value, limit=limit), as_json, _write_list)


@app.command("show")
def show_transaction(
    transaction: Annotated[str, typer.Argument(help="the transaction's id")], as_json: AsJson = False
) -> None:
    """Show one transaction: what it is for, where it stands, and every attempt to get it mined."""
    show(ask(f"/v1/transactions/{transaction}"), as_json, _write_transaction)


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            instant(one["created_at"]),
            one["status"],
            "" if one["nonce"] is None else str(one["nonce"]),
            str(len(one["attempts"])),
            one["description"] + (f": {one['error']}" if one["error"] else ""),
            _position(one["mined"]),
            one["id"],
        )
        for one in body["items"]
    ]
    write_table(console, body, ("created", "status", "nonce", "attempts", "what", "block", "transaction"), rows)


def _write_transaction(console: Console, body: Body) -> None:
    told = {
        "what": body["description"],
        "status": body["status"] + (f": {body['error']} ({body['error_kind']})" if body["error"] else ""),
        "signer": "none yet" if body["signer"] is None else f"{body['signer']}, nonce {body['nonce']}",
        "to": body["to"],
        "gas": f"limit {body['gas_limit']}, used {body['gas_used']}",
        "block": _position(body["mined"]) or "not yet",
        "times": f"created {instant(body['created_at'])}, mined {instant(body['mined_at'])}",
        "triggers": ", ".join(body["trigger_ids"]) or "none",
    }
    console.print(f"transaction {body['id']}", style="bold")
    for name, value in told.items():
        console.print(f"{name:<16}{value}", markup=False)
    for attempt in body["attempts"]:
        fees = f"{_gwei(attempt['max_fee_per_gas_wei'])} gwei, tip {_gwei(attempt['max_priority_fee_per_gas_wei'])}"
        sent = f"sent {attempt['broadcast_count']} times"
        console.print(f"attempt {attempt['number']:<8}{attempt['tx_hash']} at {fees}, {sent}", markup=False)
    console.print(as_of(body), style="dim")


def _position(position: Body | None) -> str:
    return "" if position is None else f"{position['block_number']} {position['finality']}"


def _gwei(wei: str) -> str:
    return f"{int(wei) / GWEI:.9f}".rstrip("0").rstrip(".")
