"""The log bloom, against eth-bloom."""

from eth_bloom.bloom import BloomFilter as ReferenceBloom
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain.bloom import BloomFilter, bloom_bits

addresses = st.binary(min_size=20, max_size=20)


@given(addresses)
def test_an_address_sets_the_bits_of_the_yellow_paper(address: bytes) -> None:
    assert bloom_bits(address) == int(ReferenceBloom.from_iterable([address]))


@given(st.lists(addresses, min_size=1, max_size=20), st.data())
def test_an_address_that_logged_always_matches(logged: list[bytes], data: st.DataObject) -> None:
    bloom = int(ReferenceBloom.from_iterable(logged))
    watched = data.draw(st.sampled_from(logged))
    assert BloomFilter(["0x" + "00" * 20, "0x" + watched.hex()]).may_match(bloom)


@given(addresses)
def test_nothing_matches_an_empty_bloom(address: bytes) -> None:
    assert not BloomFilter(["0x" + address.hex()]).may_match(0)
