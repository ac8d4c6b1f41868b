"""How the reading commands ask the API, and how they write what it says."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final

import httpx
import typer
from rich.console import Console
from rich.table import Table

from orchestrator.errors import CovenantError
from orchestrator.settings import Settings
from scripts.cli._settings import settings_of_service

TIMEOUT_S: Final = 15.0
PIPE_WIDTH: Final = 1_000
"""Columns where no terminal is: nothing is cut, whoever reads it."""

AsJson = Annotated[bool, typer.Option("--json", help="print what the API says, as JSON")]
Limit = Annotated[int, typer.Option("--limit", "-n", min=1, max=200, help="rows at most")]

Body = dict[str, Any]
Row = Sequence[str]


class ApiUnreachable(CovenantError):
    """Nothing answers where the API should be."""


class ApiRefused(CovenantError):
    """The API answered with problem details, or with something that is not the API's."""


def ask(path: str, **parameters: object) -> Body:
    """The body of one read. A parameter that is None is left out.

    Raises:
        ApiUnreachable: with where it was looked for.
        ApiRefused: with the API's own words.
    """
    return _send("GET", path, params={name: value for name, value in parameters.items() if value is not None})


def tell(path: str, body: Body) -> Body:
    """Posts ``body``, and returns what is answered. Raises as ``ask`` does."""
    return _send("POST", path, json=body)


def _send(method: str, path: str, **content: Any) -> Body:
    settings = settings_of_service()
    address = address_of(settings.covenant_api_host, settings.covenant_api_port)
    try:
        response = httpx.request(
            method, f"{address}{path}", headers=_credentials(settings), timeout=TIMEOUT_S, **content
        )
        body = response.json()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ApiUnreachable(
            f"the API at {address} cannot be reached: {type(error).__name__}",
            "start it with `covenant up`, or set COVENANT_API_HOST and COVENANT_API_PORT",
        ) from None
    except ValueError:
        raise _foreign(address) from None
    if response.is_error:
        raise ApiRefused(body["detail"], body["hint"]) if "hint" in body else _foreign(address)
    return dict(body)


def _credentials(settings: Settings) -> dict[str, str]:
    """COVENANT_API_KEY, for what is not public."""
    key = settings.covenant_api_key
    return {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}


def address_of(host: str, port: int) -> str:
    """Where the API listens; an IPv6 address needs brackets in a URL."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def show(body: Body, as_json: bool, write: Callable[[Console, Body], None]) -> None:
    """On standard output: the body itself, or what ``write`` makes of it for people."""
    if as_json:
        sys.stdout.write(json.dumps(body, indent=2, ensure_ascii=False) + "\n")
    else:
        console = Console(highlight=False, soft_wrap=True)
        if not console.is_terminal:
            console.width = PIPE_WIDTH
        write(console, body)


def write_table(console: Console, body: Body, columns: Sequence[str], rows: Sequence[Row]) -> None:
    """A table, and below it which block it shows and whether there is more."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*row)
    console.print(table if rows else "nothing")
    console.print(as_of(body) + (", more with --json and next_cursor" if body.get("next_cursor") else ""), style="dim")


def as_of(body: Body) -> str:
    block = body["as_of"]
    if block is None:
        return "no block is mirrored yet"
    return f"as of block {block['block_number']} of chain {block['chain_id']}, {block['timestamp']['rfc3339']}"


def amount(form: Body) -> str:
    """12,345.5 USDC."""
    units, decimals = int(form["base_units"]), form["decimals"]
    if decimals is None:
        return f"{units} base units of {form['token']}"
    whole, fraction = divmod(units, 10**decimals)
    digits = f"{fraction:0{decimals}d}".rstrip("0") if decimals else ""
    return f"{whole:,}{'.' + digits if digits else ''} {form['token']}"


def instant(form: Body | None) -> str:
    if form is None:
        return "never"
    return str(form["rfc3339"] or form["epoch_s"])


def percent(bps: int | None) -> str:
    return "?" if bps is None else f"{bps / 100:.2f} %"


def _foreign(address: str) -> ApiRefused:
    return ApiRefused(
        f"what answers at {address} is not the Covenant API", "set COVENANT_API_HOST and COVENANT_API_PORT"
    )
