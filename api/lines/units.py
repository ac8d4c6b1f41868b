"""Amounts and prices of a market, written with the names and decimals of its tokens."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from api.lines.schemas import MarketRef, Price, Token
from api.tokens import amount_of, token_name
from api.wire import TokenAmount, checksum
from orchestrator.chain.book import AddressBook, BookMarket
from orchestrator.credit.mandate import From, Mandate
from orchestrator.credit.units import PRICE_SCALE
from orchestrator.db.models import Market


@dataclass(frozen=True, slots=True)
class Units:
    """Names and decimals of a market's tokens, to write amounts and prices with."""

    book: AddressBook
    market: Market

    @property
    def _known(self) -> BookMarket | None:
        return next((m for m in self.book.markets if m.id == self.market.market_id), None)

    def loan(self, base_units: int) -> TokenAmount:
        return amount_of(self.book, self.market.loan_token, base_units)

    def collateral(self, base_units: int) -> TokenAmount:
        return amount_of(self.book, self.market.collateral_token, base_units)

    def of_source(self, mandate: Mandate, base_units: int) -> TokenAmount:
        """In the token that the mandate pays with."""
        return self.collateral(base_units) if mandate.source is From.COLLATERAL else self.loan(base_units)

    def price(self, price_e36: int) -> Price:
        known = self._known
        if known is None:
            return Price(e36=price_e36, decimal=None)
        scale = Decimal(10) ** (known.collateral_decimals - known.loan_decimals)
        whole = Decimal(price_e36) / PRICE_SCALE * scale
        return Price(e36=price_e36, decimal=str(whole.quantize(Decimal("1e-8"), rounding=ROUND_DOWN)))

    @property
    def loan_decimals(self) -> int | None:
        """None when the address book does not know the market."""
        return None if self._known is None else self._known.loan_decimals

    def reference(self) -> MarketRef:
        known = self._known
        loan = token_name(self.book, self.market.loan_token)
        collateral = token_name(self.book, self.market.collateral_token)
        return MarketRef(
            market_id=self.market.market_id,
            name=f"{collateral}/{loan}",
            loan=Token(
                address=checksum(self.market.loan_token),
                symbol=known.loan_symbol if known else None,
                decimals=known.loan_decimals if known else None,
            ),
            collateral=Token(
                address=checksum(self.market.collateral_token),
                symbol=known.collateral_symbol if known else None,
                decimals=known.collateral_decimals if known else None,
            ),
            oracle=checksum(self.market.oracle),
            min_debt=self.loan(self.market.min_debt),
        )
