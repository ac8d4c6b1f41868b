"""Show where the mirror and the engine of a chain stand, what waits, and what keeps us from sending."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import typer
from eth_utils.address import to_checksum_address
from rich.console import Console

from orchestrator.db.session import sessions_of
from orchestrator.mirror.status import MirrorStatus, mirror_status
from orchestrator.transactions.holds import Hold, standing_holds
from orchestrator.transactions.rotation import Standing, standings
from orchestrator.triggers.status import EngineStatus, engine_status
from scripts.cli._api import AsJson, Body, show
from scripts.cli._mirror import mirror_database
from scripts.cli._settings import settings_of_service

app = typer.Typer()


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show where the mirror and the engine of a chain stand, what waits, and what keeps us from sending."""
    settings = settings_of_service()
    chain_id, database_url = settings.require_chain_id(), settings.require_database_url()
    show(asyncio.run(_read(database_url, chain_id)), as_json, _write)


async def _read(database_url: str, chain_id: int) -> Body:
    async with mirror_database(database_url) as engine:
        async with engine.connect() as connection:
            mirror = _mirror(chain_id, await mirror_status(connection, chain_id))
        async with sessions_of(engine)() as session:
            return mirror | {
                "engine": _engine(await engine_status(session, chain_id)),
                "holds": _holds(await standing_holds(session, chain_id)),
                "budgets_spent": _budgets_spent(await standings(session, chain_id)),
            }


def _engine(found: EngineStatus | None) -> Body | None:
    if found is None:
        return None
    return {
        "block_number": found.block_number if found.block_number >= 0 else None,
        "evaluated_at": found.evaluated_at.isoformat(),
        "lines_waiting": found.lines_waiting,
    }


def _holds(holds: Sequence[Hold]) -> list[Body]:
    return [
        {"cause": hold.cause.value, "reason": hold.reason, "placed_at": hold.placed_at.isoformat()} for hold in holds
    ]


def _budgets_spent(signers: Sequence[Standing]) -> list[Body]:
    return [
        {"signer": to_checksum_address(one.address), "until": one.spent_until.isoformat()}
        for one in signers
        if one.spent_until is not None
    ]


def _mirror(chain_id: int, found: MirrorStatus) -> Body:
    position = found.position
    return {
        "chain_id": chain_id,
        "block": {"number": position.at.number, "hash": position.at.hash, "timestamp": position.timestamp},
        "head_number": position.head_number,
        "safe_number": position.safe_number,
        "finalized_number": position.finalized.number,
        "blocks_behind": found.blocks_behind,
        "frozen": position.frozen,
        "updated_at": found.updated_at.isoformat(),
        "writer": found.writer,
        "epoch": found.epoch,
        "quarantined": found.quarantined,
        "reconciled": None
        if found.reconciled_block is None
        else {"block_number": found.reconciled_block, "equal": found.reconciled_equal},
    }


def _write(console: Console, body: Body) -> None:
    block = body["block"]
    console.print(f"chain {body['chain_id']}: at block {block['number']} of {body['head_number']} ({block['hash']})")
    console.print(f"safe {body['safe_number']}, finalized {body['finalized_number']}")
    console.print(f"looked at the chain last at {body['updated_at']}")
    console.print(f"written by {body['writer']}" if body["writer"] else "[red]no indexer writes it now[/red]")
    if body["frozen"]:
        console.print(f"[red]frozen:[/red] {body['frozen']}")
    if body["quarantined"]:
        console.print(f"[red]{body['quarantined']} logs in quarantine[/red]")
    if body["engine"] and body["engine"]["block_number"] is not None:
        console.print(f"triggers evaluated at block {body['engine']['block_number']}")
    else:
        console.print("[red]no engine has evaluated triggers yet[/red]")
    if body["engine"] and body["engine"]["lines_waiting"]:
        console.print(f"the engine has yet to look at {body['engine']['lines_waiting']:,} lines that changed")
    for hold in body["holds"]:
        console.print(f"[red]nothing new is sent:[/red] {hold['cause']}: {hold['reason']} ({hold['placed_at']})")
    for one in body["budgets_spent"]:
        console.print(f"[red]nothing new is sent:[/red] {one['signer']} has spent its gas budget until {one['until']}")
    if body["reconciled"]:
        verdict = "equal to the chain" if body["reconciled"]["equal"] else "[red]different from the chain[/red]"
        console.print(f"last compared at block {body['reconciled']['block_number']}: {verdict}")
