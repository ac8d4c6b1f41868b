"""From a queued intent to a final transaction, once."""

import asyncio
from collections import Counter
from dataclasses import replace
from enum import StrEnum

import psycopg
import pytest

from orchestrator.transactions.steps import Step
from tests.integration.transactions.ground import (
    CODE_THAT_WORKS_ONCE,
    ETHER,
    GWEI,
    PAYEE,
    POLICY,
    Ground,
    code_that_reverts,
    gas_limit_of,
    make_sender,
    nonce_of,
)


class Stopped(Exception):
    """The process, at a named step."""


async def test_an_intent_is_signed_broadcast_mined_and_final(ground: Ground) -> None:
    intent_id = await ground.queue(5)
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "broadcast"
    await ground.chain.mine()
    await ground.sender.tick()
    mined = await ground.intent(intent_id)
    assert (mined.status, mined.nonce, mined.gas_used, mined.error) == ("mined", 0, 21_000, None)
    await ground.chain.mine(2)
    await ground.sender.tick()
    final = await ground.intent(intent_id)
    assert final.status == "finalized"
    assert final.mined_tx_hash == (await ground.attempts(intent_id))[0].tx_hash
    assert await ground.chain.balance(PAYEE) == 5
    assert ground.told.of(intent_id) == ["signed", "mined", "finalized"]
    assert await ground.open_alerts() == []


async def test_many_intents_take_consecutive_nonces_and_no_more_are_held_than_policy_allows(ground: Ground) -> None:
    ids = [await ground.queue(1) for _ in range(20)]
    await ground.sender.tick()
    in_flight = Counter([(await ground.intent(intent_id)).status for intent_id in ids])
    assert in_flight == {"broadcast": POLICY.max_in_flight, "queued": 20 - POLICY.max_in_flight}
    assert await ground.settle(*ids) == ["finalized"] * 20
    assert [intent.nonce for intent in await ground.all_intents()] == list(range(20))
    assert await ground.chain.balance(PAYEE) == 20


async def test_pitfall_30_two_senders_at_once_send_each_intent_once(ground: Ground) -> None:
    rival = make_sender(ground.chain.rpc, ground.sessions, ground.told)
    ids = [await ground.queue(1) for _ in range(12)]
    await asyncio.gather(ground.sender.tick(), rival.tick(), ground.sender.tick(), rival.tick())
    assert await ground.settle(*ids) == ["finalized"] * 12
    assert await ground.chain.balance(PAYEE) == 12
    assert await ground.chain.nonce(ground.address) == 12
    assert [len(await ground.attempts(intent_id)) for intent_id in ids] == [1] * 12


async def test_invariant_7_a_restart_broadcasts_the_stored_bytes_and_signs_nothing(ground: Ground) -> None:
    intent_id = await ground.queue()
    await ground.sender.tick()
    (attempt,) = await ground.attempts(intent_id)
    await ground.chain.rpc.call("anvil_dropTransaction", [attempt.tx_hash])
    assert not await ground.chain.knows(attempt.tx_hash)

    restarted = make_sender(ground.chain.rpc, ground.sessions, ground.told)
    await restarted.recover()
    assert await ground.chain.knows(attempt.tx_hash), "before anything else is done"
    await restarted.tick()

    assert [again.tx_hash for again in await ground.attempts(intent_id)] == [attempt.tx_hash]
    assert await ground.settle(intent_id) == ["finalized"]


async def test_a_refused_simulation_ends_an_intent_before_it_takes_a_nonce(ground: Ground) -> None:
    contract = "0x" + "c0" * 20
    await ground.chain.set_code(contract, code_that_reverts("NothingPaid"))
    refused, fine = await ground.queue(to=contract), await ground.queue()
    await ground.sender.tick()
    failed = await ground.intent(refused)
    assert (failed.status, failed.error_kind, failed.error, failed.nonce) == ("failed", "revert", "NothingPaid()", None)
    assert (await ground.intent(fine)).nonce == 0
    assert ground.told.of(refused) == ["failed: revert"]


async def test_what_was_done_already_is_told_apart_from_a_revert(ground: Ground) -> None:
    contract = "0x" + "c0" * 20
    await ground.chain.set_code(contract, code_that_reverts("PeriodClosed"))
    intent_id = await ground.queue(to=contract)
    await ground.sender.tick()
    assert ground.told.of(intent_id) == ["failed: already_done"]
    assert (await ground.intent(intent_id)).error == "PeriodClosed()"


