"""Ten seeds of the simulation; ``make simulate SEEDS=a..b`` runs as many as you like."""

import pytest

from tests.simulation.outcome import outcome_of_seed
from tests.simulation.workshop import Workshop

pytestmark = pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)  # of connections that a task was cut off from


@pytest.mark.parametrize("seed", range(10))
async def test_the_mirror_comes_out_right_whatever_goes_wrong(workshop: Workshop, seed: int) -> None:
    """All at once what the tests of the mirror name one by one."""
    outcome = await outcome_of_seed(seed, workshop)
    assert outcome.failure is None, str(outcome)
