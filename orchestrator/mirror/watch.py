"""Whose logs the mirror keeps, and what each contract is to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from orchestrator.chain.blocks import ChainLog
from orchestrator.chain.bloom import BloomFilter
from orchestrator.chain.book import AddressBook
from orchestrator.chain.feeds import aggregator_of, feed_contract
from orchestrator.chain.reader import ChainReader

ANSWER_UPDATED = feed_contract().topic("AnswerUpdated")


class Role(StrEnum):
    """What a watched contract is."""

    VAULT = "vault"
    NFT = "nft"
    TRIGGER = "trigger"
    FEED = "feed"


@dataclass(frozen=True, slots=True)
class Source:
    """A watched contract (see ``WatchedContract`` for the fields). Addresses are lower-case."""

    address: str
    role: Role
    vault: str | None
    label: str
    from_block: int
    feed: str | None = None
    phase: int = 0
    read_at_hash: str | None = None


class Watch:
    """The watched contracts of one chain by address."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources: Mapping[str, Source] = {source.address: source for source in sources}
        self.addresses = tuple(sorted(self.sources))
        self.bloom = BloomFilter(self.addresses)

    @property
    def from_block(self) -> int:
        """No log of the watched contracts is older than this block."""
        return min(source.from_block for source in self.sources.values())

    def keeps(self, log: ChainLog) -> bool:
        """Every log of our own contracts is kept; feeds are other people's, and only their rounds concern us."""
        source = self.sources.get(log.address)
        if source is None:
            return False
        return source.role is not Role.FEED or log.topics[:1] == (ANSWER_UPDATED,)


def sources_of_book(book: AddressBook) -> list[Source]:
    """The vault, its NFT and its trigger."""
    vault = book.vault.lower()
    ours = ((book.vault, Role.VAULT), (book.nft, Role.NFT), (book.trigger, Role.TRIGGER))
    return [Source(address.lower(), role, vault, role.value, book.deployed_block) for address, role in ours]


async def sources_of_feeds(reader: ChainReader, book: AddressBook, block_hash: str) -> list[Source]:
    """The feeds of an address book, and the aggregators that speak for those that are proxies, as of one block."""
    sources: list[Source] = []
    for pair, entry in book.feeds.items():
        feed = entry.address.lower()
        speaker, phase = await aggregator_of(reader, feed, block_hash)
        if speaker != feed:
            sources.append(Source(feed, Role.FEED, None, pair, book.deployed_block, feed, read_at_hash=block_hash))
        sources.append(Source(speaker, Role.FEED, None, pair, book.deployed_block, feed, phase, block_hash))
    return sources
