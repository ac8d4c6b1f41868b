"""A keeper's fee in the currency of gas: exact where a token is that currency, else at the measuring price."""

from dataclasses import replace

from orchestrator.credit.mandate import From
from orchestrator.triggers.worth import fee_worth_wei
from tests.unit.credit.lines import dollars, usdc, weth
from tests.unit.triggers.test_evaluation import MARKET

WETH, USDC = MARKET.collateral_token, MARKET.loan_token


def test_a_fee_in_wrapped_ether_is_worth_itself() -> None:
    assert fee_worth_wei(weth(0.5), From.COLLATERAL, MARKET, WETH, None) == weth(0.5)


def test_a_fee_in_dollars_is_worth_the_ether_that_they_buy() -> None:
    for source in (From.RESERVE, From.TOP_UP):
        assert fee_worth_wei(usdc(5), source, MARKET, WETH.upper().replace("0X", "0x"), dollars(2_000)) == weth(0.0025)


def test_where_ether_is_lent_collateral_is_worth_what_it_would_borrow() -> None:
    turned = replace(MARKET, loan_token=WETH, collateral_token=USDC)
    price = 10**36 * 10**18 // (2_000 * 10**6)
    assert fee_worth_wei(usdc(2_000), From.COLLATERAL, turned, WETH, price) == weth(1)  # type: ignore[arg-type]


def test_nobody_can_say_without_a_price_or_in_a_market_without_the_currency_of_gas() -> None:
    assert fee_worth_wei(usdc(5), From.RESERVE, MARKET, WETH, None) is None
    assert fee_worth_wei(usdc(5), From.RESERVE, MARKET, "0x" + "99" * 20, dollars(2_000)) is None
    assert fee_worth_wei(usdc(5), From.RESERVE, MARKET, None, dollars(2_000)) is None
