"""What a seed decides: which process is killed at which step, and how the round of events is spread over blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Final

from orchestrator.transactions.steps import Step
from orchestrator.triggers.steps import EngineStep

ENGINE: Final = "engine"
SENDER: Final = "sender"

STEPS: Final[Sequence[tuple[str, StrEnum]]] = [
    *((ENGINE, step) for step in EngineStep),
    *((SENDER, step) for step in Step),
]
MOST_KILLS: Final = 6
MOST_PASSES: Final = 3


@dataclass(frozen=True, slots=True)
class Kill:
    """A process is killed with SIGKILL when it passes a step for the ``nth`` time since it started."""

    process: str
    step: StrEnum
    nth: int = 1

    def __str__(self) -> str:
        return f"{self.process}: {self.step.value} ({self.nth})"


@dataclass(frozen=True, slots=True)
class Plan:
    """Attributes:
    kills: in the order in which each process meets its own; a process that is started again gets its next.
    batch_size: mandates in a transaction at most.
    blocks_between: how many blocks are mined between one event and the next.
    """

    seed: int
    kills: tuple[Kill, ...]
    batch_size: int
    blocks_between: int


def plan_of(seed: int) -> Plan:
    """The first seeds kill once, at one step each, in order; all others in random sequences."""
    random = Random(seed)
    if seed < len(STEPS):
        process, step = STEPS[seed]
        kills: tuple[Kill, ...] = (Kill(process, step),)
    else:
        kills = tuple(
            Kill(*random.choice(STEPS), random.randint(1, MOST_PASSES)) for _ in range(random.randint(2, MOST_KILLS))
        )
    return Plan(seed, kills, random.choice((1, 2, 20)), random.randint(0, 4))
