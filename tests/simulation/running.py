"""Runs seeds in several processes, tells how far it is, and keeps those that pass as they pass."""

from __future__ import annotations

import multiprocessing
import queue
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol, TextIO, TypeVar

from orchestrator.errors import CovenantError
from tests.seeds import Kept

WORKERS: Final = 2
TELL_EVERY_S: Final = 10.0


class Outcome(Protocol):
    """What came of one seed; as text, what people need to understand a failure and to repeat it."""

    @property
    def seed(self) -> int: ...

    @property
    def failure(self) -> str | None:
        """None when all was as it must be."""
        ...

    @property
    def counts(self) -> dict[str, int]: ...


AnyOutcome = TypeVar("AnyOutcome", bound=Outcome)

Work = Callable[[Any, Any], None]
"""What one process does: takes seeds from the first queue until None comes, and puts outcomes into the second."""


class WorkerLost(CovenantError):
    """A process that ran seeds ended by itself."""


def run_seeds(
    seeds: range, kept: Kept, work: Work, kind: type[AnyOutcome], *, workers: int, say: TextIO = sys.stdout
) -> list[AnyOutcome]:
    """Runs what has not passed before; the outcomes, of ``kind``, of the seeds that failed.

    Raises:
        WorkerLost: the seeds that passed until then are kept.
    """
    left = [seed for seed in seeds if seed not in kept.passed]
    print(f"{len(seeds)} seeds, {len(seeds) - len(left)} of which passed before", file=say, flush=True)
    failed: list[AnyOutcome] = []
    started = told_at = time.monotonic()
    with _outcomes(left, work, kind, max(1, min(workers, len(left)))) as outcomes:
        for done, outcome in enumerate(outcomes, start=1):
            if outcome.failure is None:
                kept.add(outcome.seed, outcome.counts)
            else:
                failed.append(outcome)
                print(outcome, file=say, flush=True)
            now = time.monotonic()
            if now - told_at > TELL_EVERY_S or done == len(left):
                told_at = now
                rest_s = (now - started) / done * (len(left) - done)
                told = f"{done} of {len(left)} run, {len(failed)} failed, about {rest_s / 60:.0f} minutes left"
                print(told, file=say, flush=True)
    return failed


@contextmanager
def _outcomes(seeds: Sequence[int], work: Work, kind: type[AnyOutcome], workers: int) -> Iterator[Iterator[AnyOutcome]]:
    """The outcomes of all seeds, as they come from that many processes."""
    context = multiprocessing.get_context("spawn")
    waiting, done = context.Queue(), context.Queue()
    for seed in (*seeds, *(None for _ in range(workers))):
        waiting.put(seed)
    processes = [context.Process(target=work, args=(waiting, done)) for _ in range(workers if seeds else 0)]
    for process in processes:
        process.start()

    def come() -> Iterator[AnyOutcome]:
        left = len(seeds)
        while left:
            try:
                outcome = done.get(timeout=1)
            except queue.Empty:
                if any(process.exitcode for process in processes):
                    raise WorkerLost("a process that ran seeds ended by itself", "see what it said above") from None
                continue
            assert isinstance(outcome, kind)
            yield outcome
            left -= 1

    try:
        yield come()
    finally:
        if any(process.exitcode for process in processes):
            for process in processes:
                process.terminate()
        for process in processes:
            process.join()
