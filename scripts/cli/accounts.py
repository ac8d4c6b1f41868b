"""Make accounts for programs, list accounts, and say what each may do."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.ext.asyncio import AsyncSession

from api.identity.accounts import AccountRepository
from api.identity.scopes import Role, scopes_of
from api.wire import checksum
from orchestrator.db.models import Account
from scripts.cli._api import AsJson, Body, show
from scripts.cli._identity import account_known_as, in_database

app = typer.Typer(no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="a wallet's address, or the name of an account")]
Roles = Annotated[list[Role], typer.Argument(help="borrower, lender, operator, auditor")]


@app.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List accounts, the oldest first."""

    async def read(session: AsyncSession) -> Body:
        return {"items": [_said(account) for account in await AccountRepository(session).all()]}

    show(in_database(read), as_json, _write_list)


@app.command()
def create(name: Annotated[str, typer.Argument(min=1)], roles: Roles, as_json: AsJson = False) -> None:
    """Make an account for a program, which has no wallet. One that is there already stays as it is."""

    async def make(session: AsyncSession) -> Body:
        return _said(await AccountRepository(session).named(name, roles))

    show(in_database(make), as_json, _write)


@app.command()
def grant(who: Who, roles: Roles, as_json: AsJson = False) -> None:
    """Give an account roles besides those that it has. Sessions and keys have them at once."""

    async def change(session: AsyncSession) -> Body:
        account = await account_known_as(session, who)
        account.roles = sorted({*account.roles, *roles})
        return _said(account)

    show(in_database(change), as_json, _write)


@app.command()
def withdraw(who: Who, roles: Roles, as_json: AsJson = False) -> None:
    """Take roles from an account. Sessions and keys lose them at once."""

    async def change(session: AsyncSession) -> Body:
        account = await account_known_as(session, who)
        account.roles = sorted({*account.roles} - {*roles})
        return _said(account)

    show(in_database(change), as_json, _write)


def _said(account: Account) -> Body:
    return {
        "id": str(account.id),
        "address": checksum(account.address) if account.address else None,
        "name": account.name,
        "roles": list(account.roles),
        "scopes": sorted(scopes_of(account.roles)),
    }


def _write_list(console: Console, body: Body) -> None:
    table = Table("account", "roles", "may", box=None, pad_edge=False)
    for account in body["items"]:
        table.add_row(account["name"] or account["address"], ", ".join(account["roles"]), ", ".join(account["scopes"]))
    console.print(table if body["items"] else "nobody")


def _write(console: Console, body: Body) -> None:
    _write_list(console, {"items": [body]})
