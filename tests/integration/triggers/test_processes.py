"""Engine and sender as an operator runs them: they repay, stand by, stop when told, and keep the key to themselves."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from eth_account import Account
from psycopg import sql
from typer.testing import CliRunner

from orchestrator.errors import CovenantError
from scripts.cli import signers
from tests.integration.mirror.ground import ADMIN, BORROWER, KEEPER
from tests.integration.tasks.process import RunningProcess, refused, running, stop_limit_s, until
from tests.integration.triggers.ground import Service, ltv_mandate

FALLEN = 400 * 10**8
PASSWORD = "a password that must show nowhere"
TAKEOVER_S = 5.0


@pytest.fixture
def environment(service: Service, database_url: str, tmp_path: Path) -> dict[str, str]:
    service.book.dump(tmp_path / "book.json")
    (tmp_path / "password").write_text(PASSWORD + "\n")
    (tmp_path / "keystore.json").write_text(json.dumps(Account.encrypt(KEEPER.key, PASSWORD, iterations=2)))
    return {
        "DATABASE_URL": database_url.replace("+psycopg", ""),
        "RPC_URL": service.chain_url,
        "COVENANT_CHAIN_ID": "31337",
        "COVENANT_BOOK": str(tmp_path / "book.json"),
        "COVENANT_KEYSTORE": str(tmp_path / "keystore.json"),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(tmp_path / "password"),
        "COVENANT_POLL_INTERVAL_MS": "50",
        "COVENANT_MAX_PRICE_JUMP_BPS": "1000000",
        "COVENANT_LOG_LEVEL": "debug",
    }


def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def until_done(service: Service, count: int, *, evaluates: bool = False) -> None:
    """``evaluates``: no engine runs beside the test, so the test steps its own."""

    async def done() -> bool:
        await service.mirror.catch_up()
        if evaluates:
            await service.engine.step()
        await service.ground.mine()
        return [trigger.status for trigger in await service.triggers()] == ["done"] * count

    await until(done, "the repayment is final")


def all_rows(database_url: str) -> Iterator[str]:
    """Whatever any table holds, in words; bytes are hexadecimal."""
    with psycopg.connect(database_url.replace("+psycopg", "")) as connection:
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            rows = connection.execute(sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(table)))
            yield from (row for (row,) in rows)


def started_with(process: RunningProcess) -> str:
    """Arguments and environment, as others on the machine may see them."""
    of = Path(f"/proc/{process.child.pid}")
    return "".join((of / name).read_text() for name in ("cmdline", "environ") if of.exists())


async def test_a_round_becomes_a_repayment_and_both_stop_when_told(
    service: Service, environment: dict[str, str], database_url: str
) -> None:
    """No log, row, argument or variable holds the key or the password."""
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate())
    port = str(unused_port())
    measured = environment | {"COVENANT_METRICS_PORT": port}
    async with running("engine", measured) as engine, running("sender", environment) as sender:
        await service.ground.push(FALLEN)
        await until_done(service, 1)
        async with httpx.AsyncClient() as client:
            numbers = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
        assert 'covenant_triggers_total{action="repay"} 1.0' in numbers
        assert f"metrics can't be served on 127.0.0.1:{port}" in await refused(
            "sender", measured | {"COVENANT_LOG_LEVEL": "info"}
        )
        shown = "\n".join([*all_rows(database_url), started_with(engine), started_with(sender)])
        assert KEEPER.address.lower().removeprefix("0x") in shown
        for process in (engine, sender):
            assert await process.stop() < stop_limit_s()
            assert process.child.returncode == 0
            assert all(entry["process"] == process.name for entry in process.lines())
            for secret in (KEEPER.key.hex().removeprefix("0x"), PASSWORD):
                assert secret not in process.output
                assert secret not in shown
        assert any(entry["message"] == "signed" for entry in sender.lines())


async def test_a_second_sender_stands_by_and_takes_over_within_seconds(
    service: Service, environment: dict[str, str]
) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate())
    async with running("sender", environment) as first, running("sender", environment) as second:
        assert any(entry["message"] == "leading" for entry in first.lines())
        assert not any(entry["message"] == "leading" for entry in second.lines())
        first.child.send_signal(signal.SIGSTOP)  # frozen: it does not even know that it lost its lease

        async def leading() -> bool:
            return any(entry["message"] == "leading" for entry in second.lines())

        await until(leading, "the second leads", timeout_s=TAKEOVER_S)
        await service.ground.push(FALLEN)
        await service.evaluate()
        await until_done(service, 1)
        first.child.send_signal(signal.SIGCONT)

        async def noticed() -> bool:
            return any("was taken over" in str(entry["message"]) for entry in first.lines())

        await until(noticed, "the first notices that it lost its lease")
        assert len(await service.intents()) == 1


async def test_a_running_sender_goes_over_to_its_second_key_when_the_first_is_retired(
    service: Service, environment: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "next.json").write_text(json.dumps(Account.encrypt(ADMIN.key, PASSWORD, iterations=2)))
    environment["COVENANT_MORE_KEYSTORES"] = f"{tmp_path / 'next.json'}={tmp_path / 'password'}"
    for name in ("DATABASE_URL", "COVENANT_CHAIN_ID"):
        monkeypatch.setenv(name, environment[name])

    async def covenant_signers(*arguments: str) -> str:
        """What the command prints, or why it refuses."""
        result = await asyncio.to_thread(CliRunner().invoke, signers.app, list(arguments))
        return str(result.exception) if isinstance(result.exception, CovenantError) else result.stdout

    assert "no sender of this chain has run yet" in await covenant_signers("list")
    lines = [await service.drawn_line() for _ in range(2)]
    await service.ground.register_mandate(lines[0], **ltv_mandate())
    async with running("sender", environment):

        async def loaded() -> bool:
            listed = await covenant_signers("list")
            active, standing_by = f"{KEEPER.address}  active", f"{ADMIN.address}  standing by"
            return active in listed and standing_by in listed

        await until(loaded, "both keys are loaded")
        await service.ground.push(FALLEN)
        await until_done(service, 1, evaluates=True)

        retired = await covenant_signers("retire", KEEPER.address)
        assert f"{KEEPER.address}  retired, 0 in flight, may be unloaded" in retired
        assert "no other key than" in await covenant_signers("retire", ADMIN.address)
        await service.ground.register_mandate(lines[1], **ltv_mandate())
        await until_done(service, 2, evaluates=True)
        assert [intent.signer for intent in await service.intents()] == [
            KEEPER.address.lower(),
            ADMIN.address.lower(),
        ]
        taken_back = await covenant_signers("activate", KEEPER.address)
        assert f"{KEEPER.address}  active" in taken_back
    assert "no sender of chain 31337 ever had a key" in await covenant_signers("retire", BORROWER.address)


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("engine", {"COVENANT_CHAIN_ID": "1"}, "the address book is of chain 31337, but chain 1 is configured"),
        ("engine", {"COVENANT_BOOK": "/nowhere.json"}, "there is no address book at /nowhere.json"),
        ("engine", {"RPC_URL": "http://127.0.0.1:1"}, "http://127.0.0.1:1 cannot be reached"),
        ("sender", {"COVENANT_KEYSTORE": ""}, "COVENANT_KEYSTORE is not set"),
        ("sender", {"COVENANT_KEYSTORE_PASSWORD_FILE": "/dev/null"}, "the password file /dev/null is empty"),
    ],
)
async def test_what_can_not_work_is_refused_in_one_line(
    environment: dict[str, str], name: str, change: dict[str, str], said: str
) -> None:
    line = await refused(name, environment | {"COVENANT_LOG_LEVEL": "info"} | change)
    assert line.startswith(f"{name}: {said}")
    assert " — " in line
