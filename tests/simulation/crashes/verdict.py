"""What must hold on the chain and in the database once everything is settled, whoever was killed when."""

from __future__ import annotations

from collections import Counter, defaultdict

from sqlalchemy import select

from orchestrator.chain.quantities import integer, quantity
from orchestrator.db.models import Attempt, Candidate, Intent, Lane, Trigger
from orchestrator.db.session import Sessions
from orchestrator.triggers.states import Action
from tests.integration.mirror.ground import CHAIN_ID, KEEPER, Ground, codec

KEEPER_ADDRESS = KEEPER.address.lower()


async def check(ground: Ground, sessions: Sessions, first_nonce: int, mandates: int) -> None:
    """Raises AssertionError that says what does not hold.

    Each mandate fired once and nothing of ours was mined for nothing; every nonce from ``first_nonce`` on is one
    intent's and mined; what the database says of each intent is what the chain says.
    """
    fired, failed = await firings_by_mandate(ground)
    assert list(fired.values()) == [[0]] * mandates, f"firings by mandate: {fired}"
    assert not failed, f"firings that failed on-chain: {failed}"
    async with sessions() as session:
        intents = (await session.scalars(select(Intent).order_by(Intent.nonce))).all()
        triggers = (await session.scalars(select(Trigger))).all()
        attempts = (await session.scalars(select(Attempt))).all()
        lane = await session.get_one(Lane, (CHAIN_ID, KEEPER_ADDRESS))
        candidates = (await session.scalars(select(Candidate))).all()
    assert {intent.status for intent in intents} == {"finalized"}, [(i.status, i.error) for i in intents]
    assert {trigger.status for trigger in triggers} == {"done"}, [(t.status, t.error) for t in triggers]
    assert Counter(trigger.mandate_hash for trigger in triggers) == dict.fromkeys(fired, 1)
    nonces = [intent.nonce for intent in intents]
    used = integer(await ground.rpc.call("eth_getTransactionCount", [KEEPER.address, "latest"]))
    assert nonces == list(range(first_nonce, used)), f"nonces {nonces}, but the chain counts {first_nonce} to {used}"
    assert lane.next_nonce == used, f"the lane goes on at {lane.next_nonce}, the chain at {used}"
    by_hash = {attempt.tx_hash: attempt.intent_id for attempt in attempts}
    for intent in intents:
        assert intent.mined_tx_hash is not None
        assert by_hash[intent.mined_tx_hash] == intent.id
        receipt = await ground.rpc.call("eth_getTransactionReceipt", [intent.mined_tx_hash])
        assert receipt["blockHash"] == intent.mined_block_hash
    assert Counter(candidate.action for candidate in candidates) == dict.fromkeys(Action, mandates), (
        "each mandate has its candidate, and each line those of its own"
    )


async def firings_by_mandate(ground: Ground) -> tuple[dict[str, list[int]], list[str]]:
    """By mandate which occurrences of it fired, in order, and the mandates that failed to."""
    contract = codec("RepayTrigger")
    query = {"address": ground.addresses["trigger"], "fromBlock": quantity(0), "toBlock": "latest"}
    fired: dict[str, list[int]] = defaultdict(list)
    failed = []
    for log in await ground.rpc.call("eth_getLogs", [query]):
        name, arguments = contract.decode_event(log["topics"], log["data"])
        if name == "Fired":
            fired[arguments["mandateHash"]].append(arguments["occurrence"])
        elif name == "FiringFailed":
            failed.append(arguments["mandateHash"])
    return dict(fired), failed
