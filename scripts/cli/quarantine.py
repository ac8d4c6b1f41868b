"""Show the logs that could not be mirrored, and try them again."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.alerts import Alerts
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.batch import Projector
from orchestrator.mirror.cursor import require_position
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.gaps import resolve_closed_gap
from orchestrator.mirror.quarantine import quarantine_alert, quarantined_logs, retry_quarantined
from orchestrator.mirror.start import watched_sources
from orchestrator.mirror.watch import Watch
from scripts.cli._api import AsJson, Body, show
from scripts.cli._mirror import mirror_database
from scripts.cli._settings import settings_of_service

app = typer.Typer()


@app.command()
def quarantine(
    retry: Annotated[bool, typer.Option("--retry", help="first take in what this version can read")] = False,
    as_json: AsJson = False,
) -> None:
    """Show the logs that could not be mirrored, and why; exit 1 while there are any.

    The indexer tries them when it starts. With --retry they are tried now, while it runs.
    """
    settings = settings_of_service()
    body = asyncio.run(_quarantine(settings.require_database_url(), settings.require_chain_id(), retry))
    show(body, as_json, _write)
    if body["items"]:
        raise typer.Exit(1)


async def _quarantine(database_url: str, chain_id: int, retry: bool) -> Body:
    async with mirror_database(database_url) as engine:
        taken_in = await _retry(engine, chain_id) if retry else 0
        async with engine.connect() as connection:
            await require_position(connection, chain_id)
            items = [asdict(log) for log in await quarantined_logs(connection, chain_id)]
        alerts = Alerts(sessions_of(engine), Metrics())
        if retry and not items:
            await alerts.resolve(quarantine_alert(chain_id))
        if taken_in:
            await resolve_closed_gap(engine, alerts, chain_id)
    return {"chain_id": chain_id, "taken_in": taken_in, "items": items}


async def _retry(engine: AsyncEngine, chain_id: int) -> int:
    async with engine.begin() as connection:
        await require_position(connection, chain_id, lock=True)  # the indexer's next commit waits
        watch = Watch(await watched_sources(connection, chain_id))
        return await retry_quarantined(connection, Projector(chain_id, watch, load_codecs()))


def _write(console: Console, body: Body) -> None:
    if body["taken_in"]:
        console.print(f"{body['taken_in']} logs taken in")
    for item in body["items"]:
        console.print(f"block {item['block_number']}, log {item['log_index']} of {item['address']}", markup=False)
        console.print(f"    {item['reason']}", markup=False)
        console.print(f"    transaction {item['tx_hash']}", markup=False)
    if not body["items"]:
        console.print("nothing is in quarantine")
