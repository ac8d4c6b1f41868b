"""List oracle feeds and what is thought of their health, or the rounds of one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Annotated

import typer
from eth_utils.address import to_checksum_address
from rich.console import Console

from oracles.judging import Judged, judge_feeds
from orchestrator.alerts import Alerts
from orchestrator.db.migrate import require_current_schema
from orchestrator.db.session import open_engine, sessions_of
from orchestrator.metrics import Metrics
from scripts.cli._api import AsJson, Body, Limit, ask, instant, show, write_table
from scripts.cli._settings import settings_of_service

app = typer.Typer(no_args_is_help=True)


@app.command("list")
def list_feeds(as_json: AsJson = False) -> None:
    """List every feed that is followed."""
    show(ask("/v1/feeds"), as_json, _write_list)


@app.command("rounds")
def list_rounds(
    feed: Annotated[str, typer.Argument(help="the feed's address")], limit: Limit = 50, as_json: AsJson = False
) -> None:
    """List the rounds of a feed, the newest first."""
    show(ask(f"/v1/feeds/{feed}/rounds", limit=limit), as_json, _write_rounds)


@app.command()
def judge(as_json: AsJson = False) -> None:
    """Judge every feed now, at the mirror's block, as the worker does every few seconds; needs the database only."""
    settings = settings_of_service()
    chain_id, database_url = settings.require_chain_id(), settings.require_database_url()
    judged = asyncio.run(_judge(database_url, chain_id))
    show({"items": [_facts_of(one) for one in judged]}, as_json, _write_judged)


def _facts_of(judged: Judged) -> Body:
    judgement = judged.judgement
    return {
        "pair": judged.pair,
        "address": to_checksum_address(judged.address),
        "status": judgement.status.value,
        "reason": judgement.reason,
        "round_id": None if judgement.round_id is None else str(judgement.round_id),
        "age_s": judgement.age_s,
    }


async def _judge(database_url: str, chain_id: int) -> Sequence[Judged]:
    engine = open_engine(database_url, process="cli")
    try:
        await require_current_schema(engine)
        return await judge_feeds(engine, chain_id, Alerts(sessions_of(engine), Metrics()))
    finally:
        await engine.dispose()


def _write_judged(console: Console, body: Body) -> None:
    for one in body["items"]:
        console.print(f"{one['pair']:<12}{one['status']:<14}{one['reason']}", markup=False)
    if not body["items"]:
        console.print("nothing")


def _write_list(console: Console, body: Body) -> None:
    rows = [
        (
            feed["pair"],
            feed["status"],
            feed["newest"]["decimal"] if feed["newest"] else "",
            "" if feed["age_s"] is None else f"{feed['age_s']} s",
            feed["reason"],
            feed["address"],
        )
        for feed in body["items"]
    ]
    write_table(console, body, ("pair", "status", "answer", "age", "why", "address"), rows)


def _write_rounds(console: Console, body: Body) -> None:
    rows = [
        (
            one["round_id"],
            one["decimal"],
            instant(one["updated_at"]),
            f"{one['log']['block_number']} {one['log']['finality']}",
        )
        for one in body["items"]
    ]
    write_table(console, body, ("round", "answer", "updated", "block"), rows)
