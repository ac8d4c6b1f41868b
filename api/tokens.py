"""Amounts with the token named: its symbol where the address book knows it, else its address."""

from __future__ import annotations

from typing import Final

from api.wire import TokenAmount, checksum
from orchestrator.chain.book import AddressBook

NAMELESS: Final = "unknown"
"""Stands for a token that nothing in the snapshot names."""


def token_name(book: AddressBook, token: str) -> str:
    address = checksum(token)
    return next((symbol for symbol, known in book.tokens.items() if known == address), address)


def amount_of(book: AddressBook, token: str, base_units: int) -> TokenAmount:
    return TokenAmount(base_units=base_units, token=token_name(book, token))
