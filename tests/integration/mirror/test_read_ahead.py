"""A long stretch of the past is read by a second process: the rows are the same, and it can be lost at any moment."""

import os
import pickle
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from subprocess import PIPE
from typing import Any

import psutil
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.chain.reader import ChainReader, InDoubt
from orchestrator.chain.rpc import JsonRpc, RpcRefused, RpcTimeout
from orchestrator.db.models import LineVersion, Quarantine
from orchestrator.errors import CovenantError
from orchestrator.mirror import follow
from orchestrator.mirror.projections import rows
from orchestrator.mirror.read_ahead import Order, ReadAhead, fork_read_ahead
from orchestrator.mirror.written import Stretch, whole_ranges
from tests.integration.mirror.ground import BORROWER, CHAIN_ID, ETHER, PRICE, Ground, Mirror, codecs, opened_mirror
from tests.integration.mirror.proxy import Proxy, Refusal, honest, proxied
from tests.integration.mirror.rows import all_rows, count, digests_of, position
from tests.integration.mirror.test_quarantine import BEYOND_ANY_CLOCK

pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")

FINALITY_BLOCKS = 64
ROOT = Path(__file__).parents[3]
FORKING = """
from orchestrator.mirror.read_ahead import fork_read_ahead
print(fork_read_ahead({}, list).pid, flush=True)
input()
"""


@pytest.fixture(autouse=True)
def worth_while(monkeypatch: pytest.MonkeyPatch) -> None:
    """However short the stretch."""
    monkeypatch.setattr(follow, "READ_AHEAD_FROM", 1)


@contextmanager
def forked(url: str) -> Iterator[ReadAhead]:
    ahead = fork_read_ahead(codecs(), lambda: [ChainReader(JsonRpc(url, timeout_s=5))])
    try:
        yield ahead
    finally:
        ahead.close()


@asynccontextmanager
async def helped_mirror(engine: AsyncEngine, url: str, ground: Ground, ahead: ReadAhead) -> AsyncIterator[Mirror]:
    async with opened_mirror(engine, url, ground) as mirror:
        mirror.follower.providers = (mirror.reader,)
        mirror.follower.read_ahead = ahead
        yield mirror


async def long_history(ground: Ground) -> None:
    await ground.vault(BORROWER, "deposit", await ground.open_line(), ETHER)
    await ground.mine(160)
    await ground.some_history()
    await ground.mine(FINALITY_BLOCKS)


