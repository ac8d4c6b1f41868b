"""Two engines and two senders at once, for a few seconds; ``make duel MINUTES=10`` runs longer."""

import asyncio
from collections.abc import Iterator

import pytest

from scripts.local.part import Part
from tests.conftest import LocalParts
from tests.simulation.crashes.duel import duel, lines_that_fire_hourly, takeover_limit_s
from tests.simulation.crashes.world import SAFE_BEHIND, World, open_world


@pytest.fixture
def hourly(local_parts: LocalParts, postgres: Part) -> Iterator[World]:
    anvil = local_parts.anvil(safe_behind=SAFE_BEHIND)
    yield asyncio.run(open_world(local_parts.runtime, anvil.url, lines_that_fire_hourly))
    local_parts.end(anvil)


async def test_two_of_each_pay_each_occurrence_once_and_take_over_from_one_another(hourly: World) -> None:
    """Invariants 6 and 7, pitfall 30: whoever is killed, or frozen and woken."""
    async with hourly.place() as place:
        report = await duel(place, seconds=12, seed=1)
    assert report.firings >= 4
    assert report.kills + report.freezes > 0
    assert report.longest_s <= takeover_limit_s(), str(report)
