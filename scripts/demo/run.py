"""Sets the stage: the whole stack on embedded parts that are thrown away, the story, the verdict, the report."""

from __future__ import annotations

import json
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from orchestrator.db.migrate import upgrade
from orchestrator.errors import CovenantError
from scripts.demo.cast import open_cast
from scripts.demo.facts import Facts
from scripts.demo.playlist import Playlist
from scripts.demo.stage import Stage
from scripts.demo.story import Story
from scripts.demo.verdict import judge
from scripts.local.accounts import Role
from scripts.local.bootstrap import LocalDeployment, bootstrap
from scripts.local.ground import Given, Ground, open_ground
from scripts.local.output import Output
from scripts.local.people import MAX_FEE_PER_GAS_WEI
from scripts.local.processes import SERVICES, ProcessSpec
from scripts.local.runtime import Runtime
from scripts.local.supervision import running_processes

HOST: Final = "127.0.0.1"
INDEXER_POLLS_MS: Final = 25
"""How often the indexer asks for a new block. The others are woken by what it commits."""


class DemoFailed(CovenantError):
    """The demo ran to its end, and something was not as it must be."""


@dataclass(frozen=True, slots=True)
class Show:
    """One performance. `logs` gets what the parts and `services` write, `json_out` the facts.

    `patience_s`: how long a repayment may take before the show is broken off.
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
            async with self._stack() as (ground, deployment, api_url):
                facts.seconds["until ready"] = round(time.monotonic() - began, 2)
                self.stage.done("PostgreSQL, Redis and a chain are up, with the contracts on it")
                self.stage.done(f"so are six processes; the API is at {api_url}", f"{facts.seconds['until ready']} s")
                async with open_cast(deployment, ground.rpc_url, api_url, ground.database_url) as cast:
                    await Story(cast, self.stage, self.playlist, facts, self.pause_s, self.patience_s).play()
                    await judge(cast, facts, plot_is_known=self.playlist.own)
                    self.stage.triggers(facts.triggers)
                    self.stage.checks(facts.checks)
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

    def _announce(self) -> None:
        self.stage.title(
            "Covenant",
            "The life of one credit line on real parts. The demo plays the people and the market; every",
            "repayment in the middle of it is found, signed and sent by the running service.",
        )
        for row in self.playlist.refused:
            self.stage.note(f"line {row.line} is left out: {row.reason}")

    @asynccontextmanager
    async def _stack(self) -> AsyncIterator[tuple[Ground, LocalDeployment, str]]:
        self.logs.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix="covenant-demo-") as state,
            (self.logs / "stack.log").open("w", encoding="utf-8") as log,
        ):
            output = Output(log, as_json=False)
            async with open_ground(Given(), migrate=upgrade, logs=self.logs, output=output) as ground:
                self.runtimes.append(ground.runtime)
                first_answer = self.playlist.rounds[0].answer
                deployment = await bootstrap(ground.rpc_url, Path(state), first_answer=first_answer)
                port = _free_port()
                env = {**ground.env(), **_settings(deployment, port)}
                async with running_processes(
                    ground.runtime, _eager(self.services), env=env, logs=self.logs, output=output
                ):
                    yield ground, deployment, f"http://{HOST}:{port}"

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


def _settings(deployment: LocalDeployment, port: int) -> dict[str, str]:
    """All of them, so that nothing of the caller's environment changes what is shown."""
    return {
        "COVENANT_CHAIN_ID": str(deployment.book.chain_id),
        "COVENANT_BOOK": str(deployment.book_path),
        "COVENANT_KEYSTORE": str(deployment.accounts.keystore(Role.KEEPER)),
        "COVENANT_KEYSTORE_PASSWORD_FILE": str(deployment.accounts.password_file),
        "COVENANT_API_HOST": HOST,
        "COVENANT_API_PORT": str(port),
        "COVENANT_EVALUATE_AT": "latest",
        "COVENANT_MAX_FEE_PER_GAS_WEI": str(MAX_FEE_PER_GAS_WEI),
        "COVENANT_LOG_LEVEL": "info",
    }


def _eager(specs: Iterable[ProcessSpec]) -> list[ProcessSpec]:
    """The same processes; the indexer polls often, so that what is shown is the service's pace and not its naps."""
    eager = {"COVENANT_POLL_INTERVAL_MS": str(INDEXER_POLLS_MS)}
    return [replace(spec, env={**spec.env, **eager}) if spec.name == "indexer" else spec for spec in specs]


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as listener:
        return int(listener.getsockname()[1])
