"""Column types: 0x-strings and integers outside, compact bytes and numerics inside."""

from decimal import Decimal

import pytest
from sqlalchemy.dialects import postgresql

from orchestrator.db.types import Address, Hash, Integer256

DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def test_an_address_is_twenty_bytes_inside_and_lower_case_outside() -> None:
    bound = Address().process_bind_param("0xABCDEF" + "00" * 17, DIALECT)
    assert bound == bytes.fromhex("abcdef" + "00" * 17)
    assert Address().process_result_value(bound, DIALECT) == "0xabcdef" + "00" * 17


@pytest.mark.parametrize("value", ["0x", "0x" + "00" * 19, "0x" + "00" * 32])
def test_an_address_of_another_length_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="expected 20 bytes"):
        Address().process_bind_param(value, DIALECT)


def test_nothing_stays_nothing() -> None:
    assert Hash().process_bind_param(None, DIALECT) is None
    assert Hash().process_result_value(None, DIALECT) is None
    assert Integer256().process_bind_param(None, DIALECT) is None
    assert Integer256().process_result_value(None, DIALECT) is None


@pytest.mark.parametrize("value", [0, 1, -1, 2**256 - 1, -(2**255)])
def test_an_integer_of_256_bits_is_exact(value: int) -> None:
    bound = Integer256().process_bind_param(value, DIALECT)
    assert isinstance(bound, Decimal)
    assert Integer256().process_result_value(bound, DIALECT) == value
