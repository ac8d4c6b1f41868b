"""`covenant doctor` as an operator runs it."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orchestrator.transactions.signers.keystore import create_keystore
from scripts.local.accounts import Role
from scripts.local.bootstrap import bootstrap

COVENANT = Path(sys.executable).parent / "covenant"
SETTINGS = ("DATABASE_URL", "REDIS_URL", "RPC_URL")


@dataclass(frozen=True)
class Visit:
    """How a run ended, and what it printed as JSON."""

    code: int
    report: dict[str, Any]
    output: str

    def grade(self, subject: str) -> str:
        [check] = [check for check in self.report["checks"] if check["subject"] == subject]
        return str(check["grade"])


def visit(state_dir: Path, **settings: str) -> Visit:
    """Runs the doctor with these settings alone."""
    inherited = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    clean = {name: value for name, value in inherited.items() if not name.startswith("COVENANT_")}
    environment = {**clean, "COVENANT_STATE_DIR": str(state_dir), "COVENANT_API_PORT": "0", **settings}
    command = [str(COVENANT), "doctor", "--json"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=100)
    return Visit(run.returncode, json.loads(run.stdout), run.stdout + run.stderr)


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def serving(settings: Mapping[str, str]) -> Iterator[None]:
    """The web process, listening."""
    command = [sys.executable, "-m", "scripts.processes.web"]
    process = subprocess.Popen(command, env={**os.environ, **settings}, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        assert any("listening on" in line for line in process.stderr), "it ended before it listened"
        yield
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def test_a_machine_where_nothing_runs_yet_is_well_and_told_what_would_be_embedded(tmp_path: Path) -> None:
    seen = visit(tmp_path)
    assert (seen.code, seen.report["ok"]) == (0, True)
    assert {seen.grade(name) for name in SETTINGS} == {"ok"}
    assert "starts an embedded PostgreSQL" in seen.output
    assert seen.grade("covenant up") == "ok"


def test_malformed_settings_are_all_named_and_never_repeated(tmp_path: Path) -> None:
    seen = visit(tmp_path, DATABASE_URL="mysql://keeper:hunter2@db/covenant", COVENANT_CHAIN_ID="hunter2")
    assert seen.code == 1
    [environment] = [check for check in seen.report["checks"] if check["subject"] == "environment"]
    assert "DATABASE_URL: must be a PostgreSQL URL" in environment["found"]
    assert "COVENANT_CHAIN_ID: " in environment["found"]
    assert "hunter2" not in seen.output


def test_everything_that_is_wrong_is_found_in_one_visit(
    tmp_path: Path, database_url: str, redis_url: str, anvil: str
) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("correct horse\n")
    password_file.chmod(0o600)
    create_keystore(tmp_path / "keeper.json", password_file)
    seen = visit(
        tmp_path,
        DATABASE_URL=database_url,
        REDIS_URL=redis_url,
        RPC_URL=anvil,
        COVENANT_CHAIN_ID="31337",
        COVENANT_BOOK=str(tmp_path / "missing.book.json"),
        COVENANT_KEYSTORE=str(tmp_path / "keeper.json"),
        COVENANT_KEYSTORE_PASSWORD_FILE=str(password_file),
    )
    assert seen.code == 1
    assert {check["subject"] for check in seen.report["checks"] if check["grade"] == "fail"} == {
        "address book",
        "balance",
    }
    assert {check["subject"] for check in seen.report["checks"] if check["grade"] == "warn"} == {"cursor"}
    assert {seen.grade(subject) for subject in ("PostgreSQL", "Redis", "RPC", "chain head", "key")} == {"ok"}
    assert all(check["remedy"] for check in seen.report["checks"] if check["grade"] in ("fail", "warn"))
    assert "horse" not in seen.output


def test_a_service_with_all_that_it_needs_is_well_and_its_api_is_recognised(
    tmp_path: Path, database_url: str, redis_url: str, anvil: str
) -> None:
    deployment = asyncio.run(bootstrap(anvil, tmp_path))
    settings = {
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "RPC_URL": anvil,
        "COVENANT_CHAIN_ID": "31337",
        "COVENANT_BOOK": str(deployment.book_path),
        "COVENANT_KEYSTORE": str(deployment.accounts.keystore(Role.KEEPER)),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(deployment.accounts.password_file),
        "COVENANT_API_PORT": str(free_port()),
    }
    with serving(settings):
        seen = visit(tmp_path, **settings)
    assert [check for check in seen.report["checks"] if check["grade"] == "fail"] == []
    assert (seen.code, seen.report["ok"]) == (0, True)
    assert {check["subject"] for check in seen.report["checks"] if check["grade"] != "ok"} == {"cursor"}
    assert {seen.grade(subject) for subject in ("code", "wiring", "oracle WETH/USDC", "key", "balance")} == {"ok"}
    assert "the API of Covenant answers there" in seen.output


def test_a_dead_provider_fails_and_what_needs_it_is_skipped(tmp_path: Path, database_url: str) -> None:
    password_file = tmp_path / "password"
    password_file.write_text("correct horse\n")
    create_keystore(tmp_path / "keeper.json", password_file)
    seen = visit(
        tmp_path,
        DATABASE_URL=database_url,
        RPC_URL="http://127.0.0.1:9",
        COVENANT_CHAIN_ID="31337",
        COVENANT_BOOK=str(tmp_path / "missing.book.json"),
        COVENANT_KEYSTORE=str(tmp_path / "keeper.json"),
        COVENANT_KEYSTORE_PASSWORD_FILE=str(password_file),
    )
    assert seen.code == 1
    assert seen.grade("RPC") == "fail"
    assert seen.grade("balance") == "skipped"


def test_what_the_doctor_says_of_an_empty_database_cures_it(tmp_path: Path, empty_database_url: str) -> None:
    ill = visit(tmp_path, DATABASE_URL=empty_database_url)
    [database] = [check for check in ill.report["checks"] if check["subject"] == "PostgreSQL"]
    assert (database["grade"], database["remedy"]) == ("fail", "run covenant migrate")
    environment = {**os.environ, "DATABASE_URL": empty_database_url}
    subprocess.run([str(COVENANT), "migrate"], env=environment, check=True, capture_output=True, timeout=60)
    assert visit(tmp_path, DATABASE_URL=empty_database_url).grade("PostgreSQL") == "ok"
