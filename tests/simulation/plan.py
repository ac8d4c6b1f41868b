"""What a seed decides: the blocks of a history, how branches replace one another, and what goes wrong when.

Moments are counted in requests that the indexer makes, not in seconds: a slow machine changes nothing of the plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from tests.simulation.faults import Fault
from tests.simulation.ground import Ground
from tests.simulation.operations import Author, Operation

PROVIDERS: Final = 2
DEEPEST_REORG: Final = 60
FINALITY_DEPTH: Final = 64
"""anvil's, as the simulation starts it."""

BLOCK_TIME_S: Final = 12

_STEPS_S: Final = (1, *8 * (BLOCK_TIME_S,), 600, 3_600, 25 * 3_600)
"""Between blocks; now and then a day, so that bills come due."""

TABLES: Final = ("leases", "cursors", "blocks", "logs", "line_versions", "lines", "outbox_events")
"""Where a transaction of the indexer can be held until the moment at which it is cut."""


@dataclass(frozen=True, slots=True)
class PlannedBlock:
    """A block of the second ``at``."""

    at: int
    operations: tuple[Operation, ...] = ()


@dataclass(frozen=True, slots=True)
class Grow:
    """New blocks on top of the chain."""

    blocks: tuple[PlannedBlock, ...]

    def __str__(self) -> str:
        operations = sum(len(block.operations) for block in self.blocks)
        return f"{len(self.blocks)} blocks with {operations} operations"


@dataclass(frozen=True, slots=True)
class Reorg:
    """The last ``depth`` blocks are replaced."""

    depth: int
    blocks: tuple[PlannedBlock, ...]

    def __str__(self) -> str:
        return f"reorg of depth {self.depth}: {Grow(self.blocks)}"


@dataclass(frozen=True, slots=True)
class Pin:
    """A provider stays on the branch that is canonical now, and sees nothing new."""

    provider: int

    def __str__(self) -> str:
        return f"provider {self.provider} stays where it is"


@dataclass(frozen=True, slots=True)
class Lag:
    """A provider is some blocks behind."""

    provider: int
    blocks: int

    def __str__(self) -> str:
        return f"provider {self.provider} lags by {self.blocks}"


@dataclass(frozen=True, slots=True)
class Rejoin:
    """A provider is up to date again."""

    provider: int

    def __str__(self) -> str:
        return f"provider {self.provider} catches up"


@dataclass(frozen=True, slots=True)
class Misanswer:
    """A provider gives one wrong answer, to the next request that the fault fits. ``choice`` decides its details."""

    provider: int
    fault: Fault
    choice: int

    def __str__(self) -> str:
        return f"provider {self.provider}: {self.fault}"


@dataclass(frozen=True, slots=True)
class Kill:
    """SIGKILL: in the middle of a transaction that is about to touch ``table``, or ``after_ms``.

    The next process takes over at once, or when the lease of the killed one has expired (``patient``).
    """

    table: str | None
    after_ms: int
    patient: bool

    def __str__(self) -> str:
        return f"killed at {self.table}" if self.table else f"killed after {self.after_ms} ms"


@dataclass(frozen=True, slots=True)
class Restart:
    """SIGTERM, and another process."""

    def __str__(self) -> str:
        return "told to stop, and started again"


@dataclass(frozen=True, slots=True)
class Disconnect:
    """The database ends the indexer's connections: at once, or in a transaction that is about to touch ``table``."""

    table: str | None

    def __str__(self) -> str:
        return f"connections lost at {self.table or 'any moment'}"


@dataclass(frozen=True, slots=True)
class Rewind:
    """A person takes the mirror back by some blocks while it runs."""

    blocks: int

    def __str__(self) -> str:
        return f"rewound by {self.blocks}"


Act = Grow | Reorg | Pin | Lag | Rejoin | Misanswer | Kill | Restart | Disconnect | Rewind


