"""Embedded chain: npm's anvil binary, run as a child that listens on 127.0.0.1 alone."""

import os
import re
import signal
from pathlib import Path

from orchestrator.errors import CovenantError
from scripts.local.child import start_child
from scripts.local.part import Part, clean_environment, log_file, until_ready
from scripts.local.runtime import Runtime

CHAIN_ID = 31337
START_TIMEOUT_S = 20.0
STOP_GRACE_S = 10.0
RECENT_STATES = 500
"""The states that a long chain keeps."""

REPOSITORY = Path(__file__).parents[2]

LISTENING = re.compile(r"^Listening on (127\.0\.0\.1:\d+)$", re.MULTILINE)


def binary() -> Path:
    """anvil for this platform in node_modules; the Node wrapper beside it only costs time."""
    found = sorted(REPOSITORY.glob("node_modules/@foundry-rs/anvil-*/bin/anvil"))
    if not found:
        raise CovenantError("the embedded chain (anvil) is not installed", "run make setup, or set RPC_URL to a node")
    return found[0]


async def start_anvil(
    runtime: Runtime,
    log: Path,
    *,
    state: Path | None = None,
    port: int = 0,
    safe_behind: int = 1,
    chain_id: int = CHAIN_ID,
    any_code_size: bool = False,
    long: bool = False,
) -> Part:
    """Starts a chain with one block a transaction; safe and finalized are 1 and 2 blocks behind the head.

    `safe_behind` blocks instead, and finalized twice as many: for tests of reorgs, which end at finality.
    `any_code_size` takes contracts as they are compiled for tests, which are larger than what is deployed.
    `long` forgets all states but the `RECENT_STATES` newest. Else older ones go to the disk, gigabytes in the end, and
    a reorg back to one of them finds contracts without code. Not for a chain that is taken back to snapshots again and
    again: there, anvil also forgets states of its newest blocks.
    With `state`, the chain goes on from that file if it exists and is written to it at an orderly stop.
    `port` 0 takes any free one. Raises CovenantError when it does not come up.
    """
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--chain-id", str(chain_id)]
    # Where old states go. In the home, a chain that is killed leaves them for ever.
    arguments += ["--cache-path", str(runtime.directory / "states")]
    arguments += ["--slots-in-an-epoch", str(safe_behind)]
    if long:
        arguments += ["--prune-history", str(RECENT_STATES)]
    if any_code_size:
        arguments.append("--disable-code-size-limit")
    if state is not None:
        arguments += ["--state", str(state)]
    with log_file(log) as output_fd:
        begin = os.lseek(output_fd, 0, os.SEEK_END)
        child = await start_child(
            runtime, "anvil", [str(binary()), *arguments],
            env=clean_environment(), output_fd=output_fd, cwd=runtime.directory, stop_signal=signal.SIGINT,
        )  # fmt: skip

    async def listens() -> bool:
        return _address(log, begin) is not None

    await until_ready(child, log, listens, timeout_s=START_TIMEOUT_S)
    return Part("anvil", f"http://{_address(log, begin)}", child, STOP_GRACE_S)


def _address(log: Path, begin: int) -> str | None:
    """Where it listens, from what it printed since `begin`."""
    with log.open("rb") as lines:
        lines.seek(begin)
        found = LISTENING.search(lines.read().decode("utf-8", errors="replace"))
    return found.group(1) if found else None