async def test_a_transaction_that_was_mined_and_reverted_fails_when_that_is_final(ground: Ground) -> None:
    contract = "0x" + "c0" * 20
    await ground.chain.set_code(contract, CODE_THAT_WORKS_ONCE)
    first, second = await ground.queue(0, contract), await ground.queue(0, contract)
    await ground.sender.tick()
    await ground.chain.mine()
    await ground.sender.tick()
    assert ((await ground.intent(second)).status, (await ground.intent(second)).error_kind) == ("mined", "revert")
    assert await ground.settle(first, second) == ["finalized", "failed"]
    assert ground.told.of(second) == ["signed", "mined", "failed: revert"]


async def test_pitfall_31_a_stuck_transaction_is_replaced_at_the_same_nonce_when_the_base_fee_doubled(
    ground: Ground,
) -> None:
    intent_id = await ground.queue()
    await ground.sender.tick()
    (first,) = await ground.attempts(intent_id)
    await ground.chain.set_base_fee(2 * first.max_fee_per_gas_wei)
    await ground.chain.mine()
    assert await ground.chain.nonce(ground.address) == 0

    await ground.sender.tick()
    _, second = await ground.attempts(intent_id)
    assert second.max_fee_per_gas_wei >= first.max_fee_per_gas_wei * 9 // 8
    assert second.max_priority_fee_per_gas_wei >= first.max_priority_fee_per_gas_wei * 9 // 8
    assert nonce_of(second.raw) == nonce_of(first.raw) == 0
    assert await ground.settle(intent_id) == ["finalized"]
    assert (await ground.intent(intent_id)).mined_tx_hash == second.tx_hash
    assert (await ground.lane()).next_nonce == 1
    assert await ground.chain.balance(PAYEE) == 1


async def test_the_next_in_line_is_replaced_after_so_many_blocks_went_by_without_it(ground: Ground) -> None:
    """As when validators leave it out: here they do since each block is mined while the pool does not have it."""
    intent_id = await ground.queue()
    await ground.sender.tick()
    for _ in range(POLICY.replace_after_blocks + 1):
        assert len(await ground.attempts(intent_id)) == 1
        await ground.chain.rpc.call("anvil_dropAllTransactions")
        await ground.chain.mine()
        await ground.sender.tick()
    assert [attempt.number for attempt in await ground.attempts(intent_id)] == [1, 2]
    assert await ground.settle(intent_id) == ["finalized"]


async def test_at_the_fee_cap_a_transaction_waits_alarms_and_is_mined_when_fees_fall(ground: Ground) -> None:
    intent_id = await ground.queue()
    await ground.sender.tick()
    (first,) = await ground.attempts(intent_id)
    capped = make_sender(
        ground.chain.rpc,
        ground.sessions,
        ground.told,
        policy=replace(POLICY, max_fee_per_gas_wei=first.max_fee_per_gas_wei),
    )
    await ground.chain.set_base_fee(50 * GWEI)
    await ground.chain.mine()
    await capped.tick()
    assert len(await ground.attempts(intent_id)) == 1
    assert await ground.open_alerts() == ["fees"]

    late = await ground.queue()
    await capped.tick()
    assert (await ground.intent(late)).status == "queued"

    await ground.chain.set_base_fee(1)
    await ground.chain.mine()
    await capped.tick()
    await ground.chain.mine()
    await capped.tick()
    assert (await ground.intent(intent_id)).status == "mined"
    assert (await ground.intent(late)).status == "mined"
    assert await ground.open_alerts() == []


async def test_a_transaction_that_a_reorg_took_back_goes_out_again(ground: Ground) -> None:
    intent_id = await ground.queue(7)
    await ground.sender.tick()
    await ground.chain.mine()
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "mined"
    await ground.chain.reorg(1)
    assert await ground.chain.balance(PAYEE) == 0

    await ground.sender.tick()
    again = await ground.intent(intent_id)
    assert (again.status, again.mined_tx_hash, again.mined_at) == ("broadcast", None, None)
    assert await ground.settle(intent_id) == ["finalized"]
    assert await ground.chain.balance(PAYEE) == 7
    assert len(await ground.attempts(intent_id)) == 1
    assert ground.told.of(intent_id) == ["signed", "mined", "unmined", "mined", "finalized"]


async def test_a_nonce_that_a_stranger_used_is_noticed_and_the_intent_given_up_when_that_is_final(
    ground: Ground,
) -> None:
    intent_id = await ground.queue()
    await ground.sender.tick()
    await ground.chain.send_as_a_stranger(ground.account, nonce=0)
    await ground.chain.mine()
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "broadcast"
    assert await ground.open_alerts() == ["nonce"]

    await ground.chain.mine(2)
    after = await ground.queue()
    assert await ground.settle(intent_id, after) == ["failed", "finalized"]
    assert ground.told.of(intent_id) == ["signed", "failed: nonce"]
    assert (await ground.intent(after)).nonce == 1
    assert await ground.chain.balance(PAYEE) == 1


