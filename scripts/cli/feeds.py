"""List oracle feeds and what is thought of their health, read any feed, or judge a file of rounds."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from eth_utils.address import to_checksum_address
from rich.console import Console

from oracles.chainlink.directory import policy_of, read_directory
from oracles.chainlink.reading import FeedReading, read_feed
from oracles.health import DEFAULT_MARGIN_S, FeedPolicy, FeedStatus
from oracles.health import judge as judge_rounds
from oracles.history import PastRound, count_by_status, judge_each
from oracles.judging import Judged, Policies, judge_feeds, read_policies
from oracles.rounds import RoundsFile, read_rounds
from orchestrator.alerts import Alerts
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.db.schema import require_current_schema
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
    policies = read_policies(settings.covenant_feed_directory)
    judged = asyncio.run(_judge(database_url, chain_id, policies))
    show({"items": [_facts_of(one) for one in judged]}, as_json, _write_judged)


@app.command()
def read(
    feed: Annotated[str, typer.Argument(help="the address of any Chainlink-shaped feed")],
    directory: Annotated[Path | None, typer.Option(help="Chainlink's directory of feeds, as JSON")] = None,
    heartbeat_s: Annotated[int, typer.Option(min=1, help="where no directory says it")] = 3_600,
    fact: Annotated[bool, typer.Option("--fact", help="it is no price: zero and below are answers too")] = False,
    as_json: AsJson = False,
) -> None:
    """Read a feed at the newest block of RPC_URL's chain and judge its newest round; needs no mirror."""
    known = None if directory is None else read_directory(directory).at(feed)
    undeclared = FeedPolicy.of_fact if fact else FeedPolicy
    policy = undeclared(heartbeat_s=heartbeat_s) if known is None else policy_of(known)
    reading = asyncio.run(_read(settings_of_service().require_rpc_urls()[0], feed))
    judgement = judge_rounds([reading.newest], policy, reading.now)
    body = {
        "feed": reading.feed,
        "name": None if known is None else known.name,
        "decimals": reading.decimals,
        "aggregator": reading.aggregator,
        "phase": reading.phase,
        "round_id": str(reading.newest.round_id),
        "aggregator_round": str(reading.aggregator_round),
        "answer": str(reading.newest.answer),
        "updated_at": reading.newest.updated_at,
        "block_number": reading.block_number,
        "status": judgement.status.value,
        "reason": judgement.reason,
    }
    show(body, as_json, _write_reading)


async def _read(rpc_url: str, feed: str) -> FeedReading:
    rpc = JsonRpc(rpc_url)
    try:
        return await read_feed(ChainReader(rpc), feed)
    finally:
        await rpc.aclose()


def _write_reading(console: Console, body: Body) -> None:
    console.print(f"{body['name'] or body['feed']}: {body['status']}: {body['reason']}", markup=False)
    console.print(f"answer {body['answer']} with {body['decimals']} decimals, of {body['updated_at']}")
    behind = f"round {body['aggregator_round']} of {body['aggregator']}, phase {body['phase']}"
    console.print(f"{behind}, at block {body['block_number']}", style="dim")


@app.command()
def history(
    rounds: Annotated[Path, typer.Argument(help="a CSV of rounds, in one of the forms that `covenant replay` knows")],
    directory: Annotated[
        Path | None, typer.Option(help="Chainlink's directory of feeds, as JSON: heartbeat, deviation, bounds")
    ] = None,
    feed: Annotated[str, typer.Option(help="with --directory: the feed's path, name or proxy address")] = "eth-usd",
    heartbeat_s: Annotated[int, typer.Option(min=1, help="without --directory: what the feed promises")] = 3_600,
    margin_s: Annotated[int, typer.Option(min=0, help="how much later than the heartbeat is late and not stale")] = (
        DEFAULT_MARGIN_S
    ),
    as_json: AsJson = False,
) -> None:
    """Judge every round of a file in the second in which the next one came; rows that are no rounds are told."""
    if directory is None:
        policy = FeedPolicy(heartbeat_s=heartbeat_s, margin_s=margin_s)
    else:
        policy = policy_of(read_directory(directory).find(feed), margin_s)
    file = read_rounds(rounds, skip_refused=True)
    show(_history_facts(file, tuple(judge_each(file.rounds, policy)), policy), as_json, _write_history)


def _history_facts(file: RoundsFile, past: Sequence[PastRound], policy: FeedPolicy) -> Body:
    remarkable = [one for one in past if one.judgement.status not in (FeedStatus.FRESH, FeedStatus.LATE)]
    return {
        "rows": len(file.rounds) + len(file.refused),
        "refused": [{"line": row.line, "reason": row.reason} for row in file.refused],
        "heartbeat_s": policy.heartbeat_s,
        "margin_s": policy.margin_s,
        "longest_gap_s": max((one.newest_for_s or 0 for one in past), default=0),
        "rounds": {status.value: count for status, count in count_by_status(past).items()},
        "remarkable": [
            {
                "round_id": str(one.round.round_id),
                "answer": str(one.round.answer),
                "updated_at": one.round.updated_at,
                "status": one.judgement.status.value,
                "reason": one.judgement.reason,
            }
            for one in remarkable
        ],
    }


def _write_history(console: Console, body: Body) -> None:
    console.print(f"{body['rows']} rows, heartbeat {body['heartbeat_s']} s and margin {body['margin_s']} s")
    for status, count in body["rounds"].items():
        if count:
            console.print(f"{count:>8} {status}")
    for row in body["refused"]:
        console.print(f"refused: line {row['line']}: {row['reason']}", markup=False)
    for one in body["remarkable"]:
        console.print(f"round {one['round_id']} at {one['updated_at']}: {one['status']}: {one['reason']}", markup=False)
    console.print(f"longest gap {body['longest_gap_s']} s", style="dim")


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


async def _judge(database_url: str, chain_id: int, policies: Policies) -> Sequence[Judged]:
    engine = open_engine(database_url, process="cli")
    try:
        await require_current_schema(engine)
        return await judge_feeds(engine, chain_id, Alerts(sessions_of(engine), Metrics()), policies)
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
