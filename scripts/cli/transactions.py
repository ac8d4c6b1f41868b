"""List what the sender sends, and show one transaction with all its attempts."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.transactions.repository import Sent, TransactionRepository
from orchestrator.errors import CovenantError
from orchestrator.settings import load_settings
from orchestrator.transactions.states import IntentStatus
from scripts.cli._database import look

app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print facts as JSON")]


@app.command("list")
def list_transactions(
    status: Annotated[IntentStatus | None, typer.Option(help="with this status only")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="how many, the newest first")] = 20,
    as_json: AsJson = False,
) -> None:
    """Lists transactions, the newest first."""
    settings = load_settings()
    chain_id, wanted = settings.require_chain_id(), status.value if status else None
    found = look(settings, lambda session: TransactionRepository(session, chain_id).page(wanted, None, limit))
    if as_json:
        sys.stdout.write(json.dumps([facts(sent) for sent in found], indent=2) + "\n")
        return
    table = Table("created", "status", "nonce", "attempts", "what", "block", "transaction")
    for sent in found:
        intent = sent.intent
        table.add_row(
            f"{intent.created_at:%Y-%m-%d %H:%M:%S}",
            intent.status,
            _shown(intent.nonce),
            str(len(sent.attempts)),
            intent.description if intent.error is None else f"{intent.description}; {intent.error}",
            _shown(intent.mined_block_number),
            str(intent.id),
        )
    Console(highlight=False).print(table)


@app.command()
def show(transaction_id: Annotated[str, typer.Argument(metavar="TRANSACTION")], as_json: AsJson = False) -> None:
    """Shows one transaction: what it is for, where it stands, and every attempt to get it mined."""
    try:
        wanted = uuid.UUID(transaction_id)
    except ValueError:
        raise CovenantError(f"{transaction_id!r} is no transaction id", "see `covenant transactions list`") from None
    settings = load_settings()
    chain_id = settings.require_chain_id()
    found = look(settings, lambda session: TransactionRepository(session, chain_id).find(wanted))
    if found is None:
        raise CovenantError(f"there is no transaction {wanted}", "see `covenant transactions list`")
    shown = facts(found)
    if as_json:
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
        return
    console = Console(highlight=False)
    table = Table(show_header=False, box=None)
    for name, value in shown.items():
        if name != "attempts":
            table.add_row(name.replace("_", " "), _shown(value))
    console.print(table)
    attempts = Table("attempt", "hash", "fee per gas", "tip", "signed", "broadcast", title="attempts")
    for attempt in shown["attempts"]:
        attempts.add_row(
            str(attempt["number"]) + (" (cancels)" if attempt["cancels"] else ""),
            attempt["tx_hash"],
            attempt["max_fee_per_gas_wei"],
            attempt["max_priority_fee_per_gas_wei"],
            attempt["signed_at"],
            f"{attempt['broadcast_count']} times",
        )
    console.print(attempts)


def facts(sent: Sent) -> dict[str, Any]:
    """A transaction as JSON; amounts are decimal strings in wei."""
    intent = sent.intent
    return {
        "id": str(intent.id),
        "description": intent.description,
        "status": intent.status,
        "error_kind": intent.error_kind,
        "error": intent.error,
        "signer": intent.signer,
        "nonce": intent.nonce,
        "to": intent.to_address,
        "value_wei": str(intent.value_wei),
        "gas_limit": intent.gas_limit,
        "gas_used": intent.gas_used,
        "tx_hash": intent.mined_tx_hash,
        "block": intent.mined_block_number,
        "created_at": intent.created_at.isoformat(),
        "mined_at": None if intent.mined_at is None else intent.mined_at.isoformat(),
        "finished_at": None if intent.finished_at is None else intent.finished_at.isoformat(),
        "triggers": [str(trigger_id) for trigger_id in sent.trigger_ids],
        "attempts": [
            {
                "number": attempt.number,
                "tx_hash": attempt.tx_hash,
                "max_fee_per_gas_wei": str(attempt.max_fee_per_gas_wei),
                "max_priority_fee_per_gas_wei": str(attempt.max_priority_fee_per_gas_wei),
                "cancels": attempt.cancels,
                "signed_at": attempt.signed_at.isoformat(),
                "broadcast_at": None if attempt.broadcast_at is None else attempt.broadcast_at.isoformat(),
                "broadcast_count": attempt.broadcast_count,
            }
            for attempt in sent.attempts
        ],
    }


def _shown(value: object) -> str:
    return "-" if value is None or value == [] else str(value)
