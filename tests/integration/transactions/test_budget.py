"""What a signer may spend on gas in a period: what is beyond it waits, says so, and goes out in the next one."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import update

from orchestrator.db.models import Attempt
from orchestrator.transactions.budget import BudgetPolicy, budget_of
from orchestrator.transactions.fees import initial_fees
from orchestrator.transactions.node import Node
from orchestrator.transactions.rotation import load_signers, standings
from orchestrator.transactions.sender import Sender
from tests.integration.transactions.ground import CHAIN_ID, POLICY, Ground, make_sender

DAY = timedelta(days=1)


@pytest.fixture
async def budget(ground: Ground) -> BudgetPolicy:
    """As much as one transfer may cost now."""
    view = await Node(ground.chain.rpc).view(ground.address)
    fees = initial_fees(view.market, POLICY.max_fee_per_gas_wei)
    assert fees is not None
    async with ground.sessions.begin() as session:
        await load_signers(session, CHAIN_ID, [ground.address])
    return BudgetPolicy(21_000 * (100 + POLICY.gas_margin_percent) // 100 * fees.max_fee_per_gas_wei)


@pytest.fixture
def thrifty(ground: Ground, budget: BudgetPolicy) -> Sender:
    return make_sender(ground.chain.rpc, ground.sessions, ground.told, policy=replace(POLICY, budget=budget))


async def spent_until(ground: Ground) -> bool:
    async with ground.sessions() as session:
        (one,) = await standings(session, CHAIN_ID)
        return one.spent_until is not None


async def test_what_the_budget_does_not_cover_waits_and_says_so_until_the_next_period(
    ground: Ground, thrifty: Sender
) -> None:
    first, second = await ground.queue(), await ground.queue()
    await thrifty.tick()
    assert [(await ground.intent(one)).status for one in (first, second)] == ["broadcast", "queued"]
    assert (await ground.open_alerts(), await spent_until(ground)) == (["budget"], True)

    async with ground.sessions.begin() as session:  # a day goes by
        await session.execute(update(Attempt).values(signed_at=Attempt.signed_at - DAY))
    await thrifty.tick()
    assert (await ground.intent(second)).status == "broadcast"
    assert (await ground.open_alerts(), await spent_until(ground)) == ([], False)
    assert await ground.settle(first, second) == ["finalized", "finalized"]


async def test_what_is_signed_counts_with_the_most_it_may_cost_and_what_is_mined_with_what_it_did(
    ground: Ground, thrifty: Sender, budget: BudgetPolicy
) -> None:
    intent_id = await ground.queue()
    await thrifty.tick()
    async with ground.sessions() as session:
        reserved = await budget_of(session, CHAIN_ID, ground.address, budget)
    assert (reserved.spent_wei, reserved.left_wei) == (budget.gas_wei, 0)
    before = await ground.chain.balance(ground.address)
    await ground.chain.mine()
    await thrifty.tick()
    paid_wei = before - await ground.chain.balance(ground.address) - 1
    async with ground.sessions() as session:
        spent = await budget_of(session, CHAIN_ID, ground.address, budget)
    assert spent.spent_wei == paid_wei == (await ground.intent(intent_id)).cost_wei
    assert 0 < paid_wei < budget.gas_wei


async def test_a_replacement_is_sent_whatever_is_left(ground: Ground, thrifty: Sender) -> None:
    intent_id = await ground.queue()
    await thrifty.tick()
    await ground.chain.set_base_fee(2 * (await ground.attempts(intent_id))[0].max_fee_per_gas_wei)
    await ground.chain.mine()
    await thrifty.tick()
    assert len(await ground.attempts(intent_id)) == 2