async def test_a_lane_that_a_stranger_overtook_goes_on_behind_it_and_says_so(ground: Ground) -> None:
    await ground.settle(await ground.queue())
    await ground.chain.send_as_a_stranger(ground.account, nonce=1)
    await ground.chain.mine()
    intent_id = await ground.queue()
    await ground.sender.tick()
    assert await ground.open_alerts() == ["nonce"]
    assert await ground.settle(intent_id) == ["finalized"]
    assert (await ground.intent(intent_id)).nonce == 2
    assert await ground.open_alerts() == [], "what the stranger sent is final, and dealt with"


async def test_a_nonce_that_a_reorg_took_back_from_a_stranger_is_filled(ground: Ground) -> None:
    await ground.settle(await ground.queue())
    await ground.chain.send_as_a_stranger(ground.account, nonce=1)
    await ground.chain.mine()
    intent_id = await ground.queue()
    await ground.sender.tick()
    await ground.chain.mine()
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).nonce == 2
    await ground.chain.reorg(2)
    assert await ground.chain.nonce(ground.address) == 1

    assert await ground.settle(intent_id) == ["finalized"]
    filler = (await ground.all_intents())[1]
    assert (filler.nonce, filler.to_address, filler.value_wei) == (1, ground.address, 0)
    assert await ground.chain.balance(PAYEE) == 2


async def test_a_signer_without_money_alarms_and_its_transactions_go_out_when_there_is_some(ground: Ground) -> None:
    await ground.chain.fund(ground.address, wei=1)
    intent_id = await ground.queue(0)
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "signed"
    assert await ground.open_alerts() == ["balance"]
    await ground.chain.fund(ground.address)
    assert await ground.settle(intent_id) == ["finalized"]
    assert await ground.open_alerts() == []


async def test_bytes_that_no_node_takes_are_given_up_without_leaving_their_nonce_behind(ground: Ground) -> None:
    """A gas limit above the block's is refused for ever: an empty transfer uses the nonce, and the lane goes on."""
    blocks_get_smaller = 100_000

    def stop(step: StrEnum) -> None:
        if step is Step.SIGNED:
            raise Stopped

    policy = replace(POLICY, gas_margin_percent=1_000_000)
    intent_id = await ground.queue()
    greedy = make_sender(ground.chain.rpc, ground.sessions, ground.told, policy=policy, reached=stop)
    with pytest.raises(Stopped):
        await greedy.tick()
    await ground.chain.set_gas_limit(blocks_get_smaller)
    await ground.sender.tick()
    assert await ground.open_alerts() == ["transaction"], "the empty one that took its nonce resolves nothing"
    after = await ground.queue()
    assert await ground.settle(intent_id, after) == ["cancelled", "finalized"]
    assert ground.told.of(intent_id)[-1] == "failed: fatal"
    assert await ground.chain.balance(PAYEE) == 1
    assert await ground.open_alerts() == [], "a node takes what this signer sends again"


async def test_no_gas_limit_is_above_what_a_block_has_whatever_the_margin_and_policy(ground: Ground) -> None:
    policy = replace(POLICY, gas_margin_percent=1_000_000, max_gas=10**12)
    await ground.chain.set_gas_limit(1_000_000)
    intent_id = await ground.queue()
    await make_sender(ground.chain.rpc, ground.sessions, ground.told, policy=policy).tick()
    assert [gas_limit_of(attempt.raw) for attempt in await ground.attempts(intent_id)] == [500_000]
    assert await ground.settle(intent_id) == ["finalized"]


async def test_nothing_new_is_signed_while_the_mirror_is_frozen(ground: Ground, frozen_mirror: None) -> None:
    before = await ground.queue()
    await ground.sender.tick()
    assert (await ground.intent(before)).status == "queued"


@pytest.mark.parametrize("status", ["cancelled", "failed"])
async def test_an_intent_that_was_ended_while_it_was_simulated_is_not_signed(
    ground: Ground, database_url: str, status: str
) -> None:
    """As when another process cancels it: the status is read again under the lock that assigns the nonce."""
    intent_id = await ground.queue()

    def end(step: StrEnum) -> None:
        if step is Step.SIMULATED:
            with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("UPDATE intents SET status = %s", (status,))

    await make_sender(ground.chain.rpc, ground.sessions, ground.told, reached=end).tick()
    assert ((await ground.intent(intent_id)).status, await ground.attempts(intent_id)) == (status, [])
    assert (await ground.lane()).next_nonce == 0
    assert await ground.chain.balance(ground.address) == 100 * ETHER
