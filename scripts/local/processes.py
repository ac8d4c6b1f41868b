"""The processes of the service, as data, in the order in which they are listed."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """A program to keep running. It says that it is ready by `orchestrator.readiness`, and stops on SIGTERM.

    `restart=False`: it may end by itself with code 0, and any other end of it ends the stack.
    """

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    restart: bool = True
    ready_within_s: float = 60.0
    stop_grace_s: float = 10.0


def service(name: str) -> ProcessSpec:
    """An entry point of `scripts.processes`. `-P`: the current directory must not decide what is imported."""
    return ProcessSpec(name, (sys.executable, "-P", "-m", f"scripts.processes.{name}"))


MARKET = service("market")
"""Moves the price of an embedded chain; not part of the service."""

SERVICES = tuple(service(name) for name in ("indexer", "engine", "sender", "web", "worker", "beat"))
