"""A back-test skips rounds, and nothing else: it equals every line looked at in every round."""

from collections.abc import Sequence

from hypothesis import given, settings

from oracles.backtest.book import BookLine
from oracles.backtest.generate import generate_book
from oracles.backtest.outcome import BAND_TOPS_BPS, Bands, Outcome
from oracles.backtest.path import Decimals, PricePath
from oracles.backtest.run import Played, run_book
from oracles.rounds import Round, parse_rounds
from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.status import status
from orchestrator.credit.units import Timestamp
from tests.unit.oracles.backtest.books import ONE_TO_ONE, books, histories
from tests.unit.oracles.backtest.plainly import Watched, watch
from tests.unit.oracles.eth_usd import generated_csv


def assert_equal(line: BookLine, outcome: Outcome, path: PricePath, seen: Watched) -> None:
    assert outcome.events == seen.events
    state = (
        seen.state
        if seen.state.over
        else advance(seen.state, line.terms, Timestamp(max(path.times[-1], line.terms.opened_at)))
    )
    assert (outcome.debt, outcome.collateral, outcome.reserve) == (debt(state), state.collateral, state.reserve)
    assert outcome.status == status(state, line.terms).name.lower()
    assert (outcome.worst is None) == (seen.worst is None)
    if outcome.worst is not None and seen.worst is not None:
        assert outcome.worst.ltv_bps == seen.worst.ltv_bps


def counted_plainly(samples: Sequence[int], watched: Sequence[Watched]) -> Bands:
    bands = Bands(tuple(samples))
    for row, index in enumerate(samples):
        for seen in watched:
            if index in seen.debts:
                ltv_bps = seen.ltvs[index]
                tops = [i for i, top in enumerate(BAND_TOPS_BPS) if ltv_bps is not None and ltv_bps <= top]
                bands.debts[row][tops[0] if tops else -1] += seen.debts[index]
    return bands


def check(book: Sequence[BookLine], path: PricePath, decimals: Decimals, played: Played) -> None:
    watched = [watch(line, path, decimals.loan) for line in book]
    for line, outcome, seen in zip(book, played.outcomes, watched, strict=True):
        assert_equal(line, outcome, path, seen)
    assert played.bands == counted_plainly(played.bands.samples, watched)


@settings(max_examples=400, deadline=None)
@given(books(), histories())
def test_it_equals_every_line_at_every_round(book: tuple[BookLine, ...], path: PricePath) -> None:
    check(book, path, ONE_TO_ONE, run_book(book, path, ONE_TO_ONE.loan))


def test_it_equals_every_line_at_every_round_of_ten_months() -> None:
    rounds = parse_rounds(generated_csv(seed=2), "rounds.csv", skip_refused=True).rounds[:3_000]
    path = PricePath.of(rounds, Decimals())
    book = generate_book(12, seed=2, path=path, decimals=Decimals())
    played = run_book(book, path, Decimals().loan)
    check(book, path, Decimals(), played)
    assert sum(len(outcome.events) for outcome in played.outcomes) > 20


def test_shards_on_two_processes_give_the_same_as_one() -> None:
    path = PricePath.of(
        [Round(i, 2_000 * 10**8 - i * 10**9, 1_700_000_000 + i * 3_600) for i in range(1, 120)], Decimals()
    )
    book = generate_book(250, seed=3, path=path, decimals=Decimals())
    told: list[int] = []
    alone = run_book(book, path, 6)
    together = run_book(book, path, 6, workers=2, progress=told.append)
    assert (alone.outcomes, alone.bands) == (together.outcomes, together.bands)
    assert sorted(told) == [50, 100, 100]
