"""A simulation is worth what it finds: each test takes one defence out of the mirror, and is told so."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.chain import reader
from orchestrator.chain.blocks import ChainLog, Header, parse_log
from orchestrator.chain.reader import InDoubt
from orchestrator.mirror import commit, follow, rewind
from tests.simulation import simulation
from tests.simulation.faults import Fault
from tests.simulation.ground import Ground
from tests.simulation.operations import Author
from tests.simulation.outcome import outcome_of
from tests.simulation.plan import Act, Due, Grow, Misanswer, Plan, PlannedBlock, Reorg
from tests.simulation.workshop import Workshop

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of connections that a task was cut off from

BLOCKS = 6
CAUGHT_UP = 40
"""Requests after which the indexer has mirrored so few blocks."""
SEEN = 10
"""Requests after which it has come across a fault."""


class Writer:
    """Writes blocks that are busy enough for every defect to show."""

    def __init__(self, ground: Ground) -> None:
        self._author = Author(Random(7), ground)
        self._at = ground.head_timestamp

    def blocks(self, count: int = BLOCKS, operations: int = 3) -> tuple[PlannedBlock, ...]:
        return tuple(self._block(operations) for _ in range(count))

    def ending(self) -> tuple[PlannedBlock, ...]:
        self._at += 12
        return (PlannedBlock(self._at, tuple(self._author.rounds())),)

    def _block(self, operations: int) -> PlannedBlock:
        self._at += 12
        return PlannedBlock(self._at, tuple(self._author.next() for _ in range(operations)))


def logs_left_out(writer: Writer) -> Sequence[Act]:
    return [Misanswer(0, Fault.LOGS_LEFT_OUT, 0), Grow(writer.blocks(1))]


def a_reorg(writer: Writer) -> Sequence[Act]:
    return [Reorg(4, writer.blocks(5))]


def plan(workshop: Workshop, acts: Any) -> Plan:
    """As a task, so that what is patched here is patched in it."""
    writer = Writer(workshop.deployed.ground)
    before = writer.blocks()
    at_once = [Due(0 if n else CAUGHT_UP, act) for n, act in enumerate(acts(writer))]
    due = (*at_once, Due(SEEN, Grow(writer.blocks(1))))
    return Plan(seed=0, as_process=False, before=before, acts=due, after=writer.ending())


async def failure(workshop: Workshop, acts: Any) -> str:
    outcome = await outcome_of(plan(workshop, acts), workshop)
    return outcome.failure or "nothing was found"


async def test_without_a_defect_nothing_is_found(workshop: Workshop) -> None:
    assert await failure(workshop, lambda writer: [*logs_left_out(writer), *a_reorg(writer)]) == "nothing was found"


async def test_logs_that_are_believed_without_proof(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def believed(_header: Header, receipts: Any) -> list[ChainLog]:
        return [parse_log(log) for receipt in receipts for log in receipt["logs"]]

    monkeypatch.setattr(reader, "prove_logs", believed)
    assert "differ from those of a mirror that saw no fault" in await failure(workshop, logs_left_out)


async def test_a_rewind_that_takes_no_event_back(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewind, "_TAKE_BACK", text("SELECT :chain_id, :ancestor"))
    assert "invariant 1: what stands of the events told is of canonical logs" in await failure(workshop, a_reorg)


async def test_a_rewind_that_throws_orphans_away(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgetful(connection: AsyncConnection, chain_id: int, ancestor: int) -> None:
        await rewind.rewind(connection, chain_id, ancestor)
        await connection.execute(text("DELETE FROM blocks WHERE NOT canonical"))

    monkeypatch.setattr(commit, "rewind", forgetful)
    assert "invariant 4" in await failure(workshop, a_reorg)


async def test_lines_that_do_not_follow_their_versions(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lazy(*_arguments: object) -> None:
        pass

    monkeypatch.setattr(commit, "update_lines", lazy)
    assert "a line is its newest version" in await failure(workshop, a_reorg)


async def test_a_reorg_that_is_never_repaired(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mirror that tries for ever: nothing waits for ever here."""

    async def at_a_loss(*_arguments: object) -> None:
        raise InDoubt("a provider", "no ancestor today")

    monkeypatch.setattr(follow, "find_ancestor", at_a_loss)
    monkeypatch.setattr(simulation, "DEADLINES_S", {"history": 20.0, "calm": 3.0, "verdict": 20.0})
    assert "Stuck: the phase 'calm' was not over after 3 s" in await failure(workshop, a_reorg)
