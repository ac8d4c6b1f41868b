"""One workshop for all seeds of a test process."""

import asyncio

import pytest

from scripts.local.part import Part
from tests.conftest import LocalParts
from tests.simulation.workshop import Workshop, open_workshop


@pytest.fixture(scope="session")
def workshop(local_parts: LocalParts, postgres: Part) -> Workshop:
    return asyncio.run(open_workshop(local_parts.runtime))
