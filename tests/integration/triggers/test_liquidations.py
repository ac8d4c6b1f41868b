"""Liquidations by our own keeper: only where policy wants them, once, and for no less than it says."""

from dataclasses import replace

import pytest

from orchestrator.credit.units import Bps
from orchestrator.triggers.keeping import KeeperPolicy
from orchestrator.triggers.liquidating import LiquidationPolicy
from tests.integration.mirror.ground import ADMIN, HOUR, KEEPER, USDC
from tests.integration.triggers.ground import POLICY, Service

TREASURY = "0x" + "7e" * 20
LIQUIDATES = replace(POLICY, keeping=KeeperPolicy(LiquidationPolicy(TREASURY, Bps(100))))


async def settle(service: Service) -> None:
    """With an engine that liquidates."""
    service.engine = service.another_engine(LIQUIDATES)
    await service.settle()


async def balance(service: Service, token: str, owner: str) -> int:
    return int(await service.ground.view(token, "LocalToken", "balanceOf", owner))


@pytest.mark.parametrize("draw", [600 * USDC, 900 * USDC])
async def test_an_unhealthy_line_is_liquidated_once_and_the_collateral_goes_where_policy_says(
    service: Service, draw: int
) -> None:
    line = await service.drawn_line(draw=draw, reserve=0)
    before = await balance(service, "USDC", KEEPER.address)
    await service.ground.push(350 * 10**8)
    await settle(service)
    (trigger,) = await service.triggers()
    (intent,) = await service.intents()
    assert (trigger.action, trigger.line_id, trigger.status) == ("liquidate", line, "done")
    assert (intent.status, intent.to_address) == ("finalized", service.book.vault.lower())
    assert "above 80 %: it is liquidated" in trigger.why
    assert await service.open_alerts() == []
    paid = before - await balance(service, "USDC", KEEPER.address)
    taken_worth = await balance(service, "WETH", TREASURY) * 350 * 10**6 // 10**18
    assert 0 < paid <= trigger.pays * 1_001 // 1_000 + 1
    assert paid < taken_worth


async def test_a_line_in_default_is_liquidated_whatever_its_health(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.wait(49 * HOUR)
    await settle(service)
    (trigger,) = await service.triggers()
    assert (trigger.action, trigger.status) == ("liquidate", "done")
    assert trigger.why == "its bill is unpaid beyond the grace period: it is liquidated"
    assert (await service.owed(line))[1] < USDC // 1_000, "but for the fees of the seconds since"


async def test_what_somebody_else_liquidated_first_is_superseded(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.push(350 * 10**8)
    await service.mirror.catch_up()
    engine = service.another_engine(LIQUIDATES)
    await engine.step()
    await service.ground.vault(KEEPER, "liquidate", line, 2**96 - 1, 0, ADMIN.address)
    await service.sender.tick()
    (trigger,) = await service.triggers()
    assert (trigger.status, await service.owed(line) != (0, 0)) == ("superseded", True), trigger.error


async def test_less_collateral_than_policy_takes_is_refused_before_it_costs_anything(service: Service) -> None:
    """The price rises between the decision and the block: the same payment takes less collateral."""
    await service.drawn_line(draw=900 * USDC, reserve=0)
    await service.ground.push(450 * 10**8)
    await service.mirror.catch_up()
    strict = service.another_engine(replace(POLICY, keeping=KeeperPolicy(LiquidationPolicy(TREASURY, Bps(0)))))
    await strict.step()
    await service.ground.push(500 * 10**8)
    await service.sender.tick()
    (trigger,) = await service.triggers()
    assert trigger.status == "failed"
    assert "SeizedTooLittle" in str(trigger.error)
    assert await balance(service, "WETH", TREASURY) == 0
