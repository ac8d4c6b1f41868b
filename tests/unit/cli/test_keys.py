"""`covenant keys`: a keystore is made and shown; keys and passwords are never arguments, and never printed."""

import json
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from orchestrator.errors import CovenantError
from scripts.cli import keys

PASSWORD = "a password that must show nowhere"


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n")
    return path


def run(*arguments: str, **environment: str) -> str:
    result = CliRunner().invoke(keys.app, list(arguments), env=environment)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == 0, result.output
    return result.output


def test_a_new_keystore_is_made_and_its_address_shown_and_checked(tmp_path: Path, password_file: Path) -> None:
    keystore = tmp_path / "sender.json"
    options = ("--keystore", str(keystore), "--password-file", str(password_file))
    made = json.loads(run("new", *options, "--json"))
    shown = json.loads(run("show", *options, "--check", "--json"))
    assert made == shown
    key = Account.decrypt(json.loads(keystore.read_text()), PASSWORD)
    assert Account.from_key(key).address == made["address"]
    for output in (run("show", *options), run("show", *options, "--check")):
        assert made["address"] in output
        assert PASSWORD not in output
        assert bytes(key).hex() not in output


def test_the_settings_name_both_files_when_no_option_does(tmp_path: Path, password_file: Path) -> None:
    environment = {
        "COVENANT_KEYSTORE": str(tmp_path / "sender.json"),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(password_file),
    }
    assert json.loads(run("new", "--json", **environment)) == json.loads(run("show", "--json", **environment))


def test_an_existing_key_is_kept(tmp_path: Path, password_file: Path) -> None:
    (tmp_path / "sender.json").write_text("{}")
    with pytest.raises(CovenantError, match="exists already"):
        run("new", "--keystore", str(tmp_path / "sender.json"), "--password-file", str(password_file))


def test_a_missing_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(CovenantError, match="COVENANT_KEYSTORE is not set"):
        run("show", COVENANT_KEYSTORE="")


@pytest.mark.parametrize("command", ["new", "show"])
def test_no_option_takes_a_key_or_a_password(command: str) -> None:
    assert not {"--key", "--private-key", "--password"} & set(run(command, "--help").split())
