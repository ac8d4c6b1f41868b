"""Give each process's database role exactly what its work needs; safe to run twice."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from orchestrator.db.roles import ROLES, Role, apply_roles
from orchestrator.settings import load_settings, redact_url
from scripts.cli._api import AsJson, Body, show

app = typer.Typer()

DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what each role may write; needs no database")]


@app.command()
def roles(dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Give each process's database role exactly what its work needs, on the server at DATABASE_URL.

    Run it as the owner of the tables after each `covenant migrate`. A role is a group without a login: make a user for
    each process a member of its role (CREATE USER … IN ROLE covenant_sender), and put that user into the DATABASE_URL
    of the process.
    """
    where = None
    if not dry_run:
        database_url = load_settings().require_database_url()
        apply_roles(database_url)
        where = redact_url(database_url)
    show({"database": where, "roles": [_said(role) for role in ROLES]}, as_json, _write)


def _said(role: Role) -> Body:
    return {
        "role": role.name,
        "process": role.process,
        "writes": {name: list(how) for name, how in role.writes.items()},
    }


def _write(console: Console, body: Body) -> None:
    table = Table("role", "may write", box=None, pad_edge=False)
    for role in body["roles"]:
        table.add_row(role["role"], ", ".join(sorted(role["writes"])))
    console.print(table)
    console.print(f"granted at {body['database']}" if body["database"] else "nothing was changed (--dry-run)")
