"""From a round, or a bill, to a mined repayment: once."""

import re

from eth_utils.address import to_checksum_address

from tests.integration.mirror.ground import ADMIN, BORROWER, ETHER, HOUR, PRICE, USDC
from tests.integration.triggers.ground import Service, ltv_mandate

FALLEN = 400 * 10**8
"""Two ether are worth 800 dollars: a debt of 600 is at 75 %, above the threshold of 60 %."""


async def test_a_round_that_crosses_the_threshold_is_repaid_from_the_reserve(service: Service) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate())
    evaluation = await service.evaluate()
    assert evaluation is not None
    assert (evaluation.candidates, evaluation.stored) == (0, 0)

    await service.ground.push(FALLEN)
    evaluation = await service.evaluate()
    assert evaluation is not None
    assert (evaluation.stored, evaluation.intents) == (1, 1)
    (trigger,) = await service.triggers()
    assert (trigger.status, trigger.generation, trigger.occurrence) == ("pending", 0, 0)
    assert trigger.feed == service.ground.addresses["feed"]
    assert trigger.price_e36 == FALLEN * 10**36 * 10**6 // (10**8 * 10**18)
    assert trigger.need == trigger.pays
    assert re.search(
        # The interest of the seconds since the draw shows in the last digit, or does not yet.
        r"is 75(\.01)? % of the collateral's value at 400 USDC for one WETH, above 60 %",
        trigger.why,
    )
    assert "from the reserve" in trigger.why

    await service.settle()
    (trigger,) = await service.triggers()
    (intent,) = await service.intents()
    assert (trigger.status, trigger.error, intent.status) == ("done", None, "finalized")
    assert trigger.intent_id == intent.id
    assert intent.mined_at is not None
    assert trigger.cause_seen_at < trigger.created_at < intent.mined_at
    _, debt = await service.owed(line)
    assert debt * 10_000 <= 6_001 * 800 * USDC


async def test_a_bill_is_met_when_it_is_due(service: Service) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line)
    await service.evaluate()
    assert await service.triggers() == []

    await service.ground.wait(25 * HOUR)
    await service.evaluate()
    (trigger,) = await service.triggers()
    assert (trigger.feed, trigger.round_id) == (None, None)
    terms = await service.ground.view("vault", "CreditVault", "terms", line)
    assert trigger.due_at == terms["openedAt"] + 24 * HOUR
    assert trigger.why.startswith("a bill of ")

    await service.settle()
    assert [one.status for one in await service.triggers()] == ["done"]
    assert (await service.owed(line))[0] == 0


