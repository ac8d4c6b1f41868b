"""Each test has a chain, a database and a sender of its own."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest_asyncio

from orchestrator.db.models import Cursor
from tests.integration.transactions.ground import CHAIN_ID, Ground, open_ground


@pytest_asyncio.fixture
async def ground(anvil: str, database_url: str) -> AsyncIterator[Ground]:
    async with open_ground(database_url, anvil) as ground:
        yield ground


@pytest_asyncio.fixture
async def frozen_mirror(ground: Ground) -> None:
    """The mirror found that a final block was replaced, and says that nobody should act on it."""
    async with ground.sessions.begin() as session:
        session.add(
            Cursor(
                chain_id=CHAIN_ID, number=1, hash="0x" + "11" * 32, timestamp=1, head_number=1, safe_number=0,
                finalized_number=0, finalized_hash="0x" + "00" * 32, epoch=1, frozen="a final block was replaced",
                updated_at=datetime.now(UTC),
            )
        )  # fmt: skip
