"""Mirror the chain again from nothing, aside, and swap in what differs; the indexer and the API stay up."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer
from rich.console import Console

from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.db.session import sessions_of
from orchestrator.metrics import Metrics
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.reindex import Reindexed, reindex
from orchestrator.settings import Settings
from scripts.cli._api import AsJson, Body, show
from scripts.cli._settings import settings_of_service
from scripts.processes.deployment import open_deployment

app = typer.Typer()


@app.command("reindex")
def reindex_command(as_json: AsJson = False) -> None:
    """Mirror the chain again from nothing, aside, and swap in what differs; the indexer and the API stay up."""
    done = asyncio.run(_reindex(settings_of_service()))
    body = {"block": asdict(done.block), "digest": done.digest, "replaced": list(done.replaced)}
    show({"chain_id": done.chain_id, **body}, as_json, _write)


async def _reindex(settings: Settings) -> Reindexed:
    async with open_deployment(settings, "cli") as deployment:
        return await reindex(
            deployment.engine,
            deployment.database_url,
            ChainReader(deployment.rpcs[0]),
            Alerts(sessions_of(deployment.engine), Metrics()),
            deployment.chain_id,
            load_codecs(),
        )


def _write(console: Console, body: Body) -> None:
    console.print(f"chain {body['chain_id']} mirrored again up to block {body['block']['number']}")
    if body["replaced"]:
        console.print(f"[red]replaced, since they differed:[/red] {', '.join(body['replaced'])}")
    else:
        console.print("every row was right")
    console.print(f"digest {body['digest']}")
