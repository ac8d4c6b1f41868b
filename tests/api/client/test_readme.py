"""The examples of the client's README run, in their order, against a service."""

import asyncio
import re
import time
import uuid
from typing import Any

import pytest

from scripts.deploy.artifacts import ROOT
from tests.api.world import SECRETS, World

README = ROOT / "api" / "client" / "README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


async def test_the_examples_of_the_readme_run(
    world: World, address: str, key: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await world.line(1)
    await world.tell(world.event(0, kind="line.opened"))
    monkeypatch.setenv("COVENANT_URL", address)
    monkeypatch.setenv("COVENANT_API_KEY", key)

    names = await asyncio.to_thread(run_all)

    said = capsys.readouterr().out
    assert "current 10000000000 USDC" in said
    assert f"as of block {world.head.number} at " in said
    assert said.count("1 line.opened") == 2
    assert "unknown_line 404 " in said
    webhook, message, now = uuid.uuid4(), uuid.uuid4(), int(time.time())
    body = b'{"data":{},"timestamp":"2020-03-12T21:00:00.000Z","type":"line.drawn"}'
    headers = {
        "Webhook-Id": str(message),
        "Webhook-Timestamp": str(now),
        "Webhook-Signature": SECRETS.sign(webhook, [1], message, now, body),
    }
    assert names["receive"](headers, body, SECRETS.secret(webhook, 1)) == 204
    assert names["receive"](headers, body, SECRETS.secret(webhook, 2)) == 401


def run_all() -> dict[str, Any]:
    """As one program; what it has defined."""
    names: dict[str, Any] = {"__name__": "readme"}
    try:
        for number, example in enumerate(EXAMPLES):
            exec(compile(example, f"README.md, example {number}", "exec"), names)
    finally:
        names["client"].close()
    return names
