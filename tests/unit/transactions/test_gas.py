"""What one transaction may ask for, whatever it needs."""

from typing import Final

from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator.transactions.gas import BLOCKS_UNTIL_MINED, LIMIT_BOUND_DIVISOR, GasRoom, gas_room

ETHEREUMS_BLOCK: Final = 60_000_000
ONE_TRANSACTION: Final = 1 << 24

gas = st.integers(min_value=1, max_value=10**9)
percent = st.integers(min_value=0, max_value=10_000)


def test_in_large_blocks_policy_bounds_a_transaction() -> None:
    assert gas_room(ETHEREUMS_BLOCK, ONE_TRANSACTION) == GasRoom(at_ease=ONE_TRANSACTION, at_most=ONE_TRANSACTION)


def test_in_small_blocks_half_of_one_does_and_what_has_no_parts_may_have_nearly_all() -> None:
    assert gas_room(16_000_000, ONE_TRANSACTION) == GasRoom(at_ease=8_000_000, at_most=15_000_000)


def test_the_margin_is_added_as_far_as_there_is_room() -> None:
    room = GasRoom(at_ease=1_000, at_most=1_800)
    assert [room.limit(estimate, 25) for estimate in (400, 900, 1_001, 1_700)] == [500, 1_000, 1_251, 1_800]


@given(block_gas_limit=gas, max_gas=gas, estimate=gas, margin=percent)
def test_a_limit_is_never_below_what_is_needed_nor_above_what_is_allowed(
    block_gas_limit: int, max_gas: int, estimate: int, margin: int
) -> None:
    room = gas_room(block_gas_limit, max_gas)
    assume(estimate <= room.at_most)
    assert estimate <= room.limit(estimate, margin) <= room.at_most <= max_gas
    assert estimate > room.at_ease or room.limit(estimate, margin) <= room.at_ease


@given(block_gas_limit=st.integers(min_value=5_000, max_value=10**9))
def test_what_was_signed_fits_into_a_block_while_their_limit_falls_as_fast_as_it_may(block_gas_limit: int) -> None:
    limit = block_gas_limit
    for _ in range(BLOCKS_UNTIL_MINED):
        limit -= limit // LIMIT_BOUND_DIVISOR - 1
    assert gas_room(block_gas_limit, 10**12).at_most <= limit
