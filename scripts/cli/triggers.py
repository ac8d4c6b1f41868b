"""List triggers, or show why one fired and what became of it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from orchestrator.triggers.states import Action, TriggerStatus
from scripts.cli._api import AsJson, Body, Limit, amount, as_of, ask, instant, show, write_table

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_triggers(
    line: Annotated[int | None, typer.Option(min=1, help="of this line")] = None,
    status: Annotated[TriggerStatus | None, typer.Option(help="with this status")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List triggers, the newest first."""
    body = ask("/v1/triggers", line_id=line, status=status and status.value, limit=limit)
    show(body, as_json, _write_list)


@app.command("show")
def show_trigger(trigger: Annotated[str, typer.Argument(help="the trigger's id")], as_json: AsJson = False) -> None:
    """Show one trigger: what made it fire, at which block and price, and what became of it."""
    show(ask(f"/v1/triggers/{trigger}"), as_json, _write_trigger)


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            instant(one["created_at"]),
            str(one["line_id"]),
            one["action"],
            one["status"],
            _cause(one),
            amount(one["pays"]),
            _latency(one),
            one["error"] or one["why"],
            one["id"],
        )
        for one in body["items"]
    ]
    write_table(
        console, body, ("created", "line", "action", "status", "cause", "pays", "after", "why", "trigger"), rows
    )


def _write_trigger(console: Console, body: Body) -> None:
    told = {
        "status": body["status"] + (f": {body['error']}" if body["error"] else ""),
        "why": body["why"],
        "cause": _cause(body),
        "needed": f"{amount(body['need'])}, pays {amount(body['pays'])}",
        "judged at": _position(body["evaluated"]),
        "action": f"{body['action']}, occurrence {body['occurrence']}, generation {body['generation']}",
        "mandate": body["mandate_hash"] if body["action"] == Action.REPAY else "none: our own keeper does it",
        "transaction": body["transaction_id"] or "none yet",
        "mined": "not yet" if body["mined"] is None else f"{_position(body['mined'])} in {body['tx_hash']}",
        "seen, mined": f"{instant(body['cause_seen_at'])}, {instant(body['mined_at'])} ({_latency(body)})",
    }
    console.print(f"trigger {body['id']} on line {body['line_id']}", style="bold")
    for name, value in told.items():
        console.print(f"{name:<16}{value}", markup=False)
    console.print(as_of(body), style="dim")


def _cause(one: Body) -> str:
    cause = one["cause"]
    if cause["round"] is not None:
        feed = cause["round"]
        return f"{feed['pair'] or feed['feed']} round {int(feed['round_id']) & (2**64 - 1)}"
    return "its registration" if cause["due_at"] is None else f"bill of {instant(cause['due_at'])}"


def _position(position: Body) -> str:
    return f"block {position['block_number']} ({position['finality']})"


def _latency(one: Body) -> str:
    return "" if one["latency_ms"] is None else f"{one['latency_ms'] / 1_000:.1f} s"
