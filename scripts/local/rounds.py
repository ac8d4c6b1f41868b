"""Publishing rounds of a local feed, now or at a second that the chain is moved to."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from scripts.local.people import Deployed, Person

PHASE_SHIFT: Final = 64
"""A proxy's round id holds the phase of its aggregator above the aggregator's own id."""


@dataclass(frozen=True, slots=True)
class PublishedRound:
    """A round that is on the chain. `sent_at_s` is the wall clock when its transaction was about to be sent.

    `round_id` is the proxy's, as consumers read it.
    """

    answer: int
    round_id: int
    updated_at: int
    block_number: int
    sent_at_s: float


async def chain_now(rpc: JsonRpc) -> int:
    """The timestamp of the latest block."""
    return integer((await rpc.call("eth_getBlockByNumber", ["latest", False]))["timestamp"])


async def move_to(rpc: JsonRpc, second: int) -> int:
    """Lets the next block have the timestamp `second`, or the first after the latest block's if that is later."""
    second = max(second, await chain_now(rpc) + 1)
    await rpc.call("evm_setNextBlockTimestamp", [quantity(second)])
    return second


async def mine_at(rpc: JsonRpc, second: int) -> int:
    """Mines an empty block at `second` (see `move_to`) and returns its number."""
    await move_to(rpc, second)
    await rpc.call("evm_mine", [])
    return integer(await rpc.call("eth_blockNumber"))


async def publish(oracle: Person, feed: Deployed, answer: int, at: int | None = None) -> PublishedRound:
    """Writes the next round, at the latest block's second; or with `at`, after moving the chain to that second."""
    rpc = oracle.wallet.rpc
    second = await chain_now(rpc) if at is None else await move_to(rpc, at)
    sent_at_s = time.time()
    receipt = await oracle.call("publishing a round", feed, "push", answer, second)
    (event,) = feed.events(receipt, "AnswerUpdated")
    phase = await feed.read(rpc, "phaseId")
    return PublishedRound(answer, phase << PHASE_SHIFT | event["roundId"], second, receipt.block_number, sent_at_s)
