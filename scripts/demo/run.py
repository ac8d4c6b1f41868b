"""One performance: the stack, the story on it, the verdict, and the report of the facts."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.demo.cast import open_cast
from scripts.demo.facts import Facts
from scripts.demo.playlist import Playlist
from scripts.demo.stack import open_stack
from scripts.demo.stage import Stage
from scripts.demo.story import Story
from scripts.demo.verdict import judge
from scripts.local.processes import SERVICES, ProcessSpec
from scripts.local.runtime import Runtime


class DemoFailed(CovenantError):
    """The demo ran to its end, and something was not as it must be."""


@dataclass(frozen=True, slots=True)
class Show:
    """`logs` gets what the parts and `services` write, `json_out` the facts.

    `pause_s` passes between two rounds; a repayment may take `patience_s` before the show is broken off.
    """

    playlist: Playlist
    stage: Stage
    logs: Path
    json_out: Path
    pause_s: float = 0.0
    patience_s: float = 20.0
    services: Sequence[ProcessSpec] = SERVICES
    runtimes: list[Runtime] = field(default_factory=list)

    async def run(self) -> None:
        """Writes the facts in any case. Raises CovenantError when a part, the story or the verdict failed."""
        began = time.monotonic()
        facts = Facts(self.playlist.words)
        self._announce()
        try:
            await self._perform(facts, began)
        finally:
            facts.seconds["in all"] = round(time.monotonic() - began, 2)
            self._write(facts)
            if not facts.passed:
                self.stage.note(f"what the parts and processes wrote is in {self.logs}")
        self._end(facts)

    def hurry(self) -> None:
        """Ends at once what has not ended yet."""
        for runtime in self.runtimes:
            runtime.kill_all()

    async def _perform(self, facts: Facts, began: float) -> None:
        first_answer = self.playlist.rounds[0].answer
        async with open_stack(
            logs=self.logs, first_answer=first_answer, services=self.services, on_runtime=self.runtimes.append
        ) as stack:
            facts.seconds["until ready"] = round(time.monotonic() - began, 2)
            self.stage.done("PostgreSQL, Redis and a chain are up, with the contracts on it")
            self.stage.done(f"so are six processes; the API is at {stack.api_url}", f"{facts.seconds['until ready']} s")
            async with open_cast(stack) as cast:
                await Story(cast, self.stage, self.playlist, facts, self.pause_s, self.patience_s).play()
                await judge(cast, facts, plot_is_known=self.playlist.own)
                self.stage.triggers(facts.triggers)
                self.stage.checks(facts.checks)

    def _announce(self) -> None:
        self.stage.title(
            "Covenant",
            "The life of one credit line on real parts. The demo plays the people and the market; every",
            "repayment in the middle of it is found, signed and sent by the running service.",
        )
        for row in self.playlist.refused:
            self.stage.note(f"line {row.line} is left out: {row.reason}")

    def _write(self, facts: Facts) -> None:
        self.json_out.parent.mkdir(parents=True, exist_ok=True)
        self.json_out.write_text(json.dumps(facts.to_json(), indent=2) + "\n", encoding="utf-8")

    def _end(self, facts: Facts) -> None:
        failed = [check for check in facts.checks if not check.passed]
        outcome = (
            f"{len(failed)} of {len(facts.checks)} checks failed" if failed else f"{len(facts.checks)} checks passed"
        )
        self.stage.end(f"{outcome}, {facts.seconds['in all']:.1f} s in all", good=not failed)
        if failed:
            raise DemoFailed(
                f"{outcome}: " + "; ".join(f"{check.name} ({check.detail})" for check in failed),
                f"the facts are in {self.json_out}",
            )
