"""Engine and sender as an operator runs them: they repay, stand by, stop when told, and keep the key to themselves."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import httpx
import pytest
from eth_account import Account

from tests.integration.mirror.ground import KEEPER
from tests.integration.tasks.process import refused, running, stop_limit_s, until
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


async def until_done(service: Service, count: int) -> None:
    async def done() -> bool:
        await service.mirror.catch_up()
        await service.ground.mine()
        return [trigger.status for trigger in await service.triggers()] == ["done"] * count

    await until(done, "the repayment is final")


async def test_a_round_becomes_a_repayment_and_both_stop_when_told(
    service: Service, environment: dict[str, str]
) -> None:
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
        for process in (engine, sender):
            assert await process.stop() < stop_limit_s()
            assert process.child.returncode == 0
            assert all(entry["process"] == process.name for entry in process.lines())
            for secret in (KEEPER.key.hex(), PASSWORD):
                assert secret not in process.output
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
