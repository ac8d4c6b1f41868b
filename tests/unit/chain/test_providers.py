"""Which provider is asked: the preferred one, unless it failed a moment ago or serves another chain."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from orchestrator.chain.providers import FIRST_REST_S, LONGEST_REST_S, Providers
from orchestrator.chain.reader import ChainReader, WrongChain
from orchestrator.chain.rpc import RpcUnreachable
from tests.unit.chain.test_rate import Clock


@dataclass(eq=False)
class Provider:
    """Answers for a chain, or not at all. ``checks`` counts how often it was asked which one."""

    name: str
    chain_id: int | None = 1
    checks: list[int] = field(default_factory=list)

    async def require_chain_id(self, chain_id: int) -> None:
        self.checks.append(chain_id)
        if self.chain_id is None:
            raise RpcUnreachable(self.name, "down")
        if self.chain_id != chain_id:
            raise WrongChain(f"{self.name} serves chain {self.chain_id}", "")


@pytest.fixture
def clock() -> Clock:
    return Clock()


def providers(clock: Clock, *some: Provider) -> Providers:
    return Providers([cast(ChainReader, provider) for provider in some], 1, clock)


async def test_the_first_is_asked_and_its_chain_checked_once(clock: Clock) -> None:
    first, second = Provider("first"), Provider("second")
    chosen = providers(clock, first, second)
    assert {await chosen.current() for _ in range(3)} == {cast(ChainReader, first)}
    assert (first.checks, second.checks) == ([1], [])


async def test_one_that_failed_rests_and_is_preferred_again_after_that(clock: Clock) -> None:
    first, second = Provider("first"), Provider("second")
    chosen = providers(clock, first, second)
    chosen.failed(await chosen.current())
    assert await chosen.current() is cast(ChainReader, second)
    clock.seconds += FIRST_REST_S
    assert await chosen.current() is cast(ChainReader, first)
    assert first.checks == [1, 1]


async def test_it_rests_longer_each_time_but_not_for_ever(clock: Clock) -> None:
    first, second = Provider("first"), Provider("second")
    chosen = providers(clock, first, second)
    for _ in range(20):
        chosen.failed(cast(ChainReader, first))
    clock.seconds += LONGEST_REST_S - 1
    assert await chosen.current() is cast(ChainReader, second)
    clock.seconds += 1
    assert await chosen.current() is cast(ChainReader, first)


async def test_when_all_rest_the_one_whose_rest_ends_first_is_asked(clock: Clock) -> None:
    first, second = Provider("first"), Provider("second")
    chosen = providers(clock, first, second)
    before = chosen.all_rest
    for provider in (first, first, second):
        chosen.failed(cast(ChainReader, provider))
    assert (before, chosen.all_rest) == (False, True)
    assert await chosen.current() is cast(ChainReader, second)


async def test_one_of_another_chain_is_left_out(clock: Clock) -> None:
    first, second = Provider("first", chain_id=5), Provider("second")
    chosen = providers(clock, first, second)
    assert await chosen.current() is cast(ChainReader, second)
    clock.seconds += 1_000
    assert await chosen.current() is cast(ChainReader, second)
    assert first.checks == [1]


async def test_without_any_of_our_chain_there_is_nothing_to_be_done(clock: Clock) -> None:
    chosen = providers(clock, Provider("first", chain_id=5))
    with pytest.raises(WrongChain):
        await chosen.current()


async def test_one_that_came_back_as_another_chain_is_noticed(clock: Clock) -> None:
    first, second = Provider("first"), Provider("second")
    chosen = providers(clock, first, second)
    chosen.failed(await chosen.current())
    clock.seconds += FIRST_REST_S
    first.chain_id = 5
    assert await chosen.current() is cast(ChainReader, second)


async def test_one_that_does_not_answer_at_all_rests_too(clock: Clock) -> None:
    chosen = providers(clock, Provider("first", chain_id=None), second := Provider("second"))
    with pytest.raises(RpcUnreachable):
        await chosen.current()
    assert await chosen.current() is cast(ChainReader, second)
