"""Amounts and prices of a market, written with the names and decimals of its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from api.lines.schemas import MarketRef, Price, Token
from api.tokens import KnownToken, Tokens
from api.wire import TokenAmount, checksum, decimal_text
from orchestrator.credit.mandate import From, Mandate
from orchestrator.credit.units import PRICE_SCALE

_PRICE_PLACES: Final = 8


class MarketFacts(Protocol):
    """The tokens of a market, and who prices one in the other."""

    @property
    def market_id(self) -> int: ...
    @property
    def loan_token(self) -> str | bytes: ...
    @property
    def collateral_token(self) -> str | bytes: ...
    @property
    def oracle(self) -> str | bytes: ...
    @property
    def min_debt(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Units:
    """How the amounts of one market are written."""

    tokens: Tokens
    market: MarketFacts

    @property
    def loan_decimals(self) -> int | None:
        """None when the address book does not know the token."""
        return self.tokens.find(self.market.loan_token).decimals

    def loan(self, base_units: int) -> TokenAmount:
        return self.tokens.amount(self.market.loan_token, base_units)

    def collateral(self, base_units: int) -> TokenAmount:
        return self.tokens.amount(self.market.collateral_token, base_units)

    def of_source(self, mandate: Mandate, base_units: int) -> TokenAmount:
        """In the token that the mandate pays with."""
        return self.collateral(base_units) if mandate.source is From.COLLATERAL else self.loan(base_units)

    def price(self, price_e36: int) -> Price:
        loan, collateral = self.tokens.find(self.market.loan_token), self.tokens.find(self.market.collateral_token)
        if loan.decimals is None or collateral.decimals is None:
            return Price(e36=price_e36, decimal=None)
        scaled = price_e36 * int(10 ** (collateral.decimals + _PRICE_PLACES)) // (PRICE_SCALE * int(10**loan.decimals))
        return Price(e36=price_e36, decimal=decimal_text(scaled, _PRICE_PLACES))

    def reference(self) -> MarketRef:
        loan, collateral = self.tokens.find(self.market.loan_token), self.tokens.find(self.market.collateral_token)
        return MarketRef(
            market_id=self.market.market_id,
            name=f"{collateral.name}/{loan.name}",
            loan=token_form(loan),
            collateral=token_form(collateral),
            oracle=checksum(self.market.oracle),
            min_debt=self.loan(self.market.min_debt),
        )


def token_form(known: KnownToken) -> Token:
    symbol = None if known.decimals is None else known.name
    return Token(address=known.address, symbol=symbol, decimals=known.decimals)
