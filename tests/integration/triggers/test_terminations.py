"""Lines that lend no more are terminated by our own keeper: only where policy wants it, and once."""

from dataclasses import replace

from orchestrator.credit.units import Bps
from orchestrator.triggers.keeping import KeeperPolicy
from orchestrator.triggers.liquidating import LiquidationPolicy
from tests.integration.mirror.ground import BORROWER, HOUR, KEEPER, USDC
from tests.integration.triggers.ground import POLICY, Service, make_sender

TERMINATES = replace(POLICY, keeping=KeeperPolicy(terminates=True))
A_DAY_TO_DRAW = {"drawWindowHours": 24}


async def settle(service: Service) -> None:
    """With an engine that terminates."""
    service.engine = service.another_engine(TERMINATES)
    await service.settle()


async def claimable(service: Service, line_id: int) -> int:
    """What the holder of a line's note may claim of the loan token."""
    state = await service.ground.view("vault", "CreditVault", "stored", line_id)
    return int(state["claimLoan"])


async def test_what_was_left_to_draw_goes_to_the_holder_once_the_window_is_over(service: Service) -> None:
    line = await service.ground.open_line(**A_DAY_TO_DRAW)
    await settle(service)
    assert await service.triggers() == []
    before = await claimable(service, line)
    await service.ground.wait(24 * HOUR)
    await settle(service)
    (trigger,) = await service.triggers()
    (intent,) = await service.intents()
    assert (trigger.action, trigger.line_id, trigger.status) == ("terminate", line, "done")
    assert trigger.why == "its draw window is over: the 1,000 USDC left to draw go to the holder's claim"
    assert (intent.status, intent.description) == ("finalized", f"terminates line {line}")
    assert await claimable(service, line) == before + 1_000 * USDC
    assert (await service.candidates(line))["terminate"].next_due_at is None


async def test_a_default_ends_the_lending_while_the_window_is_open(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.wait(49 * HOUR)
    await settle(service)
    (trigger,) = await service.triggers()
    assert (trigger.action, trigger.status) == ("terminate", "done")
    assert (
        trigger.why == "its bill is unpaid beyond the grace period: the 400 USDC left to draw go to the holder's claim"
    )
    assert await claimable(service, line) >= 400 * USDC


async def test_none_is_sent_unless_policy_wants_it_and_all_are_once_it_does(service: Service) -> None:
    line = await service.ground.open_line(**A_DAY_TO_DRAW)
    await service.ground.wait(48 * HOUR)
    evaluation = await service.evaluate()
    assert evaluation is not None
    assert (evaluation.candidates, await service.triggers()) == (0, [])
    await settle(service)
    (trigger,) = await service.triggers()
    assert (trigger.line_id, trigger.status) == (line, "done")


async def test_what_somebody_else_terminated_first_is_superseded(service: Service) -> None:
    line = await service.ground.open_line(**A_DAY_TO_DRAW)
    await service.ground.wait(24 * HOUR)
    await service.mirror.catch_up()
    await service.another_engine(TERMINATES).step()
    await service.ground.vault(BORROWER, "terminate", line)
    await service.sender.tick()
    (trigger,) = await service.triggers()
    assert trigger.status == "superseded"
    assert "LineTerminated" in str(trigger.error)


async def test_a_line_that_changes_on_the_way_is_terminated_by_the_same_trigger(service: Service) -> None:
    line = await service.ground.open_line(**A_DAY_TO_DRAW)
    await service.ground.wait(24 * HOUR)
    service.engine = service.another_engine(TERMINATES)
    await service.evaluate()
    await service.ground.vault(BORROWER, "depositReserve", line, 1)
    await settle(service)
    (trigger,) = await service.triggers()
    assert trigger.status == "done"


async def test_it_is_sent_for_its_own_sake_also_by_a_sender_that_sends_only_what_pays(service: Service) -> None:
    await service.ground.open_line(**A_DAY_TO_DRAW)
    await service.ground.wait(24 * HOUR)
    service.sender = make_sender(service.sessions, service.ground.rpc, only_profitable=True)
    await settle(service)
    assert [trigger.status for trigger in await service.triggers()] == ["done"]


async def test_a_line_in_default_is_terminated_before_it_is_liquidated(service: Service) -> None:
    """A liquidation that writes the line off terminates it too: in the other order, gas would be lost."""
    await service.drawn_line(reserve=0)
    await service.ground.wait(49 * HOUR)
    both = replace(POLICY, keeping=KeeperPolicy(LiquidationPolicy(KEEPER.address, Bps(100)), terminates=True))
    service.engine = service.another_engine(both)
    await service.settle()
    intents = sorted(await service.intents(), key=lambda intent: intent.nonce or 0)
    assert [(intent.description.split()[0], intent.status) for intent in intents] == [
        ("terminates", "finalized"),
        ("liquidates", "finalized"),
    ]


async def test_people_are_told_of_a_deed_that_keeps_failing_line_by_line(service: Service) -> None:
    """The keeper has no loan tokens that the vault may take: no liquidation of its gets through."""
    for _ in range(2):
        await service.drawn_line(reserve=0)
    await service.ground.send(KEEPER, "USDC", "LocalToken", "approve", service.ground.addresses["vault"], 0)
    await service.ground.wait(49 * HOUR)
    policy = replace(
        POLICY,
        keeping=KeeperPolicy(LiquidationPolicy(KEEPER.address, Bps(100))),
        retries=replace(POLICY.retries, alert_after=1),
    )
    service.engine = service.another_engine(policy)
    for _ in range(3):
        await service.evaluate()
        await service.sender.tick()
        await service.ground.mine()
    told = [message for message in await service.open_alerts() if "our own keeper can't liquidate line" in message]
    assert [message.split(":")[0] for message in told] == [
        "our own keeper can't liquidate line 1",
        "our own keeper can't liquidate line 2",
    ]
