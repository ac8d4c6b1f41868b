"""What keeps the sender from sending, who may lift it, and how one transaction is taken back."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

import psycopg
import pytest
from sqlalchemy import update

from orchestrator.db.models import Cursor, Intent, Reconciliation
from orchestrator.transactions.breaker import BreakerPolicy
from orchestrator.transactions.holds import Cause, lift_holds, place_hold, standing_holds, wait_for_signing
from orchestrator.transactions.requests import Cancelled, TooLate, UnknownTransaction, request_cancellation
from orchestrator.transactions.steps import Step
from tests.integration.transactions.ground import CHAIN_ID, PAYEE, POLICY, Ground, code_that_reverts, make_sender


async def causes(ground: Ground) -> list[str]:
    async with ground.sessions() as session:
        return [hold.cause.value for hold in await standing_holds(session, CHAIN_ID)]


async def hold(ground: Ground, reason: str = "a test") -> None:
    async with ground.sessions.begin() as session:
        await wait_for_signing(session, CHAIN_ID)
        await place_hold(session, CHAIN_ID, Cause.OPERATOR, reason)


async def resume(ground: Ground) -> None:
    async with ground.sessions.begin() as session:
        await lift_holds(session, CHAIN_ID)


async def test_while_it_is_paused_nothing_is_signed_and_afterwards_everything_is(ground: Ground) -> None:
    await hold(ground)
    intent_id = await ground.queue()
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "queued"
    assert await ground.open_alerts() == ["sending_held"]
    await resume(ground)
    assert await ground.settle(intent_id) == ["finalized"]
    assert await ground.open_alerts() == []


async def test_a_pause_between_simulation_and_signature_is_seen_by_the_transaction_that_signs(
    ground: Ground, database_url: str
) -> None:
    intent_id = await ground.queue()

    def pause(step: StrEnum) -> None:
        if step is Step.SIMULATED:
            with psycopg.connect(database_url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("INSERT INTO holds (chain_id, cause, reason) VALUES (31337, 'operator', 'now')")

    await make_sender(ground.chain.rpc, ground.sessions, ground.told, reached=pause).tick()
    assert ((await ground.intent(intent_id)).status, await ground.attempts(intent_id)) == ("queued", [])
    assert (await ground.lane()).next_nonce == 0


async def test_what_was_signed_before_a_pause_is_seen_through(ground: Ground) -> None:
    intent_id = await ground.queue()
    await ground.sender.tick()
    await hold(ground)
    assert await ground.settle(intent_id) == ["finalized"]


async def test_a_pause_is_placed_once_and_keeps_its_first_reason(ground: Ground) -> None:
    await hold(ground, "the first")
    await hold(ground, "the second")
    async with ground.sessions() as session:
        assert [one.reason for one in await standing_holds(session, CHAIN_ID)] == ["the first"]


async def test_too_many_failures_stop_the_sending_until_a_person_resumes_it(ground: Ground) -> None:
    await ground.chain.set_code(PAYEE, code_that_reverts("NothingPaid"))
    strict = make_sender(
        ground.chain.rpc,
        ground.sessions,
        ground.told,
        policy=replace(POLICY, breaker=BreakerPolicy(most_failures=2)),
    )
    for _ in range(3):
        await ground.queue()
    await strict.tick()
    await ground.chain.set_code(PAYEE, "0x")
    intent_id = await ground.queue()
    await strict.tick()
    assert await causes(ground) == ["failures"]
    assert (await ground.intent(intent_id)).status == "queued"
    await resume(ground)
    await strict.tick()
    assert await causes(ground) == []
    assert (await ground.intent(intent_id)).status == "broadcast"


async def test_a_mirror_that_differs_from_the_chain_stops_the_sending(ground: Ground) -> None:
    now = datetime.now(UTC)
    async with ground.sessions.begin() as session:
        session.add(
            Reconciliation(
                id=uuid.uuid4(), chain_id=CHAIN_ID, vault="0x" + "11" * 20, block_number=7, block_hash="0x" + "22" * 32,
                facts_compared=1, equal=False, differences=[{"field": "principal"}], started_at=now, finished_at=now,
            )
        )  # fmt: skip
    intent_id = await ground.queue()
    await ground.sender.tick()
    assert await causes(ground) == ["reconciliation"]
    assert (await ground.intent(intent_id)).status == "queued"
    await resume(ground)
    assert await ground.settle(intent_id) == ["finalized"]


async def test_a_frozen_mirror_stops_the_sending_for_as_long_as_it_is_frozen(
    ground: Ground, frozen_mirror: None
) -> None:
    """Invariant 3: a person must look, even when the mirror goes on by itself."""
    intent_id = await ground.queue()
    await ground.sender.tick()
    await resume(ground)
    await ground.sender.tick()
    assert await causes(ground) == ["finalized_mismatch"]
    async with ground.sessions.begin() as session:
        await session.execute(update(Cursor).values(frozen=None))
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "queued"
    await resume(ground)
    assert await ground.settle(intent_id) == ["finalized"]


async def test_a_dry_run_says_what_it_would_send_and_sends_nothing(ground: Ground) -> None:
    intent_id = await ground.queue()
    dry = make_sender(ground.chain.rpc, ground.sessions, ground.told, policy=replace(POLICY, dry_run=True))
    await dry.tick()
    intent = await ground.intent(intent_id)
    assert (intent.status, intent.nonce, await ground.attempts(intent_id)) == ("queued", None, [])
    assert str(intent.error).startswith("dry run: would be sent with ")
    assert await ground.settle(intent_id) == ["finalized"]


async def cancel(ground: Ground, intent_id: uuid.UUID) -> Cancelled:
    async with ground.sessions.begin() as session:
        return await request_cancellation(session, intent_id)


async def test_what_is_not_signed_is_cancelled_at_once(ground: Ground) -> None:
    intent_id = await ground.queue()
    assert await cancel(ground, intent_id) is Cancelled.AT_ONCE
    await ground.sender.tick()
    assert (await ground.intent(intent_id)).status == "cancelled"
    assert await ground.attempts(intent_id) == []


async def test_what_is_signed_is_replaced_at_its_nonce_by_a_transfer_of_nothing(ground: Ground) -> None:
    intent_id = await ground.queue()
    await ground.sender.tick()
    assert await cancel(ground, intent_id) is Cancelled.REQUESTED
    assert await cancel(ground, intent_id) is Cancelled.REQUESTED
    assert await ground.settle(intent_id) == ["cancelled"]
    attempts = await ground.attempts(intent_id)
    assert [attempt.cancels for attempt in attempts] == [False, True]
    assert await ground.chain.balance(PAYEE) == 0
    assert ground.told.of(intent_id)[-1] == "failed: cancelled"
    after = await ground.queue()
    assert await ground.settle(after) == ["finalized"]
    assert (await ground.intent(after)).nonce == 1


async def test_what_is_mined_can_not_be_cancelled(ground: Ground) -> None:
    intent_id = await ground.queue()
    await ground.settle(intent_id)
    with pytest.raises(TooLate, match="is finalized"):
        await cancel(ground, intent_id)
    with pytest.raises(UnknownTransaction):
        await cancel(ground, uuid.uuid4())
    async with ground.sessions() as session:
        assert (await session.get_one(Intent, intent_id)).cancel_requested_at is None


async def test_what_would_bring_less_than_its_gas_costs_is_left_alone_unless_policy_wants_it(ground: Ground) -> None:
    ground.told.worth = 1
    poor = await ground.queue()
    await ground.sender.tick()
    intent = await ground.intent(poor)
    assert (intent.status, intent.error_kind, intent.nonce) == ("failed", "unprofitable", None)
    assert str(intent.error).startswith("the keeper's fee is worth 1 wei, and the gas costs ")
    assert ground.told.of(poor) == ["failed: unprofitable"]
    ground.told.worth = None
    unknown = await ground.queue()
    await ground.sender.tick()
    ground.told.worth = 10**18
    rich = await ground.queue()
    await ground.sender.tick()
    assert await ground.settle(unknown, rich) == ["finalized", "finalized"]
    ground.told.worth = 1
    wanted = await ground.queue()
    policy = replace(POLICY, only_profitable=False)
    ground.sender = make_sender(ground.chain.rpc, ground.sessions, ground.told, policy=policy)
    assert await ground.settle(wanted) == ["finalized"]
