"""A replay on a local chain: the file's answers in the file's distances, also when it was broken off in between."""

import asyncio
import json
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oracles.replay import AS_FAST_AS_MINED
from oracles.rounds import Round, parse_rounds
from orchestrator.chain.rpc import JsonRpc
from orchestrator.errors import CovenantError
from scripts.cli.replay import app
from scripts.local.accounts import Role
from scripts.local.bootstrap import bootstrap
from scripts.local.people import Contracts, Person
from scripts.local.replaying import Replaying
from tests.unit.oracles.eth_usd import generated_csv

ROUNDS = parse_rounds(generated_csv(seed=7), "rounds.csv", skip_refused=True).rounds[:12]


async def opened(url: str, state: Path, rpc: JsonRpc) -> tuple[Person, Contracts]:
    deployment = await bootstrap(url, state)
    return Person.of(deployment.accounts, Role.ORACLE, rpc, deployment.book.chain_id), Contracts.of(deployment.book)


async def played_rounds(contracts: Contracts, rpc: JsonRpc) -> list[Round]:
    """All rounds of the feed but the first, which the deployment wrote."""
    newest, *_ = await contracts.feed.read(rpc, "latestRoundData")
    first = (newest >> 64 << 64) + 1
    found = [await contracts.feed.read(rpc, "getRoundData", number) for number in range(first + 1, newest + 1)]
    return [Round(number, answer, updated_at) for number, answer, _, updated_at, _ in found]


def test_a_replay_that_was_broken_off_goes_on_where_it_stopped(anvil: str, tmp_path: Path) -> None:
    asyncio.run(_break_off_and_go_on(anvil, tmp_path))


async def _break_off_and_go_on(anvil: str, tmp_path: Path) -> None:
    rpc = JsonRpc(anvil)
    oracle, contracts = await opened(anvil, tmp_path / "state", rpc)
    waited: list[float] = []

    async def sleep_until_broken_off(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) == 5:
            raise asyncio.CancelledError

    async def no_sleep(seconds: float) -> None:
        waited.append(seconds)

    position_file = tmp_path / "replay.json"
    first = Replaying(oracle, contracts.feed, ROUNDS, 3_600.0, position_file, sleep_until_broken_off)
    with pytest.raises(asyncio.CancelledError):
        await first.run(lambda done: None)
    assert len(await played_rounds(contracts, rpc)) == 5

    told: list[int] = []
    again = Replaying(oracle, contracts.feed, ROUNDS, AS_FAST_AS_MINED, position_file, no_sleep)
    assert await again.run(told.append) == 7
    assert told == list(range(5, 13))
    played = await played_rounds(contracts, rpc)
    assert [one.answer for one in played] == [one.answer for one in ROUNDS]
    distances = [one.updated_at - played[0].updated_at for one in played]
    expected = [one.updated_at - ROUNDS[0].updated_at for one in ROUNDS]
    assert all(0 <= a - b <= 5 for a, b in zip(distances, expected, strict=True))
    assert waited[:4] == [(b.updated_at - a.updated_at) / 3_600 for a, b in pairwise(ROUNDS[:5])]
    await rpc.aclose()


def test_the_command_plays_a_span_of_a_file(anvil: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    deployment = asyncio.run(bootstrap(anvil, state))
    monkeypatch.setenv("RPC_URL", anvil)
    monkeypatch.setenv("COVENANT_BOOK", str(deployment.book_path))
    monkeypatch.setenv("COVENANT_STATE_DIR", str(state))
    file = tmp_path / "rounds.csv"
    file.write_text("\n".join(generated_csv(seed=7)) + "\n")
    span = ["--from", str(ROUNDS[2].updated_at), "--to", str(ROUNDS[5].updated_at), "--speed", "max", "--json"]
    refused = CliRunner().invoke(app, [str(file), *span])
    assert isinstance(refused.exception, CovenantError)
    assert "pass --skip-refused" in refused.exception.hint
    ran = CliRunner().invoke(app, [str(file), *span, "--skip-refused"])
    assert json.loads(ran.stdout) == {"rounds": 4, "played": 4}
