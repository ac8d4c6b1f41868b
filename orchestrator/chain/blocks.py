"""Headers, receipts and logs as providers send them, checked before anybody believes them.

A header is believed because it hashes to its hash, a block's receipts because they hash to its receipts root,
and a block is in the chain because its child names it as parent. A provider can withhold blocks, but neither change
them nor leave logs out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from eth_hash.auto import keccak

from orchestrator.chain.quantities import integer
from orchestrator.chain.rlp_encoding import Item as Encodable
from orchestrator.chain.rlp_encoding import big_endian, encode
from orchestrator.chain.trie import ordered_root

# In the order in which a header is hashed. Each fork appended some; a chain stops where its fork stopped.
_HASHED = (
    "parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty",
    "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce",
)  # fmt: skip
_HASHED_BY_FORK = (
    "baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash",
)  # fmt: skip
_QUANTITIES = frozenset(
    ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas")
)


_WORD = re.compile("0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile("0x[0-9a-fA-F]{40}")


class BadBlock(ValueError):
    """What a provider sent is not a block, or not the one that it claims to be."""


@dataclass(frozen=True, slots=True)
class BlockRef:
    """Which block: a number alone is not enough, since a reorg can change what it means."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header whose hash was checked. ``logs_bloom`` is the bloom as a big-endian integer."""

    number: int
    hash: str
    parent_hash: str
    timestamp: int
    receipts_root: str
    logs_bloom: int
    tx_hashes: tuple[str, ...]

    @property
    def ref(self) -> BlockRef:
        return BlockRef(self.number, self.hash)


class ChainLog(NamedTuple):
    """A log with its place in the chain. Addresses, topics and hashes are lower-case 0x-strings."""

    block_number: int
    block_hash: str
    tx_hash: str
    tx_index: int
    log_index: int
    address: str
    topics: tuple[str, ...]
    data: bytes


def parse_header(raw: Any) -> Header:
    """Raises BadBlock when ``raw`` is no header or doesn't hash to its own hash."""
    try:
        header = Header(
            number=integer(raw["number"]),
            hash=raw["hash"].lower(),
            parent_hash=raw["parentHash"].lower(),
            timestamp=integer(raw["timestamp"]),
            receipts_root=raw["receiptsRoot"].lower(),
            logs_bloom=integer(raw["logsBloom"]),
            tx_hashes=tuple(tx if isinstance(tx, str) else tx["hash"] for tx in raw["transactions"]),
        )
        hashed = header_hash(raw)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadBlock(f"not a block: {type(error).__name__} {error}") from None
    if hashed != header.hash:
        raise BadBlock(f"block {header.number} claims the hash {header.hash} but hashes to {hashed}")
    return header


def header_hash(raw: Mapping[str, Any]) -> str:
    """keccak-256 of the RLP of a header's fields."""
    names = (*_HASHED, *(name for name in _HASHED_BY_FORK if raw.get(name) is not None))
    return "0x" + keccak(encode([_quantity(raw[n]) if n in _QUANTITIES else _bytes(raw[n]) for n in names])).hex()


def prove_logs(header: Header, receipts: Any) -> list[ChainLog]:
    """All logs of a block, in order, from its receipts.

    Raises:
        BadBlock: the receipts don't hash to the header's receipts root, or say that they belong elsewhere.
    """
    try:
        root = "0x" + ordered_root([_encoded_receipt(receipt) for receipt in receipts]).hex()
        if root != header.receipts_root:
            raise BadBlock(f"the receipts of block {header.number} hash to {root}, not to {header.receipts_root}")
        return _logs_of_receipts(header, receipts)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise error if isinstance(error, BadBlock) else BadBlock(f"not receipts: {error}") from None


def parse_logs(raws: Iterable[Any]) -> list[ChainLog]:
    """Logs as `eth_getLogs` gives them, unproven. Raises BadBlock unless they are in the order of the chain."""
    logs = [parse_log(raw) for raw in raws]
    require_order(logs)
    return logs


def parse_log(raw: Any) -> ChainLog:
    """One of them. Raises BadBlock."""
    try:
        if raw.get("removed"):
            raise BadBlock("a removed log")
        return ChainLog(
            integer(raw["blockNumber"]),
            _word(raw["blockHash"]),
            _word(raw["transactionHash"]),
            integer(raw["transactionIndex"]),
            integer(raw["logIndex"]),
            _address(raw["address"]),
            tuple([_word(topic) for topic in raw["topics"]]),
            _bytes(raw["data"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise error if isinstance(error, BadBlock) else BadBlock(f"not a log: {error}") from None


def require_chain(parent: BlockRef, headers: Sequence[Header]) -> None:
    """Raises BadBlock unless ``headers`` follow ``parent`` and one another without a gap."""
    for header in headers:
        if header.number != parent.number + 1 or header.parent_hash != parent.hash:
            raise BadBlock(f"block {header.number} {header.hash} does not follow block {parent.number} {parent.hash}")
        parent = header.ref


def require_order(logs: Iterable[ChainLog]) -> None:
    """Raises BadBlock unless ``logs`` are in the order of the chain, none of them twice."""
    last = (-1, -1)
    for log in logs:
        place = (log.block_number, log.log_index)
        if place <= last:
            raise BadBlock(f"log {log.log_index} of block {log.block_number} is out of order")
        last = place


def _logs_of_receipts(header: Header, receipts: Iterable[Any]) -> list[ChainLog]:
    """The root proves order and content; place and transaction are counted, not believed."""
    logs: list[ChainLog] = []
    for tx_index, (receipt, tx_hash) in enumerate(zip(receipts, header.tx_hashes, strict=True)):
        for raw in receipt["logs"]:
            log = parse_log(raw)
            if (log.block_hash, log.tx_hash, log.log_index) != (header.hash, tx_hash, len(logs)):
                raise BadBlock(f"log {log.log_index} of {log.block_hash} stands in the receipts of {header.hash}")
            logs.append(
                ChainLog(header.number, header.hash, tx_hash, tx_index, len(logs), log.address, log.topics, log.data)
            )
    return logs


def _encoded_receipt(receipt: Mapping[str, Any]) -> bytes:
    """A receipt as its trie holds it (EIP-2718: typed receipts start with their type)."""
    logs: list[Encodable] = [
        [_bytes(log["address"]), [_bytes(t) for t in log["topics"]], _bytes(log["data"])] for log in receipt["logs"]
    ]
    outcome = _quantity(receipt["status"]) if receipt.get("status") is not None else _bytes(receipt["root"])
    body = encode([outcome, _quantity(receipt["cumulativeGasUsed"]), _bytes(receipt["logsBloom"]), logs])
    kind = integer(receipt.get("type") or "0x0")
    return bytes([kind]) + body if kind else body


@lru_cache(maxsize=16_384)
def _word(text: str) -> str:
    """A hash or topic in lower case. They repeat: within a block, a transaction, a line. Raises ValueError."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"not 32 bytes: {text[:80]!r}")
    return text.lower()


@lru_cache(maxsize=1_024)
def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise ValueError(f"not an address: {text[:80]!r}")
    return text.lower()


def _quantity(value: str) -> bytes:
    return big_endian(integer(value))


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value.removeprefix("0x"))
