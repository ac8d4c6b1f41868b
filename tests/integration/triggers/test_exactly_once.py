"""However often, by however many and through whatever reorg a block is evaluated: one live intent for each key."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import update

from orchestrator.db.models import Cursor, EngineCursor, Trigger
from orchestrator.triggers.store import RetryPolicy
from tests.integration.mirror.ground import BORROWER, HOUR, PRICE, USDC
from tests.integration.triggers.ground import POLICY, SAFE_BEHIND, Service, ltv_mandate

FALLEN = 400 * 10**8


async def threshold_crossed(service: Service, lines: int = 1) -> list[int]:
    """Lines whose LTV mandates fire at the head of the chain, which is mirrored and not yet evaluated."""
    opened = [await service.drawn_line() for _ in range(lines)]
    for line in opened:
        await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)
    await service.mirror.catch_up()
    return opened


async def forget_evaluation(service: Service) -> None:
    """As if the engine had never evaluated anything: what a restored backup or a new engine looks like."""
    async with service.sessions.begin() as session:
        await session.execute(update(EngineCursor).values(block_number=-1, block_hash="0x" + "00" * 32))


async def test_a_head_that_is_evaluated_again_changes_nothing(service: Service) -> None:
    await threshold_crossed(service)
    assert await service.engine.step() is not None
    assert await service.engine.step() is None
    before = [(one.id, one.status) for one in await service.triggers()]
    for _ in range(3):
        await forget_evaluation(service)
        evaluation = await service.engine.step()
        assert evaluation is not None
        assert (evaluation.stored, evaluation.intents) == (0, 0)
    assert [(one.id, one.status) for one in await service.triggers()] == before
    assert len(await service.intents()) == 1


async def test_invariant_6_many_engines_at_once_store_one_live_intent_for_each_key(service: Service) -> None:
    await threshold_crossed(service, lines=4)
    engines = [service.another_engine(replace(POLICY, batch_size=1)) for _ in range(4)]
    await asyncio.gather(*(engine.step() for engine in engines))
    await asyncio.gather(*(engine.step() for engine in engines))
    triggers = await service.triggers()
    assert Counter(one.mandate_hash for one in triggers) == dict.fromkeys({one.mandate_hash for one in triggers}, 1)
    assert (len(triggers), len(await service.intents())) == (4, 4)


async def test_pitfall_34_only_what_was_new_is_sent(service: Service) -> None:
    """Two of three keys are live already: the third alone goes out."""
    await threshold_crossed(service, lines=3)
    await service.engine.step()
    (first,) = await service.intents()
    one, *_ = await service.triggers()
    async with service.sessions.begin() as session:
        await session.execute(
            update(Trigger).where(Trigger.id == one.id).values(status="superseded", finished_at=one.created_at)
        )
    await forget_evaluation(service)
    await service.engine.step()
    again = [trigger for trigger in await service.triggers() if trigger.intent_id != first.id]
    assert [(trigger.mandate_hash, trigger.generation) for trigger in again] == [(one.mandate_hash, 1)]
    assert len(await service.intents()) == 2


async def test_while_a_repayment_is_on_its_way_no_later_head_sends_another(service: Service) -> None:
    await threshold_crossed(service)
    for _ in range(4):
        await service.evaluate()
        await service.sender.tick()
        await service.ground.push(FALLEN - 1)
    await service.settle()
    assert [one.status for one in await service.triggers()] == ["done"]


async def test_a_round_that_a_reorg_took_back_fires_nothing_after_it(reorg_service: Service) -> None:
    (line,) = await threshold_crossed(reorg_service)
    head = await reorg_service.ground.head()
    await reorg_service.engine.step()
    assert len(await reorg_service.triggers()) == 1
    await reorg_service.ground.reorg(1)
    await reorg_service.ground.mine(2)
    evaluation = await reorg_service.evaluate()
    assert evaluation is not None
    assert (evaluation.head.number, evaluation.candidates, evaluation.stored) == (head + 2, 0, 0)
    # The intent that was queued for it finds on the chain that nothing is wanted, and costs nothing.
    await reorg_service.sender.tick()
    (trigger,) = await reorg_service.triggers()
    (intent,) = await reorg_service.intents()
    assert (trigger.status, intent.status, intent.nonce) == ("superseded", "failed", None)
    stored = await reorg_service.ground.view("vault", "CreditVault", "stored", line)
    assert stored["principal"] == 600 * USDC


async def test_a_line_that_a_reorg_took_back_leaves_no_candidate(reorg_service: Service) -> None:
    line = await reorg_service.drawn_line()
    await reorg_service.evaluate()
    assert set(await reorg_service.candidates(line)) == {"liquidate", "terminate"}
    await reorg_service.ground.reorg(5)
    await reorg_service.ground.mine(2)
    await reorg_service.evaluate()
    assert await reorg_service.candidates(line) == {}


async def test_a_revocation_that_a_reorg_took_back_lets_the_mandate_fire(reorg_service: Service) -> None:
    line = await reorg_service.drawn_line()
    mandate = await reorg_service.ground.register_mandate(line, **ltv_mandate())
    await reorg_service.ground.mine(2)
    await reorg_service.ground.send(BORROWER, "trigger", "RepayTrigger", "revoke", mandate["nonce"])
    await reorg_service.evaluate()
    (candidate,) = (row for key, row in (await reorg_service.candidates(line)).items() if key.startswith("0x"))
    assert (candidate.fire_price_e36, candidate.next_due_at) == (None, None)
    await reorg_service.ground.reorg(1)
    await reorg_service.ground.push(FALLEN)
    await reorg_service.settle()
    assert [one.status for one in await reorg_service.triggers()] == ["done"]


async def test_a_reorg_after_the_firing_repeats_it_with_the_same_bytes(reorg_service: Service) -> None:
    await threshold_crossed(reorg_service)
    await reorg_service.evaluate()
    await reorg_service.sender.tick()
    await reorg_service.evaluate()
    await reorg_service.sender.tick()
    assert [one.status for one in await reorg_service.triggers()] == ["mined"]
    await reorg_service.ground.automine(False)
    await reorg_service.ground.reorg(1)
    await reorg_service.evaluate()
    await reorg_service.sender.tick()
    assert [one.status for one in await reorg_service.triggers()] == ["sending"]
    await reorg_service.settle()
    assert [one.status for one in await reorg_service.triggers()] == ["done"]
    assert len(await reorg_service.intents()) == 1


async def test_at_the_safe_block_a_round_is_believed_only_when_its_block_is(service: Service) -> None:
    await threshold_crossed(service)
    careful = service.another_engine(replace(POLICY, evaluate_at="safe"))
    evaluation = await careful.step()
    assert evaluation is not None
    assert evaluation.stored == 0
    await service.ground.mine(SAFE_BEHIND)
    await service.mirror.catch_up()
    evaluation = await careful.step()
    assert evaluation is not None
    assert evaluation.stored == 1


async def test_nothing_is_decided_while_the_mirror_is_frozen(service: Service) -> None:
    await threshold_crossed(service)
    async with service.sessions.begin() as session:
        await session.execute(update(Cursor).values(frozen="a final block was replaced"))
    assert await service.engine.step() is None
    assert await service.triggers() == []


async def test_a_firing_that_fails_is_tried_again_after_a_pause_and_people_are_told_when_it_keeps_failing(
    service: Service,
) -> None:
    """The borrower takes the operator's right back: every attempt is refused in simulation and costs nothing."""
    await threshold_crossed(service)
    await service.ground.vault(BORROWER, "setOperator", service.ground.addresses["trigger"], False)
    patient = service.another_engine(replace(POLICY, retries=RetryPolicy(first_pause_s=3_600)))
    for generation in range(POLICY.retries.alert_after):
        await service.evaluate()
        await service.sender.tick()
        newest = (await service.triggers())[-1]
        assert (newest.generation, newest.status) == (generation, "failed")
        assert str(newest.error).startswith("NotBorrower(")
        await service.ground.mine()
        await service.mirror.catch_up()
        if generation == 0:
            evaluation = await patient.step()
            assert evaluation is not None
            assert evaluation.stored == 0
            await service.ground.mine()
    assert await service.open_alerts() == []
    await service.evaluate()
    (alert,) = await service.open_alerts()
    assert "keeps failing to fire: NotBorrower(" in alert

    await service.ground.vault(BORROWER, "setOperator", service.ground.addresses["trigger"], True)
    await service.settle()
    assert (await service.triggers())[-1].status == "done"
    assert await service.open_alerts() == []


