"""Blocks are believed for their hashes alone."""

import copy
from typing import Any

import pytest

from orchestrator.chain.blocks import (
    BadBlock,
    BlockRef,
    ChainLog,
    parse_header,
    parse_log,
    require_chain,
    require_order,
)

GENESIS: dict[str, Any] = {
    "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
    "parentHash": "0x" + "00" * 32,
    "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
    "miner": "0x" + "00" * 20,
    "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
    "transactionsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "receiptsRoot": "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421",
    "logsBloom": "0x" + "00" * 256,
    "difficulty": "0x400000000",
    "number": "0x0",
    "gasLimit": "0x1388",
    "gasUsed": "0x0",
    "timestamp": "0x0",
    "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
    "mixHash": "0x" + "00" * 32,
    "nonce": "0x0000000000000042",
    "transactions": [],
}


def log(block_number: int, log_index: int) -> ChainLog:
    return ChainLog(block_number, "0x", "0x", 0, log_index, "0x", (), b"")


def test_the_genesis_block_of_ethereum_hashes_to_its_well_known_hash() -> None:
    header = parse_header(GENESIS)
    assert header.ref == BlockRef(0, GENESIS["hash"])


@pytest.mark.parametrize("field", sorted(GENESIS.keys() - {"hash", "transactions"}))
def test_a_change_in_any_field_is_noticed(field: str) -> None:
    raw = copy.deepcopy(GENESIS)
    raw[field] = raw[field][:-1] + ("1" if raw[field][-1] != "1" else "2")
    with pytest.raises(BadBlock, match="hashes to"):
        parse_header(raw)


@pytest.mark.parametrize("raw", [None, {}, [], "0x", {**GENESIS, "number": None}, {**GENESIS, "transactions": None}])
def test_what_is_no_block_is_refused(raw: Any) -> None:
    with pytest.raises(BadBlock, match="not a block"):
        parse_header(raw)


def test_headers_must_follow_one_another() -> None:
    genesis = parse_header(GENESIS)
    require_chain(BlockRef(-1, "0x" + "00" * 32), [genesis])
    with pytest.raises(BadBlock, match="does not follow"):
        require_chain(BlockRef(-1, "0x" + "11" * 32), [genesis])
    with pytest.raises(BadBlock, match="does not follow"):
        require_chain(BlockRef(4, "0x" + "00" * 32), [genesis])


def test_logs_must_be_in_order_and_none_twice() -> None:
    require_order([log(1, 0), log(1, 3), log(2, 0)])
    for wrong in ([log(2, 0), log(1, 0)], [log(1, 0), log(1, 0)], [log(1, 1), log(1, 0)]):
        with pytest.raises(BadBlock, match="out of order"):
            require_order(wrong)


def test_a_removed_log_is_no_log() -> None:
    with pytest.raises(BadBlock, match="removed"):
        parse_log({"removed": True})
    with pytest.raises(BadBlock, match="not a log"):
        parse_log({"removed": False})
