"""Directed arithmetic."""

from fractions import Fraction
from math import ceil, floor

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.credit.units import div_up, mul_div_down, mul_div_up, zero_floor_sub

wide = st.integers(0, 2**256)
divisors = st.integers(1, 2**256)


@given(wide, wide, divisors)
def test_each_division_rounds_in_the_direction_of_its_name(a: int, b: int, d: int) -> None:
    """Pitfall 13."""
    assert mul_div_down(a, b, d) == floor(Fraction(a * b, d))
    assert mul_div_up(a, b, d) == ceil(Fraction(a * b, d))
    assert div_up(a, d) == ceil(Fraction(a, d))


@given(wide, wide)
def test_a_difference_stops_at_zero(a: int, b: int) -> None:
    assert zero_floor_sub(a, b) == max(0, a - b)
