"""Compare every mirrored fact with the chain, at the mirror's block; exit 1 if anything differs."""

from __future__ import annotations

import asyncio
from dataclasses import asdict

import typer
from rich.console import Console

from orchestrator.chain.reader import ChainReader
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.reconcile import Report, reconcile, vaults_of
from orchestrator.settings import Settings
from scripts.cli._api import AsJson, Body, show
from scripts.cli._settings import settings_of_service
from scripts.processes.deployment import open_deployment

app = typer.Typer()


@app.command("reconcile")
def reconcile_command(as_json: AsJson = False) -> None:
    """Compare every mirrored fact with the chain, at the mirror's block; exit 1 if anything differs."""
    reports = asyncio.run(_reconcile(settings_of_service()))
    show({"items": [_body(report) for report in reports]}, as_json, _write)
    if not all(report.equal for report in reports):
        raise typer.Exit(1)


async def _reconcile(settings: Settings) -> list[Report]:
    async with open_deployment(settings, "cli") as deployment:
        reader, codecs = ChainReader(deployment.rpcs[0]), load_codecs()
        vaults = await vaults_of(deployment.engine, deployment.chain_id)
        return [await reconcile(deployment.engine, reader, deployment.chain_id, vault, codecs) for vault in vaults]


def _body(report: Report) -> Body:
    return {
        "chain_id": report.chain_id,
        "vault": report.vault,
        "block": asdict(report.block),
        "facts_compared": report.facts_compared,
        "equal": report.equal,
        "differences": [asdict(difference) for difference in report.differences],
    }


def _write(console: Console, body: Body) -> None:
    for report in body["items"]:
        verdict = "equal" if report["equal"] else f"[red]{len(report['differences'])} differ[/red]"
        at = f"at block {report['block']['number']}"
        console.print(f"vault {report['vault']}: {report['facts_compared']} facts compared {at}: {verdict}")
        for one in report["differences"]:
            console.print(
                f"  {one['subject']}, {one['field']}: mirror {one['mirror']}, chain {one['chain']}", markup=False
            )
    if not body["items"]:
        console.print("nothing is mirrored yet")
