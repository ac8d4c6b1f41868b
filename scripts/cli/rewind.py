"""Take the mirror back to a block, so that it reads the chain again from there."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer
from rich.console import Console

from orchestrator.mirror.rewind import rewind_cursor
from scripts.cli._api import AsJson, Body, show
from scripts.cli._mirror import mirror_database
from scripts.cli._settings import settings_of_service

app = typer.Typer()


@app.command()
def rewind(
    block: Annotated[int, typer.Argument(min=0, help="the last block to keep")],
    yes: Annotated[bool, typer.Option("--yes", help="don't ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Take the mirror back to a block, so that it reads the chain again from there.

    Whoever was told of later events is told that they are taken back, and then told of them anew.
    """
    settings = settings_of_service()
    chain_id, database_url = settings.require_chain_id(), settings.require_database_url()
    if not yes:
        typer.confirm(f"Take back everything after block {block} of chain {chain_id} and read it again?", abort=True)
    undone = asyncio.run(_rewind(database_url, chain_id, block))
    show({"chain_id": chain_id, "block_number": block, "blocks_undone": undone}, as_json, _write)


async def _rewind(database_url: str, chain_id: int, block: int) -> int:
    async with mirror_database(database_url) as engine, engine.begin() as connection:
        return await rewind_cursor(connection, chain_id, block)


def _write(console: Console, body: Body) -> None:
    console.print(f"{body['blocks_undone']} blocks taken back; the indexer reads on from block {body['block_number']}")
