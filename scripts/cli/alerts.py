"""List what a person should know, and what to do about it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console

from scripts.cli._api import AsJson, Body, Limit, as_of, ask, instant, show

app = typer.Typer(no_args_is_help=True)

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "dim"}


@app.callback()
def alerts() -> None:
    """What a person should know."""


@app.command("list")
def list_alerts(
    state: Annotated[str, typer.Option(help="open, resolved or all")] = "open",
    severity: Annotated[str | None, typer.Option(help="info, warning or critical")] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List alerts, the newest first."""
    show(ask("/v1/alerts", state=state, severity=severity, limit=limit), as_json, _write_list)


def _write_list(console: Console, body: Body) -> None:
    for alert in body["items"]:
        times = f", {alert['count']} times" if alert["count"] > 1 else ""
        resolved = f", resolved {instant(alert['resolved_at'])}" if alert["resolved_at"] else ""
        console.print(f"{alert['severity']:<9}", style=_STYLES[alert["severity"]], end="")
        console.print(f"{alert['message']} ({instant(alert['raised_at'])}{times}{resolved})", markup=False)
        console.print(f"{'':<9}→ {alert['hint']}", style="dim", markup=False)
    if not body["items"]:
        console.print("nothing")
    console.print(as_of(body), style="dim")
