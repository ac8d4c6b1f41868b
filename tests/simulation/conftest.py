"""One workshop for all seeds of a test process."""

import asyncio
import gc
from collections.abc import Iterator

import pytest

from scripts.local.part import Part
from tests.conftest import LocalParts
from tests.simulation.workshop import Workshop, open_workshop


@pytest.fixture(scope="session")
def workshop(local_parts: LocalParts, postgres: Part) -> Workshop:
    return asyncio.run(open_workshop(local_parts.runtime))


@pytest.fixture(autouse=True)
def swept() -> Iterator[None]:
    """An indexer that is cut off as a task leaves connections behind: they are collected here, and no other test's."""
    yield
    gc.collect()
