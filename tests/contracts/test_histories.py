"""The same random histories through the released contracts and through the credit rules: equal to the byte."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

import pytest

from orchestrator.credit.operations import credit
from orchestrator.credit.units import Bps, Wei, mul_div_up
from tests.contracts.support.anvil_chain import AnvilChain, anvil_chain
from tests.contracts.support.comparison import first_mismatch, shrunk
from tests.contracts.support.evm_chain import EvmChain
from tests.contracts.support.expectation import Expectation
from tests.contracts.support.ground import Ground, lay_ground
from tests.contracts.support.script import History, history_of
from tests.contracts.support.steps import Action

SEEDS = range(60)
SEEDS_ON_PY_EVM = (2,)
SEEDS_WITH_FEES = range(100, 140)


@pytest.fixture
def chain(anvil: str) -> Iterator[AnvilChain]:
    with anvil_chain(anvil) as chain:
        yield chain


@pytest.fixture
def ground(chain: AnvilChain) -> Ground:
    return lay_ground(chain)


def test_contracts_and_rules_agree_on_every_step_of_random_histories(chain: AnvilChain, ground: Ground) -> None:
    for seed in SEEDS:
        mismatch = first_mismatch(history_of(seed, ground), chain, ground)
        assert mismatch is None, str(shrunk(mismatch, chain, ground))


def test_they_agree_on_another_evm_in_process() -> None:
    chain = EvmChain()
    ground = lay_ground(chain)
    for seed in SEEDS_ON_PY_EVM:
        mismatch = first_mismatch(history_of(seed, ground), chain, ground)
        assert mismatch is None, str(mismatch)


def test_the_histories_take_every_action_with_success_and_are_refused_too(chain: AnvilChain, ground: Ground) -> None:
    taken: set[Action] = set()
    refused: set[Action] = set()
    for seed in range(150):
        history = history_of(seed, ground)
        world = Expectation(history.deal, ground)
        for step in history.steps:
            (taken if world.expect(step).ok else refused).add(step.action)
    hardly_refused = {Action.PUSH, Action.WAIT, Action.SET_OPERATOR, Action.ALLOW, Action.REVOKE}
    assert taken == set(Action)
    assert refused >= set(Action) - hardly_refused


def test_a_seed_means_the_same_history_every_time(ground: Ground) -> None:
    assert history_of(7, ground) == history_of(7, ground)
    assert history_of(7, ground).steps != history_of(8, ground).steps


def test_a_rule_that_is_a_wei_off_is_found_and_told_in_few_steps(
    chain: AnvilChain, ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credit, "keeper_fee_down", _keeper_fee_up)
    histories = (history_of(seed, ground) for seed in SEEDS_WITH_FEES)
    found = next(filter(None, (first_mismatch(history, chain, ground) for history in histories)))

    told = shrunk(found, chain, ground)

    assert len(told.history.steps) <= 8 < len(found.history.steps)
    assert str(told).splitlines()[0].startswith(f"seed {found.history.seed}: contracts and rules differ after step")
    assert "    contracts: " in str(told)
    assert "    rules:     " in str(told)


def test_a_history_stays_one_when_steps_are_left_out(chain: AnvilChain, ground: Ground) -> None:
    random = Random(0)
    for seed in range(200, 205):
        history = history_of(seed, ground)
        kept = tuple(step for step in history.steps if random.random() < 0.7)
        thinned: History = replace(history, steps=kept)
        mismatch = first_mismatch(thinned, chain, ground)
        assert mismatch is None, str(mismatch)


def _keeper_fee_up(paid: Wei, fee_bps: Bps) -> Wei:
    return Wei(mul_div_up(paid, fee_bps, 10_000))
