"""Try again now what a transaction was for that failed, was skipped or was cancelled."""

from __future__ import annotations

import uuid
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.transactions.requests import request_retry
from scripts.cli._api import AsJson, Body, show
from scripts.cli._control import steer

app = typer.Typer()


@app.command()
def retry(
    transaction: Annotated[uuid.UUID, typer.Argument(help="the transaction's id")], as_json: AsJson = False
) -> None:
    """Try again now what a transaction was for that failed, was skipped or was cancelled.

    The engine decides at the next block whether it is still called for, and sends a new transaction then.
    """

    async def request(session: AsyncSession, _: int) -> int:
        return await request_retry(session, transaction)

    show({"id": str(transaction), "triggers": steer(request)}, as_json, _write)


def _write(console: Console, body: Body) -> None:
    console.print(f"{body['triggers']} trigger(s) may fire again at the next block")
