"""What came of one seed, in a form that travels between processes."""

from __future__ import annotations

import time
import traceback
from dataclasses import asdict, dataclass
from typing import Any

from tests.simulation.plan import Plan, plan_of
from tests.simulation.simulation import simulate
from tests.simulation.stage import Place
from tests.simulation.told import Told
from tests.simulation.workshop import Workshop

INDEXER_LINES = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """``failure`` is None when all was as it must be; ``told`` and ``indexer`` say what happened before it."""

    seed: int
    failure: str | None
    seconds: float
    counts: dict[str, int]
    told: list[str]
    indexer: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        """For people; with all that is needed to understand a failure, and the command that repeats it."""
        if self.failure is None:
            return f"seed {self.seed}: passed in {self.seconds:.1f} s"
        lines = [f"seed {self.seed}: FAILED after {self.seconds:.1f} s", *self.told]
        lines += ["  the indexer's last words:", *(f"    {line}" for line in self.indexer)] if self.indexer else []
        return "\n".join([*lines, self.failure, f"  again: make simulate SEEDS={self.seed}"])


async def outcome_of_seed(seed: int, workshop: Workshop) -> Outcome:
    """Plans, plays and judges one seed. Whatever goes wrong is in the outcome."""
    return await outcome_of(plan_of(seed, workshop.deployed.ground), workshop)


async def outcome_of(plan: Plan, workshop: Workshop) -> Outcome:
    """The same of a plan that is there."""
    async with workshop.place() as place:
        told, started = Told(), time.monotonic()
        failure: str | None = None
        try:
            await simulate(plan, place, told)
        except Exception as error:
            failure = _in_words(error)
        seconds = time.monotonic() - started
        counts = dict(told.counts) | {"as process": int(plan.as_process)}
        return Outcome(plan.seed, failure, seconds, counts, told.lines, _last_words(plan, place) if failure else [])


def _in_words(error: BaseException) -> str:
    if isinstance(error, BaseExceptionGroup):
        return "\n".join(_in_words(one) for one in error.exceptions)
    if isinstance(error, AssertionError) and str(error):
        return f"  {type(error).__name__}: {error}"
    return "".join(traceback.format_exception(error))


def _last_words(plan: Plan, place: Place) -> list[str]:
    log = place.directory / "indexer.log"
    return log.read_text(errors="replace").splitlines()[-INDEXER_LINES:] if plan.as_process and log.exists() else []
