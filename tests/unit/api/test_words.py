"""What people read before they sign: numbers with their units, dates, and no base units."""

import pytest

from api.wire import TokenAmount
from api.words import amount, hours, moment


@pytest.mark.parametrize(
    ("base_units", "decimals", "words"),
    [
        (1_234_500_000, 6, "1,234.5 X"),
        (1, 18, "0.000000000000000001 X"),
        (7, 0, "7 X"),
        (7, None, "7 base units of X"),
    ],
)
def test_an_amount_has_all_of_its_digits(base_units: int, decimals: int | None, words: str) -> None:
    assert amount(TokenAmount(base_units=base_units, token="X", decimals=decimals)) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 hours"), (1, "1 hour"), (24, "1 day"), (36, "36 hours"), (720, "30 days")]
)
def test_hours_that_make_whole_days_are_days(count: int, words: str) -> None:
    assert hours(count) == words


def test_a_moment_is_told_in_utc_as_far_as_there_are_dates_for_it() -> None:
    assert moment(1_893_456_000) == "2030-01-01 00:00:00 UTC"
    assert moment(2**40) == "after the year 9999"
