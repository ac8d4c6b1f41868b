"""Runs a stack as `covenant up` does, with processes given as JSON: `python -m ... STATE_DIR [[name, mode], ...]`."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import psycopg

from orchestrator.errors import CovenantError
from scripts.cli.app import report
from scripts.local.ground import Given, Ground
from scripts.local.output import Output
from scripts.local.processes import ProcessSpec
from scripts.local.stack import run_stack
from scripts.local.state import StateDir, open_state

FAKE = Path(__file__).with_name("fake_process.py")
NEVER_RESTARTED = ("fails", "finishes")


def spec(name: str, mode: str) -> ProcessSpec:
    argv = (sys.executable, str(FAKE), name, mode)
    return ProcessSpec(name, argv, restart=mode not in NEVER_RESTARTED, ready_within_s=3.0, stop_grace_s=0.5)


async def prepare(ground: Ground) -> Mapping[str, str]:
    return {"PREPARED": "yes"}


def migrate(database_url: str) -> None:
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS migrated (id int)")


async def run(state: StateDir) -> None:
    await run_stack(
        Given(os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL"), os.environ.get("RPC_URL")),
        [spec(name, mode) for name, mode in json.loads(sys.argv[2])],
        migrate=migrate,
        prepare=prepare,
        limit=lambda specs, ground: specs,
        state=state,
        output=Output(sys.stdout, as_json=True),
        running="running",
    )


def main() -> None:
    try:
        with open_state(Path(sys.argv[1])) as state:
            asyncio.run(run(state))
    except CovenantError as error:
        report(error, as_json=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
