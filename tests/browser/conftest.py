"""One stack and one browser for the tests of a module, which tell one story on it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.stage import Stage, open_stage

expect.set_options(timeout=30_000)
"""A page waits for processes that share the machine with all other tests; what comes at once is seen at once."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    """Opened and closed by one task, as task groups demand; a fixture's two halves are two tasks."""
    opened: asyncio.Future[Stage] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        async with open_stage(tmp_path_factory.mktemp("logs")) as stage:
            opened.set_result(stage)
            await over.wait()

    holding = asyncio.create_task(hold())
    holding.add_done_callback(lambda _: opened.done() or opened.cancel())
    try:
        yield await opened
    finally:
        over.set()
        await holding
