"""Plays rounds over a book of lines, and after each compares what the engine stores with what brute force says.

Brute force is the contract itself: at each block every mandate is fired by a call of its own, which changes nothing.
No candidate, no mirror and none of our rules is asked. What fires is then really sent, so the book lives on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final, TypeVar

from eth_utils.address import to_checksum_address
from sqlalchemy import func, select

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import RpcRefused
from orchestrator.db.leading import DATABASE_FAILURES
from orchestrator.db.models import Intent, Trigger
from orchestrator.transactions.states import UNMINED, IntentStatus
from tests.integration.mirror.ground import ADMIN, BORROWER, ETHER, KEEPER, USDC, codec
from tests.integration.triggers.ground import Service
from tests.simulation.replays.rounds import FileRound

LONG_HOURS: Final = 24 * 700
DRAWN: Final = 600 * USDC
FIRINGS_AT_MOST: Final = 4
"""So often the engine is asked at one round, while what it fires is mined in between."""

MINED_WITHIN_S: Final = 30
ATTEMPTS: Final = 5

T = TypeVar("T")


@dataclass
class Played:
    """``compared``: blocks at which both were asked."""

    rounds: int = 0
    compared: int = 0
    fired: int = 0
    kinds: dict[str, int] = field(default_factory=dict)


@dataclass
class Book:
    """Lines with one mandate each, by their id: ``firings`` is calldata that fires it; ``kinds`` in words."""

    firings: dict[int, str] = field(default_factory=dict)
    kinds: dict[int, str] = field(default_factory=dict)


async def open_book(service: Service, lines: int, random: Random, first_answer: int) -> Book:
    """Lines around the price at which the replay begins: some near their threshold, some far from it."""
    book = Book()
    feed, contract = to_checksum_address(service.ground.addresses["feed"]), codec("RepayTrigger")
    await service.ground.push(first_answer)
    for _ in range(lines):
        kind, mandate = _mandate(random, first_answer, feed)
        value = DRAWN * 10_000 // random.randrange(2_500, 5_800)
        line = await service.ground.open_line(
            termHours=LONG_HOURS,
            drawWindowHours=24,
            periodHours=random.choice((24, 24 * 7, 24 * 30)),
            minCollateral=value * ETHER * 10**2 // first_answer,
            aprBps=random.choice((500, 3_000)),
        )
        await service.ground.vault(BORROWER, "depositReserve", line, random.choice((0, 100, 400, 4_000)) * USDC or 1)
        await service.ground.vault(BORROWER, "draw", line, DRAWN, BORROWER.address)
        registered = await service.ground.register_mandate(line, **mandate)
        book.firings[line] = "0x" + contract.encode_call("fire", registered, KEEPER.address).hex()
        book.kinds[line] = kind
    return book


async def replay(service: Service, book: Book, rounds: Sequence[FileRound]) -> Played:
    """Raises AssertionError at the first block at which the two differ, with the lines in question."""
    played = Played()
    offset = await service.ground.now() + 60 - next(one.updated_at for one in rounds if one.updated_at)
    for one in rounds:
        await _push(service, one, offset)
        played.rounds += 1
        for _ in range(FIRINGS_AT_MOST):
            if not await _compare(service, book, played, one):
                break
            await _send(service)
    return played


async def _persistently(step: Callable[[], Awaitable[T]]) -> T:
    """As a process does: the database ends a transaction of a process that the machine holds up, and it is repeated."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await step()
        except DATABASE_FAILURES:
            continue
    return await step()


async def _send(service: Service) -> None:
    """All of it, each batch in a block of its own, as the sender's process does: again until nothing waits."""
    async with asyncio.timeout(MINED_WITHIN_S):
        while await _unmined(service):
            await _persistently(service.sender.tick)


async def _unmined(service: Service) -> int:
    """How many transactions wait to be signed, sent or mined, as far as the sender knows."""
    waits = Intent.status.in_(sorted(UNMINED | {IntentStatus.QUEUED}))
    async with service.sessions() as session:
        return (await session.scalar(select(func.count()).select_from(Intent).where(waits))) or 0


