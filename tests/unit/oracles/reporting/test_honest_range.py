"""Whatever sources say and (k−1)/2 reporters make up, a feed stays within what the honest reporters saw.

The way of an answer, without the chain: sources, clocks, aggregation, an observation, a pot, and the contract's median
of any quorum that a leader may choose. `tests/contracts/AttestedFeed.t.sol` holds the contract to that median.
"""

from collections.abc import Sequence
from decimal import Decimal

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from oracles.aggregate import AggregatePolicy, aggregate
from oracles.facts.fact import answer_of
from oracles.reporting.feed import FeedMakeUp, FeedState
from oracles.reporting.observation import Observation, SignedObservation
from oracles.reporting.pot import Pot
from oracles.sources.quote import Quote

NOW = 1_700_000_000
DECIMALS = 8
POLICY = AggregatePolicy()
BOUNDS = (-(2**100), 2**100)

honest_prices = st.integers(-24, 24).map(lambda bps: Decimal(200) * (10_000 + bps) / 10_000)
volumes = st.none() | st.integers(1, 10**6).map(Decimal)
skews_s = st.integers(-5, 120)
faulty_quotes = st.tuples(st.integers(-5, 10**6).map(Decimal), volumes, st.integers(-500, 500))


def address(number: int) -> ChecksumAddress:
    return to_checksum_address(f"0x{number + 1:040x}")


def signed(number: int, answer: int, observed_at: int = NOW) -> SignedObservation:
    return SignedObservation(Observation(1, answer, observed_at), b"", address(number))


def make_up(reporters: int, quorum: int) -> FeedMakeUp:
    return FeedMakeUp(DECIMALS, quorum, 300, *BOUNDS, tuple(map(address, range(reporters))))


def median(observations: Sequence[SignedObservation]) -> int:
    """As the contract takes it, of exactly a quorum."""
    return sorted(one.observation.answer for one in observations)[len(observations) // 2]


@st.composite
def sighted(draw: st.DrawFn) -> tuple[Decimal | None, list[Decimal]]:
    """What an honest reporter makes of three or four honest sources and at most one faulty one."""
    prices = draw(st.lists(honest_prices, min_size=3, max_size=4))
    quotes = [Quote(f"honest-{i}", price, draw(volumes), NOW - draw(skews_s)) for i, price in enumerate(prices)]
    if draw(st.booleans()):
        price, volume, age_s = draw(faulty_quotes)
        quotes.insert(draw(st.integers(0, len(quotes))), Quote("faulty", price, volume, NOW - age_s))
    return aggregate(quotes, POLICY, NOW).price, prices


@given(st.data(), st.sampled_from([1, 3, 5, 7]))
def test_no_answers_no_skews_and_no_minority_of_liars_move_a_round_out_of_the_honest_range(
    data: st.DataObject, quorum: int
) -> None:
    liars = data.draw(st.integers(0, (quorum - 1) // 2))
    honest = data.draw(st.integers(quorum - liars, quorum + 2))
    observations, seen = [], []
    for number in range(honest):
        price, prices = data.draw(sighted())
        assert price is not None
        seen += prices
        observations.append(signed(number, answer_of(price, DECIMALS)))
    lies = [data.draw(st.integers(*BOUNDS)) for _ in range(liars)]
    observations += [signed(honest + i, lie) for i, lie in enumerate(lies)]
    chosen = data.draw(st.permutations(observations))[:quorum]  # by the worst of leaders
    low, high = answer_of(min(seen), DECIMALS), answer_of(max(seen), DECIMALS)
    assert low <= median(chosen) <= high
    pot, state = Pot(make_up(len(observations), quorum)), FeedState(0, 0, 0, NOW)
    for one in data.draw(st.permutations(observations)):
        assert pot.add(one, state) is None
    by_an_honest_leader = pot.round_from(state)
    assert by_an_honest_leader is not None
    assert low <= median(by_an_honest_leader) <= high


@given(st.lists(st.integers(*BOUNDS), min_size=3, max_size=9), st.data())
def test_a_pot_gives_a_quorum_of_different_reporters_by_ascending_address(
    answers: list[int], data: st.DataObject
) -> None:
    quorum = data.draw(st.sampled_from([1, 3]))
    pot, state = Pot(make_up(len(answers), quorum)), FeedState(0, 0, 0, NOW)
    for number, answer in data.draw(st.permutations(list(enumerate(answers)))):
        assert pot.add(signed(number, answer), state) is None
    found = pot.round_from(state)
    assert found is not None
    numbers = [int(one.signer, 16) for one in found]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == quorum


def test_a_pot_forgets_what_is_for_a_round_that_was_written() -> None:
    pot = Pot(make_up(3, 3))
    for number in range(3):
        pot.add(signed(number, 5), FeedState(0, 0, 0, NOW))
    assert pot.round_from(FeedState(1, 5, NOW, NOW + 1)) is None
    assert pot.round_from(FeedState(0, 0, 0, NOW)) is None


def test_an_older_observation_of_a_reporter_does_not_take_the_place_of_its_newer_one() -> None:
    pot, state = Pot(make_up(1, 1)), FeedState(0, 0, 0, NOW)
    assert pot.add(signed(0, 7, NOW), state) is None
    assert pot.add(signed(0, 5, NOW - 9), state) == "a newer observation of this reporter is here already"
    found = pot.round_from(state)
    assert found is not None
    assert found[0].observation.answer == 7


def test_of_more_than_a_quorum_the_middle_ones_make_the_round() -> None:
    pot, state = Pot(make_up(5, 3)), FeedState(0, 0, 0, NOW)
    for number, answer in enumerate((9_999, 200, 201, 202, 0)):
        pot.add(signed(number, answer), state)
    found = pot.round_from(state)
    assert found is not None
    assert sorted(one.observation.answer for one in found) == [200, 201, 202]