async def test_what_a_stranger_fired_first_is_superseded_and_not_paid_twice(service: Service) -> None:
    """Invariant 8: the contract itself refuses to pay the same bill twice."""
    line = await service.drawn_line()
    mandate = await service.ground.register_mandate(line)
    await service.ground.wait(25 * HOUR)
    await service.evaluate()
    await service.ground.send(BORROWER, "trigger", "RepayTrigger", "fire", mandate, BORROWER.address)
    await service.sender.tick()
    (trigger,) = await service.triggers()
    assert trigger.status == "superseded"
    assert str(trigger.error).startswith("PeriodClosed(")
    await service.settle()
    assert len(await service.triggers()) == 1


@pytest.mark.parametrize("draw", [600 * USDC, 900 * USDC])
async def test_a_line_that_can_be_liquidated_is_told_and_not_touched(service: Service, draw: int) -> None:
    line = await service.drawn_line(draw=draw, reserve=0)
    await service.ground.push(300 * 10**8)
    await service.settle()
    assert await service.triggers() == []
    (alert,) = await service.open_alerts()
    assert alert.startswith(f"line {line} can be liquidated: its debt is ")
    await service.ground.push(PRICE)
    await service.settle()
    assert await service.open_alerts() == []


async def test_a_line_in_default_is_told(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.wait(49 * HOUR)
    await service.settle()
    (alert,) = await service.open_alerts()
    assert alert == f"line {line} can be liquidated: its bill is unpaid beyond the grace period"