async def test_above_the_in_kind_ltv_collateral_pays(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.register_mandate(line, **ltv_mandate(7_000, source=1, capPerPeriod=2 * ETHER))
    await service.ground.push(FALLEN)
    await service.settle()
    (trigger,) = await service.triggers()
    assert trigger.status == "done"
    assert "in kind with" in trigger.why
    state = await service.ground.view("vault", "CreditVault", "stored", line)
    assert state["claimCollateral"] > 0


async def test_a_bill_is_paid_out_of_the_wallet_that_the_borrower_opened(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.send(BORROWER, "USDC", "LocalToken", "approve", service.ground.addresses["trigger"], ETHER)
    await service.ground.register_mandate(line, source=2)
    await service.ground.wait(25 * HOUR)
    await service.settle()
    (trigger,) = await service.triggers()
    assert trigger.status == "done"
    assert trigger.why.endswith("from the borrower's wallet")
    assert (await service.owed(line))[0] == 0


async def test_an_allowance_that_was_taken_back_is_told_and_paid_from_once_it_is_given(service: Service) -> None:
    line = await service.drawn_line(reserve=0)
    await service.ground.register_mandate(line, source=2)
    await service.ground.wait(25 * HOUR)
    await service.evaluate()
    await service.sender.tick()
    (refused,) = await service.triggers()
    assert (refused.status, refused.error) == ("failed", "ZeroAmount()")
    await service.ground.send(BORROWER, "USDC", "LocalToken", "approve", service.ground.addresses["trigger"], ETHER)
    await service.settle()
    assert [one.status for one in await service.triggers()] == ["failed", "done"]
    assert (await service.owed(line))[0] == 0


async def test_many_mandates_go_out_in_one_transaction_and_one_that_fails_holds_nobody_up(service: Service) -> None:
    lines = [await service.drawn_line() for _ in range(3)]
    for line in lines:
        await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)
    await service.evaluate()
    assert len(await service.intents()) == 1
    # Before the batch is mined, the second line's borrower repays: its mandate has nothing to do any more.
    await service.ground.vault(BORROWER, "repay", lines[1], 2**96 - 1)

    await service.settle()
    by_line = {trigger.line_id: trigger for trigger in await service.triggers()}
    assert [by_line[line].status for line in lines] == ["done", "superseded", "done"]
    assert by_line[lines[1]].error == f"NothingDue(id={lines[1]})"


async def test_a_bill_and_a_threshold_at_once_are_worked_out_one_after_the_other(service: Service) -> None:
    """The bill lowers the debt before the LTV mandate is asked what it needs: both fire, and both as foreseen."""
    line = await service.drawn_line(aprBps=10_000)
    await service.ground.register_mandate(line)
    await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.wait(25 * HOUR)
    await service.ground.push(FALLEN)
    await service.settle()
    bill, ltv = sorted(await service.triggers(), key=lambda trigger: trigger.due_at is None)
    assert (bill.status, ltv.status) == ("done", "done")
    assert bill.intent_id == ltv.intent_id
    _, debt = await service.owed(line)
    assert debt * 10_000 <= 6_001 * 800 * USDC


async def test_a_cap_leaves_the_rest_to_the_next_period(service: Service) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate(capPerPeriod=50 * USDC, periodHours=1))
    await service.ground.push(FALLEN)
    await service.settle()
    assert [one.occurrence for one in await service.triggers()] == [0]
    await service.ground.wait(HOUR)
    await service.settle()
    first, second = await service.triggers()
    assert (first.status, second.status) == ("done", "done")
    assert (first.occurrence, second.occurrence) == (0, 1)
    assert second.cause_seen_at >= first.cause_seen_at
    assert first.pays < first.need
    assert "needed from the reserve" in first.why


async def test_a_level_is_paid_once_its_feed_is_beyond_it(service: Service) -> None:
    line = await service.drawn_line()
    feed = service.book.markets[0].feeds[0]
    level = {"kind": 2, "feed": feed, "level": 1_500 * 10**8, "amount": 100 * USDC}
    await service.ground.register_mandate(line, **level)
    await service.evaluate()
    assert await service.triggers() == []
    await service.ground.push(1_499 * 10**8)
    await service.settle()
    (trigger,) = await service.triggers()
    assert (trigger.status, trigger.pays) == ("done", 100 * USDC)
    assert trigger.feed == feed.lower()


async def test_a_share_of_revenue_is_paid_as_revenue_comes_in(service: Service) -> None:
    line = await service.drawn_line()
    feed = await service.ground.deploy("revenue", "LocalFeed", ADMIN.address, 2, "revenue")
    await service.ground.send(ADMIN, "revenue", "LocalFeed", "push", 100_00, await service.ground.now())
    share = {"kind": 3, "feed": to_checksum_address(feed), "shareBps": 1_000}
    await service.ground.register_mandate(line, **share)
    await service.settle()
    assert await service.triggers() == []
    await service.ground.send(ADMIN, "revenue", "LocalFeed", "push", 600_00, await service.ground.now())
    await service.settle()
    (trigger,) = await service.triggers()
    assert (trigger.status, trigger.pays) == ("done", 50 * USDC)


async def test_a_price_that_recovers_fires_nothing(service: Service) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)
    await service.ground.push(PRICE)
    evaluation = await service.evaluate()
    assert evaluation is not None
    assert evaluation.stored == 0
