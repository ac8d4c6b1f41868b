"""Make an encrypted keystore for the sender, and show the address of one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from orchestrator.settings import load_settings
from orchestrator.transactions.signers.keystore import create_keystore, keystore_address, open_keystore

app = typer.Typer(no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print facts as JSON")]
Keystore = Annotated[Path | None, typer.Option(help="the keystore file; COVENANT_KEYSTORE if not given")]
PasswordFile = Annotated[
    Path | None,
    typer.Option(help="a file whose first line is the password; COVENANT_KEYSTORE_PASSWORD_FILE if not given"),
]


@app.command()
def new(keystore: Keystore = None, password_file: PasswordFile = None, as_json: AsJson = False) -> None:
    """Makes a new random key and writes it to KEYSTORE, encrypted with the password in PASSWORD_FILE.

    There is no option to give a key or a password here: both would show in the list of processes.
    """
    settings = load_settings()
    path = keystore or settings.require_keystore()
    address = create_keystore(path, password_file or settings.require_keystore_password_file())
    _tell(as_json, path, address, "written; send native currency to its address, and keep a copy of the file")


@app.command()
def show(
    keystore: Keystore = None,
    password_file: PasswordFile = None,
    check: Annotated[bool, typer.Option("--check", help="also open it with the password")] = False,
    as_json: AsJson = False,
) -> None:
    """Shows the address that a keystore holds the key of; never the key."""
    settings = load_settings()
    path = keystore or settings.require_keystore()
    address = keystore_address(path)
    if check:
        open_keystore(path, password_file or settings.require_keystore_password_file())
    _tell(as_json, path, address, "the password opens it" if check else "not opened")


def _tell(as_json: bool, path: Path, address: str, note: str) -> None:
    if as_json:
        sys.stdout.write(json.dumps({"keystore": str(path), "address": address}) + "\n")
    else:
        Console(highlight=False, soft_wrap=True).print(f"{address}  {path} ({note})")
