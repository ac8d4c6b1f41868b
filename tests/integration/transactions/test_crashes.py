"""Killed with `kill -9` at any named step, the sender's successor mines each intent exactly once and leaves no gap."""

import asyncio
import signal
import sys

import pytest

from orchestrator.transactions.steps import Step
from tests.integration.transactions.ground import PAYEE, Ground

# Fewer than all in this suite: each has its own reason to go wrong.
STEPS = [
    Step.SIGNED_UNCOMMITTED,  # the nonce must be free again
    Step.SIGNED,  # the bytes are stored and nobody has them
    Step.BROADCAST_UNRECORDED,  # a node has them and we don't know
    Step.MINED_UNCOMMITTED,
    Step.SETTLED_UNCOMMITTED,
]


async def crash(database_url: str, rpc_url: str, step: Step) -> None:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.transactions.crashing_sender", database_url, rpc_url, step.value
    )
    try:
        assert await asyncio.wait_for(child.wait(), 60) == -signal.SIGKILL
    finally:
        if child.returncode is None:
            child.kill()


async def assert_paid_once(ground: Ground, intents: int) -> None:
    rows = await ground.all_intents()
    assert [row.status for row in rows] == ["finalized"] * intents
    assert [row.nonce for row in rows] == list(range(intents))
    assert await ground.chain.balance(PAYEE) == intents
    assert await ground.chain.nonce(ground.address) == intents
    assert (await ground.lane()).next_nonce == intents


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name.lower())
async def test_killed_once(ground: Ground, database_url: str, anvil: str, step: Step) -> None:
    """Pitfall 29: nonce and signed bytes are stored together, so no moment leaves one without the other."""
    ids = [await ground.queue() for _ in range(3)]
    await crash(database_url, anvil, step)
    attempts = [len(await ground.attempts(intent_id)) for intent_id in ids]
    await ground.sender.recover()
    await ground.settle(*ids)
    await assert_paid_once(ground, 3)
    signed_before = [count for count in attempts if count]
    assert [len(await ground.attempts(intent_id)) for intent_id in ids][: len(signed_before)] == signed_before


async def test_killed_again_and_again(ground: Ground, database_url: str, anvil: str) -> None:
    """Each successor dies at a later step than the one before."""
    ids = [await ground.queue() for _ in range(4)]
    for step in (Step.SIGNED, Step.BROADCAST, Step.MINED):
        await crash(database_url, anvil, step)
    await ground.sender.recover()
    await ground.settle(*ids)
    await assert_paid_once(ground, 4)