async def test_the_other_process_makes_the_same_rows_and_ends_near_the_head(
    ground: Ground, engine: AsyncEngine, other_engine: AsyncEngine, chain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await long_history(ground)
    async with opened_mirror(other_engine, chain_url, ground) as alone:
        await alone.catch_up()
    with forked(chain_url) as ahead, monkeypatch.context() as patched:
        async with helped_mirror(engine, chain_url, ground, ahead) as mirror:
            patched.delattr(follow, "write_pieces")  # the process itself can't
            await mirror.step()
            assert (await position(engine)).at.number == await ground.head() - FINALITY_BLOCKS
            await mirror.catch_up()
        assert ahead.pid is None
    assert await digests_of(engine) == await digests_of(other_engine)


async def test_the_mirror_reads_by_itself_when_the_other_process_is_killed_on_the_way(
    ground: Ground, engine: AsyncEngine, other_engine: AsyncEngine, chain_url: str
) -> None:
    await long_history(ground)
    async with opened_mirror(other_engine, chain_url, ground) as alone:
        await alone.catch_up()
    async with proxied(chain_url, Proxy) as provider:
        with forked(provider.url) as ahead:

            def answer(method: str, _params: list[Any], result: Any) -> Any:
                if ahead.pid is not None and provider.asked.count("eth_getLogs") == 3:
                    os.kill(ahead.pid, signal.SIGKILL)
                return result

            provider.answer = answer
            async with helped_mirror(engine, provider.url, ground, ahead) as mirror:
                await mirror.step()
                assert ahead.pid is None
                assert (await position(engine)).at.number == await ground.head() - FINALITY_BLOCKS
                await mirror.catch_up()
    assert await digests_of(engine) == await digests_of(other_engine)


async def test_what_a_provider_does_wrong_is_told_as_if_there_were_one_process(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    """And the other process takes the next order all the same."""
    await long_history(ground)

    def answer(method: str, _params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            raise Refusal(-32005, "no logs today")
        return result

    async with proxied(chain_url, Proxy) as provider:
        with forked(provider.url) as ahead:
            async with helped_mirror(engine, provider.url, ground, ahead) as mirror:
                provider.answer = answer
                with pytest.raises(RpcRefused, match="no logs today") as refused:
                    await mirror.step()
                assert (refused.value.code, refused.value.reason) == (-32005, "no logs today")
                provider.answer = honest
                await mirror.step()
                assert ahead.pid is not None
    assert (await position(engine)).at.number == await ground.head() - FINALITY_BLOCKS


async def test_a_log_that_can_not_be_read_is_quarantined_from_afar(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    await long_history(ground)
    await ground.push(PRICE, BEYOND_ANY_CLOCK)
    await ground.mine(FINALITY_BLOCKS)
    with forked(chain_url) as ahead:
        async with helped_mirror(engine, chain_url, ground, ahead) as mirror:
            await mirror.step()
    assert await count(engine, Quarantine) == 1
    assert await count(engine, LineVersion) > 10


async def test_what_the_database_refuses_of_a_range_is_quarantined_alone(
    ground: Ground, engine: AsyncEngine, chain_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The range as a whole can't be written: it is applied log by log."""
    await long_history(ground)
    await ground.push(PRICE, BEYOND_ANY_CLOCK)
    await ground.mine(FINALITY_BLOCKS)
    monkeypatch.setattr(rows, "BIGINT_MAX", 2**256)
    with forked(chain_url) as ahead:
        async with helped_mirror(engine, chain_url, ground, ahead) as mirror:
            await mirror.step()
    assert (await position(engine)).at.number == await ground.head() - FINALITY_BLOCKS
    [reason] = await all_rows(engine, "SELECT reason FROM quarantine")
    assert reason[0].startswith("NumericValueOutOfRange")
    assert await count(engine, LineVersion) > 10


async def test_an_order_that_is_given_up_leaves_nothing_in_the_way_of_the_next(
    ground: Ground, engine: AsyncEngine, chain_url: str
) -> None:
    await long_history(ground)
    last = await ground.head() - FINALITY_BLOCKS
    async with opened_mirror(engine, chain_url, ground) as mirror:
        base = (await position(engine)).at
        order = Order(CHAIN_ID, tuple(mirror.watch.sources.values()), (0,), Stretch(base, last, {}))
    with forked(chain_url) as ahead:
        async with aclosing(ahead.read(order)) as pieces:
            async for _ in pieces:
                break
        async with aclosing(ahead.read(order)) as pieces:
            whole = [written async for written in whole_ranges(pieces)]
    assert [whole[0].blocks.base, whole[-1].blocks.tip.number] == [base, last]


def test_it_ends_when_whoever_forked_it_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", FORKING], stdin=PIPE, stdout=PIPE, cwd=ROOT) as forking:
        assert forking.stdout is not None
        forked = psutil.Process(int(forking.stdout.readline()))
        forking.kill()
    assert forked.wait(timeout=30) is None


@pytest.mark.parametrize(
    "error",
    [RpcRefused("a node", 3, "reverted", "0x12"), RpcTimeout("a node", 10), InDoubt("a node", "it lies")],
    ids=lambda error: type(error).__name__,
)
def test_errors_go_from_process_to_process(error: CovenantError) -> None:
    arrived = pickle.loads(pickle.dumps(error))
    assert (type(arrived), str(arrived), vars(arrived)) == (type(error), str(error), vars(error))
