"""The exact rule over the lines that came up, and what it says in words."""

from dataclasses import replace

from orchestrator.chain.book import BookMarket
from orchestrator.credit.mandate import From, Mandate, MandateState
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.share import FeedReading
from orchestrator.credit.units import Bps, Timestamp
from orchestrator.triggers.accounts import ShareAccount
from orchestrator.triggers.evaluation import MarketView, firings, liquidatable_lines
from orchestrator.triggers.lines import StandingLine, StandingMandate
from orchestrator.triggers.readings import Readings
from orchestrator.triggers.words import amount, percent, price, why, why_liquidatable
from tests.unit.credit.lines import NO_ORACLE, OPENED_AT, TERMS, dollars, oracle, usdc, weth
from tests.unit.credit.mandates import BILLED_AT, DUE, FEED, LEVEL, LINE, LTV, REGISTERED, SHARE, in_kind

TRIGGER = "0x" + "a3" * 20
NOTHING_READ = Readings({}, {}, {})
MARKET = BookMarket(
    id=1,
    loan_token="0x" + "01" * 20,  # type: ignore[arg-type]
    collateral_token="0x" + "02" * 20,  # type: ignore[arg-type]
    oracle="0x" + "03" * 20,  # type: ignore[arg-type]
    min_debt=usdc(100),
    feeds=(),
    loan_symbol="USDC",
    collateral_symbol="WETH",
    loan_decimals=6,
    collateral_decimals=18,
)


def held(*mandates: Mandate, state: MandateState = REGISTERED) -> StandingLine:
    found = tuple(
        StandingMandate(f"0x{number:064x}", TRIGGER, mandate, state, (1, number))
        for number, mandate in enumerate(mandates)
    )
    return StandingLine(1, 1, LINE, TERMS, (1, 0), found)


def at(reading: OracleReading) -> dict[int, MarketView]:
    return {1: MarketView(reading, loan_decimals=6)}


def test_a_second_mandate_finds_the_line_as_the_first_left_it() -> None:
    line = held(DUE, replace(LTV, nonce=2))
    bill, ltv = firings([line], at(oracle(1_300)), NOTHING_READ, BILLED_AT)
    assert bill.firing.transition is not None
    assert ltv.before == bill.firing.transition.state
    (alone,) = firings([held(replace(LTV, nonce=2))], at(oracle(1_300)), NOTHING_READ, BILLED_AT)
    assert ltv.firing.need < alone.firing.need


def test_a_market_that_is_not_in_the_book_is_left_alone() -> None:
    assert list(firings([held(DUE)], {}, NOTHING_READ, BILLED_AT)) == []
    assert list(liquidatable_lines([held(DUE)], {}, BILLED_AT)) == []


def test_a_share_needs_what_the_contract_has_counted() -> None:
    read = Readings({}, {FEED: FeedReading(600_00, 2)}, {})
    line = held(SHARE)
    assert list(firings([line], at(oracle(2_000)), read, OPENED_AT)) == []
    counted = replace(read, accounts={(TRIGGER, line.mandates[0].mandate_hash): ShareAccount(mark=100_00, carry=0)})
    (wanted,) = firings([line], at(oracle(2_000)), counted, OPENED_AT)
    assert wanted.firing.pays == usdc(50)
    assert why(wanted, MARKET) == "the share of revenue comes to 50 USDC: pays 50 USDC from the reserve"


def test_a_level_is_told_with_its_direction() -> None:
    read = Readings({}, {FEED: FeedReading(1_999 * 10**8, 8)}, {})
    (wanted,) = firings([held(LEVEL)], at(NO_ORACLE), read, OPENED_AT)
    assert why(wanted, MARKET) == "the feed is below 200000000000: pays 100 USDC from the reserve"


def test_a_bill_is_told_with_its_amount() -> None:
    (wanted,) = firings([held(DUE)], at(NO_ORACLE), NOTHING_READ, BILLED_AT)
    assert why(wanted, MARKET).startswith("a bill of 8.219179 USDC is due: pays 8.219179 USDC from the reserve")


def test_a_top_up_is_planned_as_if_the_wallet_had_enough_and_told_with_what_it_gives() -> None:
    """What a wallet has is in no log of ours: the contract takes what is there."""
    line = replace(held(replace(DUE, source=From.TOP_UP)), state=replace(LINE, reserve=usdc(3)))
    (wanted,) = firings([line], at(NO_ORACLE), NOTHING_READ, BILLED_AT)
    assert wanted.firing.pays == wanted.firing.need
    assert why(wanted, MARKET).endswith("from the reserve, with 5.260274 USDC from the borrower's wallet")


def test_a_threshold_is_told_with_both_sides_of_it() -> None:
    (wanted,) = firings([held(LTV)], at(oracle(1_250)), NOTHING_READ, OPENED_AT)
    assert why(wanted, MARKET) == (
        "the debt of 1,000 USDC is 80 % of the collateral's value at 1,250 USDC for one WETH, above 70 %: "
        "pays 250 USDC from the reserve"
    )


def test_a_part_is_told_as_a_part() -> None:
    (wanted,) = firings([held(replace(LTV, cap_per_period=usdc(100.5)))], at(oracle(1_250)), NOTHING_READ, OPENED_AT)
    assert why(wanted, MARKET).endswith("pays 100 USDC of 250 USDC needed from the reserve")


def test_a_payment_in_kind_is_told_with_what_is_seized() -> None:
    (wanted,) = firings([held(in_kind(LTV))], at(oracle(1_250)), NOTHING_READ, OPENED_AT)
    assert " in kind with 0." in why(wanted, MARKET)
    assert why(wanted, MARKET).endswith(" WETH")


def test_a_line_is_liquidatable_by_its_health_or_by_default_and_waits_for_a_price_it_needs() -> None:
    line = held()
    assert list(liquidatable_lines([line], at(oracle(1_251)), OPENED_AT)) == []
    assert list(liquidatable_lines([line], at(oracle(1_249)), OPENED_AT)) == [line]
    assert list(liquidatable_lines([line], at(NO_ORACLE), OPENED_AT)) == []
    in_default = Timestamp(BILLED_AT + TERMS.grace_s + 1)
    assert list(liquidatable_lines([line], at(NO_ORACLE), in_default)) == [line]


def test_why_a_line_can_be_liquidated_is_told() -> None:
    line = held()
    assert (
        why_liquidatable(line, dollars(1_000), OPENED_AT) == "its debt is 100 % of the collateral's value, above 80 %"
    )
    in_default = Timestamp(BILLED_AT + TERMS.grace_s + 1)
    assert why_liquidatable(line, None, in_default) == "its bill is unpaid beyond the grace period"
    bare = replace(line, state=replace(line.state, collateral=weth(0)))
    assert why_liquidatable(bare, dollars(1_000), OPENED_AT) == "it has debt and no collateral"


def test_numbers_are_written_for_people() -> None:
    assert amount(1_234_500_000, 6, "USDC") == "1,234.5 USDC"
    assert amount(7, 0, "points") == "7 points"
    assert amount(0, 18, "WETH") == "0 WETH"
    assert amount(1, 18, "WETH") == "0.000000000000000001 WETH"
    assert percent(Bps(7_831)) == "78.31 %"
    assert percent(Bps(10_000)) == "100 %"
    assert price(dollars(194.9), MARKET) == "194.9 USDC"
