"""Groups of lines, folded into what a portfolio says of each token, market and band."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from api.lines.prices import MarketPrices
from api.lines.schemas import StatusName
from api.lines.units import MarketFacts, Units, token_form
from api.portfolio.repository import Group
from api.portfolio.schemas import (
    BANDS,
    Band,
    BillTime,
    CollateralTotals,
    HealthBand,
    HealthBandName,
    LoanTotals,
    MarketTotals,
)
from api.tokens import Tokens
from api.wire import checksum
from orchestrator.credit.units import BPS, div_up

_WITHOUT_FALL = (Band(HealthBandName.NO_DEBT, None, None), Band(HealthBandName.NO_PRICE, None, None))


class Totals:
    """What can be said of ``groups``, all of which belong to ``markets``."""

    def __init__(self, groups: Sequence[Group], markets: Sequence[MarketFacts], tokens: Tokens) -> None:
        self._groups = groups
        self._markets = {market.market_id: market for market in markets}
        self._tokens = tokens

    def lines_by_status(self) -> dict[StatusName, int]:
        counted = Counter[StatusName]()
        for group in self._groups:
            counted[group.status] += group.lines
        return {status: counted[status] for status in StatusName}

    def lines_by_bill(self) -> dict[BillTime, int]:
        counted = Counter[BillTime]()
        for group in self._groups:
            if group.bill is not None:
                counted[group.bill] += group.lines
        return {time: counted[time] for time in BillTime}

    def loans(self) -> list[LoanTotals]:
        return [self._loan(token, groups) for token, groups in self._by_token(lambda market: market.loan_token)]

    def collaterals(self) -> list[CollateralTotals]:
        return [
            CollateralTotals(
                token=token_form(self._tokens.find(token)),
                collateral=self._tokens.amount(token, sum(group.collateral for group in groups)),
                claim=self._tokens.amount(token, sum(group.claim_collateral for group in groups)),
            )
            for token, groups in self._by_token(lambda market: market.collateral_token)
        ]

    def markets(self, prices: Mapping[int, MarketPrices]) -> list[MarketTotals]:
        with_lines = sorted({group.market_id for group in self._groups})
        return [self._market(market_id, prices[market_id]) for market_id in with_lines]

    def health(self) -> list[HealthBand]:
        return [self._band(band) for band in (*BANDS, *_WITHOUT_FALL)]

    def _loan(self, token: str, groups: Sequence[Group]) -> LoanTotals:
        def amount(of: Callable[[Group], int | None]) -> int:
            return sum(of(group) or 0 for group in groups)

        principal, debt = amount(lambda group: group.principal), amount(lambda group: group.debt)
        sums = {
            "limit": amount(lambda group: group.limit),
            "principal": principal,
            "accrued": debt - principal,
            "debt": debt,
            "due": amount(lambda group: group.due),
            "undrawn": amount(lambda group: group.undrawn),
            "reserve": amount(lambda group: group.reserve),
            "claim": amount(lambda group: group.claim_loan),
            "collateral_value": amount(lambda group: group.value),
        }
        return LoanTotals(
            token=token_form(self._tokens.find(token)),
            **{name: self._tokens.amount(token, base_units) for name, base_units in sums.items()},
        )

    def _market(self, market_id: int, found: MarketPrices) -> MarketTotals:
        groups = [group for group in self._groups if group.market_id == market_id and group.band is not None]
        units, price = Units(self._tokens, self._markets[market_id]), found.reading.measuring_price
        debt = sum(group.debt for group in groups)
        value = None if price is None else sum(group.value or 0 for group in groups)
        return MarketTotals(
            market=units.reference(),
            price=None if price is None else units.price(price),
            price_unavailable=found.unavailable,
            open_lines=sum(group.lines for group in groups),
            debt=units.loan(debt),
            collateral=units.collateral(sum(group.collateral for group in groups)),
            collateral_value=None if value is None else units.loan(value),
            ltv_bps=div_up(debt * BPS, value) if value else None,
        )

    def _band(self, band: Band) -> HealthBand:
        groups = [group for group in self._groups if group.band is band.name]
        debts = Counter[str]()
        for group in groups:
            debts[checksum(self._markets[group.market_id].loan_token)] += group.debt
        return HealthBand(
            band=band.name,
            fall_from_bps=band.fall_from_bps,
            fall_to_bps=band.fall_to_bps,
            lines=sum(group.lines for group in groups),
            debt=[self._tokens.amount(token, debt) for token, debt in sorted(debts.items()) if debt],
        )

    def _by_token(self, token_of: Callable[[MarketFacts], str | bytes]) -> Iterable[tuple[str, list[Group]]]:
        found: dict[str, list[Group]] = {}
        for group in self._groups:
            found.setdefault(checksum(token_of(self._markets[group.market_id])), []).append(group)
        return sorted(found.items())
