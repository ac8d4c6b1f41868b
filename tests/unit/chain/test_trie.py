"""The root of a list's Merkle-Patricia trie, against py-trie."""

import rlp
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from orchestrator.chain.trie import EMPTY_ROOT, ordered_root


def root_by_py_trie(values: list[bytes]) -> bytes:
    trie = HexaryTrie({})
    for position, value in enumerate(values):
        trie[rlp.encode(position)] = value
    return bytes(trie.root_hash)


def test_the_empty_list_has_the_empty_root() -> None:
    assert ordered_root([]) == EMPTY_ROOT == root_by_py_trie([])


@given(st.lists(st.binary(min_size=1, max_size=80), max_size=40))
def test_the_root_is_that_of_a_full_trie(values: list[bytes]) -> None:
    assert ordered_root(values) == root_by_py_trie(values)


def test_the_root_of_a_full_block_is_that_of_a_full_trie() -> None:
    """Keys of one, two and three bytes, and every branch in between."""
    values = [b"receipt %d" % number * (number % 7 + 1) for number in range(700)]
    assert ordered_root(values) == root_by_py_trie(values)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=20), st.data())
def test_the_root_changes_when_a_value_is_left_out(values: list[bytes], data: st.DataObject) -> None:
    position = data.draw(st.integers(0, len(values) - 1))
    assert ordered_root(values) != ordered_root(values[:position] + values[position + 1 :])
