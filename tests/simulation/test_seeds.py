"""Ten seeds of the simulation; ``make simulate SEEDS=a..b`` runs as many as you like."""

import pytest

from tests.simulation.outcome import outcome_of_seed
from tests.simulation.workshop import Workshop


@pytest.mark.parametrize("seed", range(10))
async def test_the_mirror_comes_out_right_whatever_goes_wrong(workshop: Workshop, seed: int) -> None:
    """Invariants 1 to 5, 9 and 13, pitfalls 20 to 26."""
    outcome = await outcome_of_seed(seed, workshop)
    assert outcome.failure is None, str(outcome)
