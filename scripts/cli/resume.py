"""Let the service send again, after a pause or when the circuit breaker has stopped it."""

from __future__ import annotations

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.transactions.holds import lift_holds, standing_holds
from scripts.cli._api import AsJson, Body, show
from scripts.cli._control import steer

app = typer.Typer()


@app.command()
def resume(as_json: AsJson = False) -> None:
    """Let the service send again, after a pause or when the circuit breaker has stopped it.

    What was known until now does not stop it again; a mirror that is still frozen does.
    """

    async def lift(session: AsyncSession, chain_id: int) -> list[dict[str, str]]:
        standing = await standing_holds(session, chain_id)
        await lift_holds(session, chain_id)
        return [{"cause": hold.cause.value, "reason": hold.reason} for hold in standing]

    show({"lifted": steer(lift)}, as_json, _write)


def _write(console: Console, body: Body) -> None:
    for hold in body["lifted"]:
        console.print(f"lifted {hold['cause']}: {hold['reason']}", markup=False)
    console.print("sending goes on" if body["lifted"] else "nothing kept it from sending")
