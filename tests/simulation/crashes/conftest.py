"""One world for all seeds of a test process."""

import asyncio
from collections.abc import Iterator

import pytest

from scripts.local.part import Part
from tests.conftest import LocalParts
from tests.simulation.crashes.world import SAFE_BEHIND, World, open_world


@pytest.fixture(scope="session")
def world(local_parts: LocalParts, postgres: Part) -> Iterator[World]:
    anvil = local_parts.anvil(safe_behind=SAFE_BEHIND)
    yield asyncio.run(open_world(local_parts.runtime, anvil.url))
    local_parts.end(anvil)
