"""EIP-1559 fees: the first offer, and replacements at the same nonce."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.transactions.fees import FeeMarket, Fees, bumped_up, initial_fees, replacement_fees

GWEI = 10**9
wei = st.integers(0, 10**15)
markets = st.builds(FeeMarket, base_fee_wei=wei, tip_wei=wei)
offers = st.tuples(wei, wei).map(lambda pair: Fees(max(pair), min(pair)))


def test_the_first_offer_survives_a_doubled_base_fee() -> None:
    fees = initial_fees(FeeMarket(base_fee_wei=10 * GWEI, tip_wei=GWEI), cap_wei=100 * GWEI)
    assert fees == Fees(21 * GWEI, GWEI)
    assert fees.can_be_mined(20 * GWEI)


def test_the_cap_takes_from_the_headroom_first_and_then_from_the_tip() -> None:
    market = FeeMarket(base_fee_wei=10 * GWEI, tip_wei=3 * GWEI)
    assert initial_fees(market, cap_wei=12 * GWEI) == Fees(12 * GWEI, 3 * GWEI)
    assert initial_fees(FeeMarket(base_fee_wei=GWEI, tip_wei=9 * GWEI), cap_wei=2 * GWEI) == Fees(2 * GWEI, 2 * GWEI)


def test_nothing_is_offered_while_the_base_fee_is_above_the_cap() -> None:
    assert initial_fees(FeeMarket(base_fee_wei=10 * GWEI, tip_wei=0), cap_wei=10 * GWEI - 1) is None


def test_a_replacement_follows_a_market_that_ran_away() -> None:
    market = FeeMarket(base_fee_wei=100 * GWEI, tip_wei=2 * GWEI)
    assert replacement_fees(Fees(21 * GWEI, GWEI), market, cap_wei=500 * GWEI) == Fees(202 * GWEI, 2 * GWEI)


def test_a_replacement_in_a_calm_market_offers_an_eighth_more() -> None:
    market = FeeMarket(base_fee_wei=1, tip_wei=1)
    assert replacement_fees(Fees(16 * GWEI, 8 * GWEI), market, cap_wei=500 * GWEI) == Fees(18 * GWEI, 9 * GWEI)


def test_there_is_no_replacement_above_the_cap() -> None:
    market = FeeMarket(base_fee_wei=100 * GWEI, tip_wei=GWEI)
    assert replacement_fees(Fees(100 * GWEI, GWEI), market, cap_wei=112 * GWEI) is None
    assert replacement_fees(Fees(100 * GWEI, GWEI), market, cap_wei=113 * GWEI) == Fees(113 * GWEI, 1_125_000_000)


@pytest.mark.parametrize(("maximum", "tip"), [(1, 2), (1, -1)])
def test_a_tip_outside_the_total_is_no_fee(maximum: int, tip: int) -> None:
    with pytest.raises(ValueError):
        Fees(maximum, tip)


@given(markets, wei)
def test_a_first_offer_never_exceeds_the_cap_and_can_be_mined(market: FeeMarket, cap_wei: int) -> None:
    fees = initial_fees(market, cap_wei)
    assert (fees is None) is (market.base_fee_wei > cap_wei)
    if fees is not None:
        assert fees.max_fee_per_gas_wei <= cap_wei
        assert fees.can_be_mined(market.base_fee_wei)


@given(offers, markets, wei)
def test_pitfall_31_a_replacement_offers_an_eighth_more_in_both_fields_and_stays_below_the_cap(
    previous: Fees, market: FeeMarket, cap_wei: int
) -> None:
    fees = replacement_fees(previous, market, cap_wei)
    assume(fees is not None)
    assert fees is not None
    assert fees.max_fee_per_gas_wei <= cap_wei
    for now, before in (
        (fees.max_fee_per_gas_wei, previous.max_fee_per_gas_wei),
        (fees.max_priority_fee_per_gas_wei, previous.max_priority_fee_per_gas_wei),
    ):
        assert now > before
        assert now * 8 >= before * 9


@given(offers, markets, wei)
def test_a_replacement_is_refused_only_when_an_eighth_more_exceeds_the_cap(
    previous: Fees, market: FeeMarket, cap_wei: int
) -> None:
    assert (replacement_fees(previous, market, cap_wei) is None) is (bumped_up(previous.max_fee_per_gas_wei) > cap_wei)


@given(offers, markets, st.integers(1, 10**15))
def test_replacing_again_and_again_reaches_the_cap_and_ends(fees: Fees, market: FeeMarket, cap_wei: int) -> None:
    steps = 0
    while (following := replacement_fees(fees, market, cap_wei)) is not None:
        fees = following
        steps += 1
        assert steps < 400
    assert bumped_up(fees.max_fee_per_gas_wei) > cap_wei
