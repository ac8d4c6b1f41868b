"""What came of one seed, in a form that travels between processes."""

from __future__ import annotations

import time
import traceback
from dataclasses import dataclass

from orchestrator.chain.quantities import integer
from tests.integration.mirror.ground import KEEPER
from tests.simulation.crashes.plan import ENGINE, SENDER, STEPS, Plan, plan_of
from tests.simulation.crashes.play import played
from tests.simulation.crashes.verdict import check
from tests.simulation.crashes.world import Place, World
from tests.simulation.told import Told

LAST_LINES = 25


@dataclass(frozen=True, slots=True)
class Outcome:
    """``failure`` is None when all was as it must be."""

    seed: int
    failure: str | None
    seconds: float
    counts: dict[str, int]
    told: list[str]

    def __str__(self) -> str:
        if self.failure is None:
            return f"seed {self.seed}: passed in {self.seconds:.1f} s, {self.counts['kills']} kills"
        head = f"seed {self.seed}: FAILED after {self.seconds:.1f} s"
        return "\n".join([head, *self.told, self.failure, f"  again: make crash SEEDS={self.seed}"])


async def outcome_of(seed: int, world: World) -> Outcome:
    """Plays and judges one seed. Whatever goes wrong is in the outcome."""
    plan, told, started, kills = plan_of(seed), Told(), time.monotonic(), 0
    failure: str | None = None
    async with world.place() as place:
        try:
            kills = await _play(plan, place, told)
        except (Exception, ExceptionGroup) as error:
            failure = "".join(traceback.format_exception(error)) + _last_words(place)
    return Outcome(seed, failure, time.monotonic() - started, {"kills": kills}, told.lines)


async def _play(plan: Plan, place: Place, told: Told) -> int:
    first_nonce = integer(await place.ground.rpc.call("eth_getTransactionCount", [KEEPER.address, "latest"]))
    async with played(plan, place, told) as stage:
        await check(place.ground, stage.sessions, first_nonce, place.world.mandates)
        if plan.seed < len(STEPS):
            assert stage.killed == list(plan.kills), "the step at which it was to be killed was never passed"
        return len(stage.killed)


def _last_words(place: Place) -> str:
    words = []
    for name in (ENGINE, SENDER):
        log = place.directory / f"{name}.log"
        if log.exists():
            words += [f"the {name}'s last words:", *log.read_text(errors="replace").splitlines()[-LAST_LINES:]]
    return "\n".join(words)
