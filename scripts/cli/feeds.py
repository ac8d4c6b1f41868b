"""Judge the feeds that we follow: fresh, late, stale, jumped, frozen or out of bounds."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from oracles.judging import Judged, judge_feeds
from orchestrator.alerts import Alerts
from orchestrator.db.migrate import require_current_schema
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.metrics import Metrics
from orchestrator.settings import Settings, load_settings

app = typer.Typer()


@app.command()
def main(as_json: Annotated[bool, typer.Option("--json", help="print facts as JSON")] = False) -> None:
    """Judges every feed at the mirror's block, stores the judgement as the worker does, and lists it."""
    judged = asyncio.run(_judge(load_settings()))
    if as_json:
        facts = [
            {
                "pair": one.pair,
                "address": one.address,
                "status": one.judgement.status.value,
                "reason": one.judgement.reason,
                "round_id": None if one.judgement.round_id is None else str(one.judgement.round_id),
                "age_s": one.judgement.age_s,
            }
            for one in judged
        ]
        sys.stdout.write(json.dumps(facts, indent=2) + "\n")
        return
    table = Table("pair", "status", "why", "feed")
    for one in judged:
        table.add_row(one.pair, one.judgement.status.value.replace("_", " "), one.judgement.reason, one.address)
    Console(highlight=False).print(table)


async def _judge(settings: Settings) -> Sequence[Judged]:
    chain_id = settings.require_chain_id()
    engine = open_engine(settings.require_database_url(), process="cli")
    try:
        await require_current_schema(engine)
        return await judge_feeds(engine, chain_id, Alerts(sessions_of(engine), Metrics()))
    finally:
        await engine.dispose()
