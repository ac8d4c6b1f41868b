"""List triggers, and show why one fired and what became of it."""

from __future__ import annotations

import json
import sys
import uuid
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from api.triggers.repository import Traced, TriggerFilter, TriggerRepository
from orchestrator.chain.book import AddressBook
from orchestrator.errors import CovenantError
from orchestrator.settings import load_settings
from orchestrator.triggers.states import TriggerStatus
from scripts.cli._database import look
from scripts.processes.deployment import load_book

app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print facts as JSON")]


@app.command("list")
def list_triggers(
    line: Annotated[int | None, typer.Option(min=1, help="of this line only")] = None,
    status: Annotated[TriggerStatus | None, typer.Option(help="with this status only")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="how many, the newest first")] = 20,
    as_json: AsJson = False,
) -> None:
    """Lists triggers, the newest first."""
    wanted = TriggerFilter(line_id=line, status=status.value if status else None)
    settings = load_settings()
    book = load_book(settings)
    found = look(settings, lambda session: _repository(session, book).page(wanted, None, limit))
    if as_json:
        sys.stdout.write(json.dumps([facts(traced) for traced in found], indent=2) + "\n")
        return
    table = Table("created", "line", "status", "caused by", "why", "after", "trigger")
    for traced in found:
        row = traced.trigger
        table.add_row(
            f"{row.created_at:%Y-%m-%d %H:%M:%S}",
            str(row.line_id),
            row.status,
            _cause(traced),
            row.error or row.why,
            _latency(traced),
            str(row.id),
        )
    Console(highlight=False).print(table)


@app.command()
def show(trigger_id: Annotated[str, typer.Argument(metavar="TRIGGER")], as_json: AsJson = False) -> None:
    """Shows one trigger: what it is for, why it fired, and what became of it."""
    try:
        wanted = uuid.UUID(trigger_id)
    except ValueError:
        raise CovenantError(f"{trigger_id!r} is no trigger id", "see `covenant triggers list`") from None
    settings = load_settings()
    book = load_book(settings)
    found = look(settings, lambda session: _repository(session, book).find(wanted))
    if found is None:
        raise CovenantError(f"there is no trigger {wanted}", "see `covenant triggers list`")
    shown = facts(found)
    if as_json:
        sys.stdout.write(json.dumps(shown, indent=2) + "\n")
        return
    table = Table(show_header=False, box=None)
    for name, value in shown.items():
        table.add_row(name.replace("_", " "), "-" if value is None else str(value))
    Console(highlight=False).print(table)


def facts(traced: Traced) -> dict[str, Any]:
    """A trigger as JSON; amounts are decimal strings in base units."""
    row, intent = traced.trigger, traced.intent
    return {
        "id": str(row.id),
        "line_id": row.line_id,
        "action": row.action,
        "status": row.status,
        "why": row.why,
        "error": row.error,
        "caused_by": _cause(traced),
        "feed": row.feed,
        "round_id": None if row.round_id is None else str(row.round_id),
        "due_at": row.due_at,
        "price_e36": None if row.price_e36 is None else str(row.price_e36),
        "evaluated_block": row.evaluated_block_number,
        "need": str(row.need),
        "pays": str(row.pays),
        "mandate_hash": row.mandate_hash,
        "occurrence": row.occurrence,
        "generation": row.generation,
        "transaction": None if intent is None else str(intent.id),
        "tx_hash": None if intent is None else intent.mined_tx_hash,
        "mined_block": None if intent is None else intent.mined_block_number,
        "cause_seen_at": row.cause_seen_at.isoformat(),
        "created_at": row.created_at.isoformat(),
        "mined_at": None if intent is None or intent.mined_at is None else intent.mined_at.isoformat(),
        "finished_at": None if row.finished_at is None else row.finished_at.isoformat(),
        "latency_s": latency_s(traced),
    }


def latency_s(traced: Traced) -> float | None:
    """From when the cause was seen to when the repayment was; None until it is mined."""
    if traced.intent is None or traced.intent.mined_at is None:
        return None
    return round((traced.intent.mined_at - traced.trigger.cause_seen_at).total_seconds(), 3)


def _cause(traced: Traced) -> str:
    row = traced.trigger
    if row.due_at is not None:
        return f"bill due at {row.due_at}"
    if row.round_id is None:
        return "its registration"
    name = row.feed if traced.feed is None else traced.feed.pair
    return f"{name} round {row.round_id & (2**64 - 1)}"


def _latency(traced: Traced) -> str:
    seconds = latency_s(traced)
    return "-" if seconds is None else f"{seconds:.1f} s"


def _repository(session: AsyncSession, book: AddressBook) -> TriggerRepository:
    return TriggerRepository(session, book.chain_id, book.vault.lower())
