"""An address book on disk, and the environment of a process that works on it."""

from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address

from orchestrator.chain.book import AddressBook, BookFeed

FEED = "0x" + "fe" * 20
VAULT = "0x" + "a1" * 20


@pytest.fixture
def book() -> AddressBook:
    """A deployment without markets."""
    contracts = {
        name: to_checksum_address("0x" + code * 20)
        for name, code in (("CreditVault", "a1"), ("CreditLineNFT", "a2"), ("RepayTrigger", "a3"))
    }
    feed = BookFeed(to_checksum_address(FEED), 8, 3_600, 300)
    return AddressBook(31337, 1, contracts, (), {}, {"ETH/USD": feed}, dict.fromkeys(contracts, "0x" + "00" * 32))


@pytest.fixture
def environment(book: AddressBook, tmp_path: Path, anvil: str, database_url: str, redis_url: str) -> dict[str, str]:
    book.dump(tmp_path / "31337.book.json")
    return {
        "DATABASE_URL": database_url.replace("+psycopg", ""),
        "REDIS_URL": redis_url,
        "RPC_URL": anvil,
        "COVENANT_CHAIN_ID": "31337",
        "COVENANT_BOOK": str(tmp_path / "31337.book.json"),
        "COVENANT_STATE_DIR": str(tmp_path / "state"),
    }
