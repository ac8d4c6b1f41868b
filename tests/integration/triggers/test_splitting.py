"""A batch that needs more gas than a transaction may have goes out in parts; what is too large alone says why."""

from sqlalchemy import select

from orchestrator.chain.quantities import quantity
from orchestrator.db.models import Attempt
from tests.integration.transactions.ground import gas_limit_of
from tests.integration.triggers.ground import Service, ltv_mandate, make_sender

FALLEN = 400 * 10**8
ROOM_FOR_ONE = 1_250_000
"""A firing is called with a million units of gas or not at all, though it uses a fraction of it."""


async def fallen(service: Service, lines: int) -> None:
    for _ in range(lines):
        line = await service.drawn_line()
        await service.ground.register_mandate(line, **ltv_mandate())
    await service.ground.push(FALLEN)


async def gas_limits(service: Service) -> list[int]:
    """Of all that was signed."""
    async with service.sessions() as session:
        return [gas_limit_of(raw) for raw in await session.scalars(select(Attempt.raw))]


async def test_a_batch_that_is_too_large_is_split_until_it_fits(service: Service) -> None:
    await fallen(service, 3)
    service.sender = make_sender(service.sessions, service.ground.rpc, max_gas=ROOM_FOR_ONE)
    await service.settle()
    assert [trigger.status for trigger in await service.triggers()] == ["done"] * 3
    whole, *parts = await service.intents()
    assert (whole.status, whole.error_kind, whole.nonce) == ("cancelled", "too_large", None)
    assert str(whole.error).endswith(f"more than the {ROOM_FOR_ONE} allowed: it goes out in 2 parts")
    sent = [part for part in parts if part.nonce is not None]
    assert {part.status for part in sent} == {"finalized"}
    assert sorted(part.nonce for part in sent if part.nonce is not None) == list(
        range(min(part.nonce or 0 for part in sent), min(part.nonce or 0 for part in sent) + len(sent))
    )


async def test_a_batch_that_needs_more_than_half_of_a_block_goes_out_in_parts_that_do_not(
    reorg_service: Service,
) -> None:
    """Blocks are half full on average, so what needs more than half of one would wait for an emptier one."""
    service = reorg_service
    await fallen(service, 3)
    await service.ground.rpc.call("evm_setBlockGasLimit", [quantity(2 * ROOM_FOR_ONE)])
    await service.ground.mine()
    await service.settle()
    assert [trigger.status for trigger in await service.triggers()] == ["done"] * 3
    whole, *parts = await service.intents()
    assert (whole.status, whole.error_kind, whole.nonce) == ("cancelled", "too_large", None)
    assert str(whole.error).endswith(f"more than the {ROOM_FOR_ONE} allowed: it goes out in 2 parts")
    assert {part.status for part in parts} == {"finalized"}
    assert max(await gas_limits(service)) <= ROOM_FOR_ONE


async def test_what_is_too_large_alone_fails_and_says_why(service: Service) -> None:
    await fallen(service, 1)
    await service.evaluate()
    await make_sender(service.sessions, service.ground.rpc, max_gas=100_000).tick()
    (trigger,) = await service.triggers()
    assert trigger.status == "failed"
    assert str(trigger.error).endswith("more than the 100000 allowed")


async def test_a_batch_that_a_block_has_no_gas_for_is_refused_by_the_contract_and_split(reorg_service: Service) -> None:
    """`TooLittleGas`: the trigger contract fires an item with enough gas or not at all, however the batch is sent.

    One alone still needs more than half of such a block, and goes out all the same: it has no parts.
    """
    service = reorg_service
    service.sender = make_sender(service.sessions, service.ground.rpc, gas_margin_percent=0)
    await fallen(service, 3)
    await service.ground.rpc.call("evm_setBlockGasLimit", [quantity(ROOM_FOR_ONE)])
    await service.ground.mine()
    await service.settle()
    whole = (await service.intents())[0]
    assert (whole.status, whole.error_kind, whole.nonce) == ("cancelled", "too_large", None)
    assert str(whole.error).startswith("TooLittleGas(")
    assert [trigger.status for trigger in await service.triggers()] == ["done"] * 3
