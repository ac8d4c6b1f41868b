"""What a keeper's fee is worth in the chain's own currency, which gas is paid in. Pure."""

from __future__ import annotations

from orchestrator.chain.book import BookMarket
from orchestrator.credit.mandate import From
from orchestrator.credit.units import PRICE_SCALE, PriceE36, mul_div_down


def fee_worth_wei(
    fee: int, source: From, market: BookMarket, wrapped_native: str | None, measuring_price: PriceE36 | None
) -> int | None:
    """``fee`` in base units of the source's token, as wei, rounded down; None when the market can't say.

    It can when one of its tokens is the wrapped native currency; the other is then valued at the measuring price.
    """
    if wrapped_native is None:
        return None
    native = wrapped_native.lower()
    paid_in_loan = source is not From.COLLATERAL
    if native == (market.loan_token if paid_in_loan else market.collateral_token).lower():
        return fee
    if native != (market.collateral_token if paid_in_loan else market.loan_token).lower() or not measuring_price:
        return None
    if paid_in_loan:
        return mul_div_down(fee, PRICE_SCALE, measuring_price)
    return mul_div_down(fee, measuring_price, PRICE_SCALE)
