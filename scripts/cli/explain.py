"""Show every fact of a line with the log that it came from."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from eth_utils.address import to_checksum_address
from rich.console import Console

from orchestrator.errors import CovenantError
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.explain import Fact, facts_of_line
from orchestrator.mirror.start import watched_sources
from orchestrator.mirror.watch import Role
from scripts.cli._api import AsJson, Body, show
from scripts.cli._mirror import mirror_database
from scripts.cli._settings import settings_of_service

app = typer.Typer()


@app.command()
def explain(
    line: Annotated[int, typer.Argument(min=1, help="the line's id")],
    vault: Annotated[str | None, typer.Option(help="the vault's address, where more than one is mirrored")] = None,
    as_json: AsJson = False,
) -> None:
    """Show every fact of a line with the log that it came from."""
    settings = settings_of_service()
    chain_id, database_url = settings.require_chain_id(), settings.require_database_url()
    facts = asyncio.run(_explain(database_url, chain_id, vault, line))
    show({"chain_id": chain_id, "line_id": line, "facts": [_body(fact) for fact in facts]}, as_json, _write)


async def _explain(database_url: str, chain_id: int, vault: str | None, line_id: int) -> list[Fact]:
    async with mirror_database(database_url) as engine, engine.connect() as connection:
        sources = await watched_sources(connection, chain_id)
        vaults = [source.address for source in sources if source.role is Role.VAULT]
        if vault is None and len(vaults) > 1:
            raise CovenantError("more than one vault is mirrored", f"choose one with --vault: {', '.join(vaults)}")
        chosen = vault.lower() if vault else next(iter(vaults), None)
        if chosen not in vaults:
            raise CovenantError(f"no vault {vault or ''} is mirrored on chain {chain_id}", "see `covenant status`")
        facts = await facts_of_line(connection, load_codecs(), chain_id, sources, chosen, line_id)
    if not facts:
        raise CovenantError(f"there is no line {line_id} in vault {chosen}", "see `covenant lines list`")
    return facts


def _body(fact: Fact) -> Body:
    return {
        "event": fact.event,
        "contract": fact.contract,
        "address": to_checksum_address(fact.log.address),
        "args": fact.args,
        "block_number": fact.log.block_number,
        "block_hash": fact.log.block_hash,
        "block_timestamp": fact.block_timestamp,
        "log_index": fact.log.log_index,
        "tx_hash": fact.log.tx_hash,
    }


def _write(console: Console, body: Body) -> None:
    for fact in body["facts"]:
        place = f"block {fact['block_number']}, log {fact['log_index']}, {_utc(fact['block_timestamp'])}"
        console.print(f"{fact['event']:<20} {place}  {fact['tx_hash']}", markup=False)
        for name, value in _flat(fact["args"]):
            console.print(f"    {name} = {value}", markup=False)


def _utc(timestamp: int) -> str:
    return f"{datetime.fromtimestamp(timestamp, UTC):%Y-%m-%d %H:%M:%S}"


def _flat(args: Body, prefix: str = "") -> list[tuple[str, object]]:
    """Nested structs with dots in their names."""
    pairs: list[tuple[str, object]] = []
    for name, value in args.items():
        pairs += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(f"{prefix}{name}", value)]
    return pairs
