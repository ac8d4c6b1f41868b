"""Tokens by their symbols and decimals, as far as the address book knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from api.wire import TokenAmount, checksum
from orchestrator.chain.book import AddressBook

NAMELESS: Final = "unknown"
"""Stands for a token that nothing in a snapshot names."""


@dataclass(frozen=True, slots=True)
class KnownToken:
    """``name`` is the symbol, or the address of a token that the book does not know: then it has no decimals."""

    address: str
    name: str
    decimals: int | None


class Tokens:
    """What the address book says of every token of its markets."""

    def __init__(self, book: AddressBook) -> None:
        self._known: dict[str, KnownToken] = {}
        for market in book.markets:
            self._add(market.loan_token, market.loan_symbol, market.loan_decimals)
            self._add(market.collateral_token, market.collateral_symbol, market.collateral_decimals)

    def find(self, address: str | bytes) -> KnownToken:
        checksummed = checksum(address)
        return self._known.get(checksummed) or KnownToken(checksummed, checksummed, None)

    def amount(self, address: str | bytes, base_units: int) -> TokenAmount:
        token = self.find(address)
        return TokenAmount(base_units=base_units, token=token.name, decimals=token.decimals)

    def _add(self, address: str, symbol: str, decimals: int) -> None:
        self._known[address] = KnownToken(address, symbol, decimals)
