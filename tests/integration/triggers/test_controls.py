"""What an operator does to repayments that are on their way, and a price that moves too far."""

import asyncio
import json
from dataclasses import replace
from uuid import UUID

import pytest
from typer.testing import CliRunner

from orchestrator.credit.units import Bps
from orchestrator.triggers.store import RetryPolicy
from scripts.cli import cancel, pause, resume, retry
from tests.integration.mirror.ground import PRICE
from tests.integration.triggers.ground import POLICY, Service, ltv_mandate, make_sender

FALLEN = 400 * 10**8


@pytest.fixture
def operator(monkeypatch: pytest.MonkeyPatch, database_url: str) -> CliRunner:
    monkeypatch.setenv("DATABASE_URL", database_url.replace("+psycopg", ""))
    monkeypatch.setenv("COVENANT_CHAIN_ID", "31337")
    return CliRunner()


async def fallen(service: Service) -> UUID:
    """A repayment is called for; its intent."""
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)
    await service.evaluate()
    (intent,) = await service.intents()
    return intent.id


async def in_thread(operator: CliRunner, command: object, *arguments: str) -> dict[str, object]:
    """The commands run a loop of their own."""
    result = await asyncio.to_thread(operator.invoke, command.app, [*arguments, "--json"])  # type: ignore[attr-defined]
    assert result.exit_code == 0, result.output
    answer: dict[str, object] = json.loads(result.output)
    return answer


async def test_a_repayment_that_was_cancelled_is_not_sent_again_until_somebody_retries_it(
    service: Service, operator: CliRunner
) -> None:
    intent_id = await fallen(service)
    assert (await in_thread(operator, cancel, str(intent_id)))["cancelled"] == "at once"
    await service.ground.mine()
    await service.settle()
    assert [(one.status, one.generation) for one in await service.triggers()] == [("cancelled", 0)]
    assert (await in_thread(operator, retry, str(intent_id)))["triggers"] == 1
    await service.ground.mine()
    await service.settle()
    assert [(one.status, one.generation) for one in await service.triggers()] == [("cancelled", 0), ("done", 1)]


async def test_a_pause_holds_repayments_back_and_forgets_none(service: Service, operator: CliRunner) -> None:
    assert await in_thread(operator, pause, "--reason", "the feed is odd") == {"paused": True, "was_paused": False}
    assert (await in_thread(operator, pause))["was_paused"] is True
    await fallen(service)
    await service.settle()
    assert [one.status for one in await service.triggers()] == ["pending"]
    lifted = await in_thread(operator, resume)
    assert lifted == {"lifted": [{"cause": "operator", "reason": "the feed is odd"}]}
    await service.settle()
    assert [one.status for one in await service.triggers()] == ["done"]


async def test_a_price_that_jumps_stops_the_sending_and_what_fires_waits(service: Service, operator: CliRunner) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate())
    watchful = service.another_engine(replace(POLICY, price_jump_bps=Bps(5_000)))
    await service.mirror.catch_up()
    await watchful.step()
    for answer in (PRICE // 2, FALLEN // 2):
        await service.ground.push(answer)
        await service.mirror.catch_up()
        await watchful.step()
    await service.sender.tick()
    assert [one.status for one in await service.triggers()] == ["pending"]
    (alert,) = (message for message in await service.open_alerts() if "nothing new is sent" in message)
    assert "price_jump: the price of market 1 moved by -80 %" in alert
    await service.ground.push(FALLEN)
    await in_thread(operator, resume)
    await service.settle()
    assert [one.status for one in await service.triggers()] == ["done"]


async def test_a_repayment_whose_fee_does_not_pay_for_its_gas_is_skipped_and_says_why_until_policy_wants_it(
    service: Service,
) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate(feeBps=0))
    service.engine = service.another_engine(replace(POLICY, wrapped_native=service.ground.addresses["WETH"]))
    await service.ground.push(FALLEN)
    await service.evaluate()
    await service.sender.tick()
    (skipped,) = await service.triggers()
    (intent,) = await service.intents()
    assert (skipped.status, intent.status, intent.error_kind) == ("skipped", "failed", "unprofitable")
    assert str(skipped.error).startswith("the keeper's fee is worth 0 wei, and the gas costs ")
    assert await service.open_alerts() == [], "nothing is wrong with it"

    patient = service.another_engine(replace(POLICY, retries=RetryPolicy(first_pause_s=0, skipped_pause_s=3_600)))
    await service.ground.mine()
    await service.mirror.catch_up()
    evaluation = await patient.step()
    assert evaluation is not None
    assert evaluation.stored == 0, "not at every block while gas is dear"

    service.sender = make_sender(service.sessions, service.ground.rpc, only_profitable=False)
    await service.ground.mine()
    await service.settle()
    assert [(one.status, one.generation) for one in await service.triggers()] == [("skipped", 0), ("done", 1)]


async def test_a_fee_that_pays_for_the_gas_is_earned(service: Service) -> None:
    line = await service.drawn_line()
    await service.ground.register_mandate(line, **ltv_mandate(feeBps=100))
    service.engine = service.another_engine(replace(POLICY, wrapped_native=service.ground.addresses["WETH"]))
    await service.ground.push(FALLEN)
    await service.settle()
    (trigger,) = await service.triggers()
    assert trigger.status == "done"
    assert trigger.fee_worth_wei
