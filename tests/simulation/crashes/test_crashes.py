"""Killed with ``kill -9`` at every named step, once and in sequences; ``make crash SEEDS=a..b`` runs more."""

import pytest

from tests.simulation.crashes.outcome import outcome_of
from tests.simulation.crashes.plan import STEPS
from tests.simulation.crashes.world import World

IN_SEQUENCES = 5


@pytest.mark.parametrize("seed", range(len(STEPS) + IN_SEQUENCES))
async def test_each_due_repayment_is_mined_once_whoever_is_killed_when(world: World, seed: int) -> None:
    """Pitfalls 29 and 30, invariants 6 and 7: no double intent, no gap, and nothing waits for ever."""
    outcome = await outcome_of(seed, world)
    assert outcome.failure is None, str(outcome)
