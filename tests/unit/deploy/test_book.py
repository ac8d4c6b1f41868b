"""The address book: written whole, read strictly."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orchestrator.chain.book import NFT, TRIGGER, VAULT, AddressBook, BadBook, BookFeed, BookMarket

A, B, C, D = (f"0x{digit * 40}" for digit in "1234")
HASH = "0x" + "ab" * 32

BOOK = AddressBook(
    chain_id=31337,
    deployed_block=7,
    contracts={VAULT: A, NFT: B, TRIGGER: C},  # type: ignore[dict-item]
    markets=(BookMarket(1, A, B, C, 10**9, (D,), "USDC", "WETH", 6, 18),),  # type: ignore[arg-type]
    tokens={"USDC": A, "WETH": B},  # type: ignore[dict-item]
    feeds={"ETH/USD": BookFeed(D, 8, 3_600, 300)},  # type: ignore[arg-type]
    code_hashes={VAULT: HASH, NFT: HASH, TRIGGER: HASH},
)


def changed(path: Path, **fields: Any) -> Path:
    BOOK.dump(path)
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))
    return path


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    BOOK.dump(tmp_path / "book.json")
    assert AddressBook.load(tmp_path / "book.json") == BOOK


def test_writing_makes_the_directory_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    BOOK.dump(tmp_path / "new" / "book.json")
    replace(BOOK, deployed_block=8).dump(tmp_path / "new" / "book.json")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["book.json"]
    assert AddressBook.load(tmp_path / "new" / "book.json").deployed_block == 8


def test_a_failed_write_keeps_the_old_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    BOOK.dump(tmp_path / "book.json")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        replace(BOOK, deployed_block=8).dump(tmp_path / "book.json")
    assert AddressBook.load(tmp_path / "book.json") == BOOK
    assert [path.name for path in tmp_path.iterdir()] == ["book.json"]


def test_amounts_are_strings_in_json(tmp_path: Path) -> None:
    BOOK.dump(tmp_path / "book.json")
    assert json.loads((tmp_path / "book.json").read_text())["markets"][0]["min_debt"] == "1000000000"


def test_contracts_are_known_by_name() -> None:
    assert (BOOK.vault, BOOK.nft, BOOK.trigger) == (A, B, C)
    assert BOOK.market(1).name == "WETH/USDC"
    with pytest.raises(KeyError):
        BOOK.market(2)


def test_a_missing_book_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(BadBook, match="there is no address book") as caught:
        AddressBook.load(tmp_path / "book.json")
    assert "covenant deploy" in caught.value.hint


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"chain_id": 0}, "chain_id"),
        ({"deployed_block": -1}, "deployed_block"),
        ({"contracts": {VAULT: "0x12", NFT: B, TRIGGER: C}}, "not an address"),
        ({"contracts": {VAULT: "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB49", NFT: B, TRIGGER: C}}, "checksum"),
        ({"contracts": {NFT: B, TRIGGER: C}}, f"has no {VAULT}"),
        ({"contracts": {VAULT: A, NFT: B, TRIGGER: C, "Other": D}}, "code_hashes"),
        ({"code_hashes": {VAULT: "0xab"}}, "code_hashes"),
        ({"extra": 1}, "extra"),
        ({"markets": [{"id": 1}]}, "markets.0"),
        ({"feeds": {"ETH/USD": {"address": D, "decimals": 8, "heartbeat_s": 0, "margin_s": 0}}}, "heartbeat_s"),
    ],
)
def test_what_is_wrong_in_a_book_is_named(tmp_path: Path, fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(BadBook, match=complaint):
        AddressBook.load(changed(tmp_path / "book.json", **fields))


def test_half_a_book_is_refused(tmp_path: Path) -> None:
    BOOK.dump(tmp_path / "book.json")
    text = (tmp_path / "book.json").read_text()
    (tmp_path / "book.json").write_text(text[: len(text) // 2])
    with pytest.raises(BadBook, match="not well-formed"):
        AddressBook.load(tmp_path / "book.json")
