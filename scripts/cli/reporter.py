"""Show how a feed's reporters are doing: what the chain has of them, and what each says of itself."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import httpx
import typer
from eth_typing import ChecksumAddress
from rich.console import Console

from oracles.reporting.declaration import ReporterDeclared, read_declaration
from oracles.reporting.endpoint import HEALTH_PATH
from oracles.reporting.feed import OnChainFeed
from oracles.reporting.observation import FeedId
from orchestrator.chain.reader import ChainReader
from orchestrator.chain.rpc import JsonRpc
from orchestrator.settings import load_settings
from scripts.cli._api import Body, show

app = typer.Typer(no_args_is_help=True)

PATIENCE_S = 5.0
LONGEST_SAID = 300
"""Characters: what a peer says is its own word."""


@app.callback()
def noun() -> None:
    """Reporters of an AttestedFeed."""


@app.command()
def status(
    file: Annotated[Path | None, typer.Option(help="a reporter's TOML file; COVENANT_REPORTER if left away")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the facts as JSON")] = False,
) -> None:
    """Ask the chain for the feed's newest round, and each reporter in the file whether it works."""
    settings = load_settings()
    declared = read_declaration(file or settings.require_reporter())
    show(asyncio.run(_status(declared, settings.require_rpc_urls()[0])), as_json, _write)


async def _status(declared: ReporterDeclared, rpc_url: str) -> Body:
    rpc = JsonRpc(rpc_url)
    try:
        await ChainReader(rpc).require_chain_id(declared.chain_id)
        feed = OnChainFeed(rpc, FeedId(declared.chain_id, declared.feed))
        make_up, state = await feed.make_up(), await feed.state()
        async with httpx.AsyncClient(timeout=PATIENCE_S) as client:
            asked = [_ask(client, reporter, declared.peers.get(reporter)) for reporter in make_up.reporters]
            peers = await asyncio.gather(*asked)
    finally:
        await rpc.aclose()
    return {
        "feed": declared.feed,
        "round_id": str(state.round_id),
        "answer": str(state.answer),
        "decimals": make_up.decimals,
        "age_s": state.now - state.updated_at if state.round_id else None,
        "heartbeat_s": declared.heartbeat_s,
        "quorum": make_up.quorum,
        "works": sum(peer["works"] for peer in peers),
        "peers": peers,
    }


async def _ask(client: httpx.AsyncClient, reporter: ChecksumAddress, url: str | None) -> Body:
    works, says = False, "has no URL in this file"
    if url is not None:
        try:
            body = (await client.get(f"{url}{HEALTH_PATH}")).json()
            works = body["works"] is True and body["reporter"] == reporter
            says = "works" if works else _plain(body["why_not"] or f"is {body['reporter']}")
        except httpx.HTTPError as error:
            says = f"cannot be reached: {type(error).__name__}"
        except (ValueError, KeyError, TypeError):
            says = "what answers there is no reporter"
    return {"reporter": reporter, "url": url, "works": works, "says": says}


def _plain(said: object) -> str:
    """Nothing that would steer a terminal."""
    return "".join(one for one in str(said)[:LONGEST_SAID] if one.isprintable())


def _write(console: Console, body: Body) -> None:
    if body["age_s"] is None:
        console.print(f"{body['feed']} has no round yet")
    else:
        answer = f"{body['answer']} with {body['decimals']} decimals"
        age = f"{body['age_s']} s old, of a heartbeat of {body['heartbeat_s']} s"
        console.print(f"{body['feed']}: round {body['round_id']}: {answer}, {age}")
    console.print(f"{body['works']} of {len(body['peers'])} reporters work; a round needs {body['quorum']}")
    for peer in body["peers"]:
        console.print(f"{peer['reporter']}  {peer['says']}", markup=False)
