"""Integers travel exactly, addresses carry a checksum, times say what they are."""

from datetime import UTC, datetime, timedelta, timezone
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from api.wire import Address, Hash, Instant, Uint96, Uint256, decimal_text

UINT256: TypeAdapter[int] = TypeAdapter(Uint256)
UINT96: TypeAdapter[int] = TypeAdapter(Uint96)
ADDRESS: TypeAdapter[str] = TypeAdapter(Address)
HASH: TypeAdapter[str] = TypeAdapter(Hash)


@given(st.integers(0, 2**256 - 1))
def test_an_integer_survives_the_journey_as_string_and_as_number(value: int) -> None:
    assert UINT256.validate_json(UINT256.dump_json(value)) == value
    assert UINT256.validate_json(str(value)) == value
    assert UINT256.dump_json(value) == f'"{value}"'.encode()


@pytest.mark.parametrize(
    "value", ["", " 1", "1 ", "+1", "-1", "-0", "01", "1.0", "1e3", "0x1", "1_000", "١", 1.0, True, None]
)
def test_whatever_is_not_plainly_a_natural_number_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        UINT256.validate_python(value)


def test_an_integer_must_fit_its_type() -> None:
    assert UINT96.validate_python(str(2**96 - 1)) == 2**96 - 1
    with pytest.raises(ValidationError, match="less than"):
        UINT96.validate_python(str(2**96))


@given(st.binary(min_size=20, max_size=20))
def test_an_address_is_checksummed_and_accepted_in_three_spellings(raw: bytes) -> None:
    checksummed = ADDRESS.validate_python("0x" + raw.hex())
    assert ADDRESS.validate_python(checksummed) == checksummed
    assert ADDRESS.validate_python("0x" + raw.hex().upper()) == checksummed


@pytest.mark.parametrize(
    "value",
    [
        "", "0x", "0x12", "ab" * 20, "0x" + "ab" * 21, "0X" + "ab" * 20, "0x" + "zz" * 20, "0x" + "ab" * 20 + "\n",
        "0x5fbdb2315678afecb367f032d93F642f64180aa3",
    ],
)  # fmt: skip
def test_what_is_no_address_or_has_a_wrong_checksum_is_refused(value: str) -> None:
    with pytest.raises(ValidationError):
        ADDRESS.validate_python(value)


def test_a_hash_is_written_in_lower_case() -> None:
    assert HASH.validate_python("0x" + "AB" * 32) == "0x" + "ab" * 32
    with pytest.raises(ValidationError):
        HASH.validate_python("0x" + "ab" * 31)


def test_chain_time_has_whole_seconds_and_our_clock_milliseconds() -> None:
    assert Instant.of_block_time(1_584_046_800).rfc3339 == "2020-03-12T21:00:00Z"
    moment = datetime(2020, 3, 12, 22, 0, 0, 123_456, tzinfo=timezone(timedelta(hours=1)))
    assert Instant.of_clock(moment) == Instant(epoch_s=1_584_046_800, rfc3339="2020-03-12T21:00:00.123Z")


def test_the_last_second_that_rfc_3339_can_write_is_written() -> None:
    last = int(datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp())
    assert Instant.of_block_time(last).rfc3339 == "9999-12-31T23:59:59Z"
    assert Instant.of_block_time(last + 1).rfc3339 is None


@given(st.integers(-(2**255), 2**255), st.integers(0, 36))
def test_a_decimal_is_written_with_every_digit(value: int, places: int) -> None:
    text = decimal_text(value, places)
    assert Fraction(text) == Fraction(value, 10**places)
    assert len(text.partition(".")[2]) == places