@dataclass(frozen=True, slots=True)
class Due:
    """An act, and how many requests after the one before it."""

    after: int
    act: Act


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a seed decides. ``as_process``: the indexer runs as the real process, not as a task."""

    seed: int
    as_process: bool
    before: tuple[PlannedBlock, ...]
    acts: tuple[Due, ...]
    after: tuple[PlannedBlock, ...]


def plan_of(seed: int, ground: Ground) -> Plan:
    """The plan of a seed on a ground. It stays what it is as long as this module and those that it draws from do."""
    random = Random(seed)
    as_process = random.random() < 0.8
    chain = _Chain(random, ground)
    before = tuple(chain.beginning())
    acts = tuple(_acts(random, chain))
    return Plan(seed, as_process, before, acts, tuple(chain.ending()))


class _Chain:
    """Writes the blocks, and remembers which of them stand."""

    def __init__(self, random: Random, ground: Ground) -> None:
        self._random = random
        self._author = Author(random, ground)
        self._blocks: list[PlannedBlock] = []
        self._starts_at = ground.head_timestamp
        self._highest = 0

    def beginning(self) -> list[PlannedBlock]:
        """What is there before the indexer: room for a deep reorg, and perhaps a past to be read in ranges."""
        blocks = self._silence(self._random.choice((0, DEEPEST_REORG, DEEPEST_REORG)))
        blocks += self._some(self._random.randrange(1, 12))
        if self._random.random() < 0.4:
            blocks += self._silence(self._random.randrange(150, 250)) + self._some(self._random.randrange(1, 5))
        return blocks

    def grow(self) -> Grow:
        if self._random.random() < 0.06:
            return Grow(tuple(self._silence(self._random.randrange(20, 220))))
        return Grow(tuple(self._some(self._random.randrange(1, 5))))

    def reorg(self) -> Reorg | None:
        """None while nothing can be replaced without contradicting what was final once."""
        random = self._random
        deepest = min(DEEPEST_REORG, len(self._blocks) - max(0, self._highest - DEEPEST_REORG))
        if deepest < 1:
            return None
        depth = min(deepest, random.choice((1, 1, 2, 3, 5, random.randint(1, 12), random.randint(1, DEEPEST_REORG))))
        replaced = self._blocks[-depth:]
        del self._blocks[-depth:]
        again = [op for block in replaced for op in block.operations if random.random() < 0.7]
        length = max(1, random.choice((depth, depth + 1, depth + 1, depth + 3, depth // 2, 1)))
        return Reorg(depth, tuple(self._with(again, length)))

    def ending(self) -> list[PlannedBlock]:
        """A last sane round of each feed, then quiet."""
        at = self._now() + BLOCK_TIME_S
        return self._stand([PlannedBlock(at, tuple(self._author.rounds()))]) + self._silence(2)

    def _some(self, count: int) -> list[PlannedBlock]:
        return self._with([], count)

    def _with(self, again: list[Operation], count: int) -> list[PlannedBlock]:
        """Blocks with old operations in their order, and new ones among them."""
        random, blocks, at = self._random, [], self._now()
        place = sorted(random.randrange(count) for _ in again)
        for number in range(count):
            at += random.choice(_STEPS_S)
            old = [operation for operation, where in zip(again, place, strict=True) if where == number]
            fresh = random.choice((0, 1, 1, 2, 3)) if count < 10 or random.random() < 0.3 else 0
            blocks.append(PlannedBlock(at, (*old, *(self._author.next() for _ in range(fresh)))))
        return self._stand(blocks)

    def _silence(self, count: int) -> list[PlannedBlock]:
        now = self._now()
        return self._stand([PlannedBlock(now + BLOCK_TIME_S * n) for n in range(1, count + 1)])

    def _stand(self, blocks: list[PlannedBlock]) -> list[PlannedBlock]:
        self._blocks += blocks
        self._highest = max(self._highest, len(self._blocks))
        return blocks

    def _now(self) -> int:
        return self._blocks[-1].at if self._blocks else self._starts_at


_KINDS: Final = {
    Grow: 10.0,
    Reorg: 4.0,
    Misanswer: 12.0,
    Pin: 1.5,
    Lag: 1.5,
    Rejoin: 3.0,
    Kill: 1.5,
    Restart: 0.4,
    Disconnect: 1.5,
    Rewind: 0.5,
}


def _acts(random: Random, chain: _Chain) -> list[Due]:
    acts = [Due(0, _misanswer(random, _FAULTS_OF_RANGES)) for _ in range(random.randrange(4))]
    for _ in range(random.randrange(20, 45)):
        kind = random.choices(list(_KINDS), list(_KINDS.values()))[0]
        if acts and isinstance(acts[-1].act, Reorg) and random.random() < 0.3:
            kind = Reorg  # back to back
        act = _act(kind, random, chain)
        if act is not None:
            acts.append(Due(random.choice((0, 1, 2, 3, 5, 8)), act))
        if isinstance(act, Kill | Disconnect) and act.table:  # something to write, or nobody would come to that table
            acts.append(Due(0, chain.grow()))
    acts.append(Due(10, chain.grow()))  # when the last faults have been met
    return acts


def _act(kind: type[Act], random: Random, chain: _Chain) -> Act | None:
    provider = random.randrange(PROVIDERS)
    if kind is Grow:
        return chain.grow()
    if kind is Reorg:
        return chain.reorg()
    if kind is Pin:
        return Pin(provider)
    if kind is Lag:
        return Lag(provider, random.choice((1, 2, 5, 30, 100)))
    if kind is Rejoin:
        return Rejoin(provider)
    if kind is Misanswer:
        return _misanswer(random, _FAULTS)
    if kind is Kill:
        return Kill(_table(random), random.randrange(40), patient=random.random() < 0.1)
    if kind is Restart:
        return Restart()
    if kind is Disconnect:
        return Disconnect(_table(random))
    return Rewind(random.choice((1, 3, 20, 80)))


def _misanswer(random: Random, faults: Sequence[Fault]) -> Misanswer:
    return Misanswer(random.randrange(PROVIDERS), random.choice(faults), random.randrange(2**32))


def _table(random: Random) -> str | None:
    return random.choice((None, random.choice(TABLES)))


_FAULTS: Final = (
    *(fault for fault in Fault if fault is not Fault.SILENT),
    *(fault for fault in Fault if fault not in (Fault.SILENT, Fault.LATE)),
    *3 * (Fault.LOG_LEFT_OUT,),
    Fault.SILENT,
)
"""A time-out costs real seconds, so it comes seldom; a log left out is what nobody would notice, so it comes often."""

_FAULTS_OF_RANGES: Final = (
    *3 * (Fault.LOG_LEFT_OUT,),
    Fault.LOGS_LEFT_OUT,
    Fault.LOGS_REORDERED,
    Fault.RATE_LIMITED,
    Fault.GARBLED,
    Fault.NO_BLOCK,
)
"""Of the first answers, which are of ranges when there is a past to be read."""
