"""Whole files of rounds over a book of 200 lines, against brute force: ``make deep-replays``."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time
import traceback
from collections.abc import Sequence
from random import Random
from typing import Final

from scripts.local.anvil import start_anvil
from scripts.local.postgres import create_database, url_of
from scripts.local.runtime import Runtime, open_runtime
from tests.integration.triggers.conftest import deploy
from tests.integration.triggers.ground import SAFE_BEHIND, open_service
from tests.simulation.replays.replay import open_book, replay
from tests.simulation.replays.rounds import FileRound, chainlink, generated, march_2020
from tests.simulation.workshop import TEMPLATE, start_template_server

LINES: Final = 200
SEED: Final = 7


def main() -> int:
    parser = argparse.ArgumentParser(prog="deep-replays", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, help="of each file, at most")
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    files = {"generated": generated(SEED), "Chainlink's ETH/USD": chainlink(), "March 2020": march_2020()}
    passed = failed = 0
    for name, rounds in files.items():
        if rounds is None:
            print(f"{name}: the file is not beside the repository, left out")
            continue
        if asyncio.run(_plays(name, rounds[: given.rounds], given.lines)):
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


async def _plays(name: str, rounds: Sequence[FileRound], lines: int) -> bool:
    started = time.monotonic()
    try:
        async with open_runtime() as runtime:
            said = await _play(runtime, name, rounds, lines)
    except Exception as error:
        print(f"{name}: FAILED\n" + "".join(traceback.format_exception(error)))
        return False
    print(f"{name}: {said}, in {time.monotonic() - started:.0f} s", flush=True)
    return True


async def _play(runtime: Runtime, name: str, rounds: Sequence[FileRound], lines: int) -> str:
    server = await start_template_server(runtime)
    anvil = await start_anvil(runtime, runtime.directory / "anvil.log", safe_behind=SAFE_BEHIND, any_code_size=True)
    try:
        chain = await deploy(anvil.url)
        await create_database(runtime.directory / "pg", "replay", template=TEMPLATE)
        url = url_of(runtime.directory / "pg", "replay")
        async with open_service(url, anvil.url, chain.addresses) as service:
            first = next(one.answer for one in rounds if one.answer)
            book = await open_book(service, lines, Random(SEED), first)
            played = await replay(service, book, rounds, lambda said: print(f"{name}: {said}", flush=True))
    finally:
        await anvil.stop()
        await server.stop()
    return f"{played.rounds} rounds, {played.compared} blocks compared, {played.fired} firings {played.kinds}"


if __name__ == "__main__":
    sys.exit(main())
