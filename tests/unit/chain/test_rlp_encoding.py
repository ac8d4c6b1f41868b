"""The encoder, against the rlp library's."""

import rlp
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain.rlp_encoding import big_endian, encode

STRINGS = st.one_of(st.binary(max_size=3), st.binary(min_size=50, max_size=60), st.binary(min_size=250, max_size=260))


@given(st.recursive(STRINGS, lambda items: st.lists(items, max_size=8), max_leaves=40))
def test_whatever_is_encoded_is_encoded_as_the_library_does(item: object) -> None:
    assert encode(item) == rlp.encode(item)  # type: ignore[arg-type]


@given(st.integers(0, 2**256))
def test_an_integer_is_encoded_as_the_library_does(value: int) -> None:
    assert encode(big_endian(value)) == rlp.encode(value)
