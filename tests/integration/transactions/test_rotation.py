"""One key takes over from another: no nonce is left behind, nothing is sent twice, and nothing waits."""

import uuid
from enum import StrEnum

import psycopg
import pytest
from eth_account import Account

from orchestrator.db.models import Intent
from orchestrator.transactions.rotation import (
    Duty,
    NobodyElse,
    UnknownSigner,
    activate_signer,
    load_signers,
    retire_signer,
    signers_in_need,
    standings,
)
from orchestrator.transactions.senders import Senders
from orchestrator.transactions.steps import Step
from tests.integration.transactions.ground import CHAIN_ID, KEY, NEXT_KEY, PAYEE, Ground, make_senders
from tests.integration.transactions.test_crashes import crash

OLD, NEW = (Account.from_key(key).address.lower() for key in (KEY, NEXT_KEY))


@pytest.fixture
async def senders(ground: Ground) -> Senders:
    await ground.chain.fund(NEW)
    senders = make_senders(ground.chain.rpc, ground.sessions, ground.told)
    await senders.recover()
    return senders


async def retire(ground: Ground, address: str = OLD) -> None:
    async with ground.sessions.begin() as session:
        await retire_signer(session, CHAIN_ID, address)


async def duties(ground: Ground) -> dict[str, Duty]:
    async with ground.sessions() as session:
        return {one.address: one.duty for one in await standings(session, CHAIN_ID)}


async def settle(ground: Ground, senders: Senders, *intent_ids: uuid.UUID) -> list[tuple[str, str | None, int | None]]:
    """Until all are final: how each ended, and with whose nonce."""
    found: list[Intent] = []
    for _ in range(100):
        await senders.tick()
        found = [await ground.intent(intent_id) for intent_id in intent_ids]
        if all(intent.finished_at for intent in found):
            return [(intent.status, intent.signer, intent.nonce) for intent in found]
        await ground.chain.mine()
    raise AssertionError(f"not final: {[(intent.status, intent.error) for intent in found]}")


async def test_the_first_key_signs_and_the_others_stand_by(ground: Ground, senders: Senders) -> None:
    first, second = await ground.queue(), await ground.queue()
    assert await settle(ground, senders, first, second) == [("finalized", OLD, 0), ("finalized", OLD, 1)]
    assert await duties(ground) == {OLD: Duty.ACTIVE, NEW: Duty.STANDING_BY}


async def test_a_retired_key_sees_through_what_it_signed_while_the_next_one_signs_what_is_new(
    ground: Ground, senders: Senders
) -> None:
    before = await ground.queue()
    await senders.tick()
    await retire(ground)
    after = await ground.queue()
    await senders.tick()
    assert [(await ground.intent(one)).signer for one in (before, after)] == [OLD, NEW]
    await ground.chain.rpc.call("anvil_dropAllTransactions")
    assert await settle(ground, senders, before, after) == [("finalized", OLD, 0), ("finalized", NEW, 0)]
    assert await duties(ground) == {OLD: Duty.RETIRED, NEW: Duty.ACTIVE}
    assert await ground.chain.balance(PAYEE) == 2


async def test_what_a_retired_key_has_in_flight_is_replaced_when_fees_rise(ground: Ground, senders: Senders) -> None:
    intent_id = await ground.queue()
    await senders.tick()
    await retire(ground)
    attempt = (await ground.attempts(intent_id))[0]
    await ground.chain.set_base_fee(2 * attempt.max_fee_per_gas_wei)
    await ground.chain.mine()
    assert await settle(ground, senders, intent_id) == [("finalized", OLD, 0)]
    assert len(await ground.attempts(intent_id)) > 1


async def test_a_retirement_between_simulation_and_signature_is_seen_by_the_transaction_that_signs(
    ground: Ground, senders: Senders, database_url: str
) -> None:
    intent_id = await ground.queue()

    def retired(step: StrEnum) -> None:
        if step is Step.SIMULATED:
            with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("UPDATE signers SET retired_at = now() WHERE place = 0")

    await make_senders(ground.chain.rpc, ground.sessions, ground.told, reached=retired).tick()
    assert (await ground.intent(intent_id)).status == "queued"
    assert await settle(ground, senders, intent_id) == [("finalized", NEW, 0)]


async def test_a_key_that_is_taken_back_signs_again_in_its_place(ground: Ground, senders: Senders) -> None:
    await retire(ground)
    async with ground.sessions.begin() as session:
        await activate_signer(session, CHAIN_ID, OLD)
    assert await settle(ground, senders, await ground.queue()) == [("finalized", OLD, 0)]


async def test_the_last_key_can_not_be_retired_nor_one_that_nobody_knows(ground: Ground, senders: Senders) -> None:
    await retire(ground)
    with pytest.raises(NobodyElse, match="no other key than"):
        await retire(ground, NEW)
    with pytest.raises(UnknownSigner):
        await retire(ground, PAYEE)
    assert await duties(ground) == {OLD: Duty.RETIRED, NEW: Duty.ACTIVE}


async def test_nobody_asks_for_the_balance_of_a_retired_key_with_nothing_in_flight(
    ground: Ground, senders: Senders
) -> None:
    intent_id = await ground.queue()
    await senders.tick()
    await retire(ground)
    async with ground.sessions() as session:
        assert set(await signers_in_need(session, CHAIN_ID)) == {OLD, NEW}
    await settle(ground, senders, intent_id)
    async with ground.sessions.begin() as session:
        assert await signers_in_need(session, CHAIN_ID) == [NEW]
        await load_signers(session, CHAIN_ID, [NEW])
    assert await duties(ground) == {OLD: Duty.RETIRED, NEW: Duty.ACTIVE}


@pytest.mark.parametrize("step", [Step.SIGNED_UNCOMMITTED, Step.SIGNED, Step.BROADCAST_UNRECORDED])
async def test_killed_before_and_after_a_rotation_each_intent_is_mined_once(
    ground: Ground, senders: Senders, database_url: str, anvil: str, step: Step
) -> None:
    ids = [await ground.queue() for _ in range(3)]
    await crash(database_url, anvil, Step.SIGNED)
    assert (await ground.intent(ids[0])).signer == OLD
    await retire(ground)
    await crash(database_url, anvil, step)
    await senders.recover()
    assert await settle(ground, senders, *ids) == [
        ("finalized", OLD, 0),
        ("finalized", NEW, 0),
        ("finalized", NEW, 1),
    ]
    assert await ground.chain.balance(PAYEE) == 3
    assert [await ground.chain.nonce(address) for address in (OLD, NEW)] == [1, 2]
