"""Bring the database at DATABASE_URL to the schema of this version; safe to run twice."""

from __future__ import annotations

import typer
from rich.console import Console

from orchestrator.db.migrate import upgrade
from orchestrator.db.schema import head
from orchestrator.settings import load_settings, redact_url
from scripts.cli._api import AsJson, Body, show

app = typer.Typer()


@app.command()
def migrate(as_json: AsJson = False) -> None:
    """Bring the database at DATABASE_URL to the schema of this version, all of it or nothing; safe to run twice."""
    database_url = load_settings().require_database_url()
    upgrade(database_url)
    show({"database": redact_url(database_url), "revision": head()}, as_json, _write)


def _write(console: Console, body: Body) -> None:
    console.print(f"the database at {body['database']} is at revision {body['revision']}")