async def _push(service: Service, one: FileRound, offset: int) -> None:
    """In a block of the round's own second, or the next one that there is."""
    rpc = service.ground.rpc
    wanted = one.updated_at + offset if one.updated_at else 0
    at = max(wanted, await service.ground.now() + 1)
    await rpc.call("evm_setNextBlockTimestamp", [quantity(at)])
    updated_at = min(wanted, at) if one.updated_at else 0
    await service.ground.send(ADMIN, "feed", "LocalFeed", "push", one.answer, updated_at)


async def _compare(service: Service, book: Book, played: Played, one: FileRound) -> int:
    """How many fired at the head."""
    await service.mirror.catch_up()
    expected = await _brute_force(service, book)
    evaluation = await _persistently(service.engine.step)
    assert evaluation is not None, "a new head is evaluated"
    got = await _stored_at(service, evaluation.head.number)
    assert got == expected, (
        f"round {played.rounds} ({one}), block {evaluation.head.number}: "
        f"only the engine fires {_named(got - expected, book)}, only brute force {_named(expected - got, book)}; "
        f"of those the engine knows {await _newest_triggers(service, expected - got)}"
    )
    played.compared += 1
    played.fired += len(got)
    for line in got:
        played.kinds[book.kinds[line]] = played.kinds.get(book.kinds[line], 0) + 1
    return len(got)


async def _brute_force(service: Service, book: Book) -> set[int]:
    """Lines whose mandate fires at the head, by the contract's own word."""
    trigger = service.ground.addresses["trigger"]
    head = quantity(integer(await service.ground.rpc.call("eth_blockNumber")))
    calls = [
        ("eth_call", [{"from": KEEPER.address, "to": trigger, "data": firing}, head])
        for firing in book.firings.values()
    ]
    answers = await service.ground.rpc.try_batch(calls)
    return {line for line, answer in zip(book.firings, answers, strict=True) if not isinstance(answer, RpcRefused)}


async def _stored_at(service: Service, block_number: int) -> set[int]:
    async with service.sessions() as session:
        query = select(Trigger.line_id).where(Trigger.evaluated_block_number == block_number)
        return set(await session.scalars(query))


async def _newest_triggers(service: Service, lines: Collection[int]) -> list[str]:
    """Why it may have stored nothing anew."""
    query = select(Trigger).where(Trigger.line_id.in_(lines)).order_by(Trigger.evaluated_block_number)
    async with service.sessions() as session:
        newest = {trigger.line_id: trigger for trigger in await session.scalars(query)}
    return [
        f"line {line}: {trigger.status} since block {trigger.evaluated_block_number}, {trigger.error or 'no error'}"
        for line, trigger in sorted(newest.items())
    ]


def _named(lines: set[int], book: Book) -> list[str]:
    return [f"line {line} ({book.kinds[line]})" for line in sorted(lines)]


def _mandate(random: Random, first_answer: int, feed: str) -> tuple[str, dict[str, Any]]:
    hours = random.choice((1, 24, 24 * 30))
    match random.randrange(5):
        case 0:
            return "a bill", {"periodHours": random.choice((24, 24 * 7))}
        case 1:
            cap = random.choice((20, 500)) * USDC
            return "a threshold", {
                "kind": 1,
                "thresholdBps": random.randrange(6_000, 7_500),
                "periodHours": hours,
                "capPerPeriod": cap,
            }
        case 2:
            return "a threshold, in kind", {
                "kind": 1,
                "source": 1,
                "thresholdBps": random.randrange(6_500, 7_800),
                "periodHours": hours,
                "capPerPeriod": random.choice((ETHER // 50, 10 * ETHER)),
            }
        case side:
            above = side == 3
            level = first_answer * random.randrange(101, 125 if above else 102) // 100
            if not above:
                level = first_answer * random.randrange(75, 100) // 100
            return "a level", {
                "kind": 2,
                "feed": feed,
                "above": above,
                "level": level,
                "amount": 5 * USDC,
                "periodHours": hours,
            }
