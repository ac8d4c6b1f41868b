"""Show where the mirror of a chain stands, who writes it, and what waits."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console

from orchestrator.mirror.status import MirrorStatus, mirror_status
from scripts.cli._api import AsJson, Body, show
from scripts.cli._mirror import mirror_database
from scripts.cli._settings import settings_of_service

app = typer.Typer()


@app.command()
def status(as_json: AsJson = False) -> None:
    """Show where the mirror of a chain stands, who writes it, and what waits."""
    settings = settings_of_service()
    chain_id, database_url = settings.require_chain_id(), settings.require_database_url()
    show(_body(chain_id, asyncio.run(_read(database_url, chain_id))), as_json, _write)


async def _read(database_url: str, chain_id: int) -> MirrorStatus:
    async with mirror_database(database_url) as engine, engine.connect() as connection:
        return await mirror_status(connection, chain_id)


def _body(chain_id: int, found: MirrorStatus) -> Body:
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
        "unsequenced": found.unsequenced,
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
    if body["unsequenced"]:
        console.print(f"{body['unsequenced']} events wait for their position")
    if body["reconciled"]:
        verdict = "equal to the chain" if body["reconciled"]["equal"] else "[red]different from the chain[/red]"
        console.print(f"last compared at block {body['reconciled']['block_number']}: {verdict}")
