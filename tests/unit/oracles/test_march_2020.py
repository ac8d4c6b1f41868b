"""The crash of 12 and 13 March 2020 seen by four sources, of which one, then two, are faulty.

The hours are real where the file is there; a made-up crash of the same depth is judged everywhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from oracles.aggregate import Aggregate, AggregatePolicy, Rejected, aggregate
from oracles.backtest.book import BookLine, ltv_mandate
from oracles.backtest.line import run_line
from oracles.backtest.outcome import Act, Bands
from oracles.backtest.path import Decimals, PricePath
from oracles.facts.fact import answer_of
from oracles.rounds import CANDLE_DECIMALS, Round, read_rounds
from oracles.sources.quote import Quote
from orchestrator.credit.mandate import From
from orchestrator.credit.units import Bps
from tests.unit.credit.lines import TERMS, usdc, weth
from tests.unit.oracles.eth_usd import SHARED

REAL = SHARED / "eth-usd-2020-03-1h.csv"
SPREADS_BPS = {"coinbase": 0, "kraken": 6, "bitstamp": -8, "gemini": 3}
VOLUMES = {"coinbase": Decimal(9_000), "kraken": Decimal(5_000), "bitstamp": Decimal(2_000), "gemini": Decimal(800)}
TOLERANCE = Decimal("0.005")

Fault = Callable[[Quote, Sequence[Quote]], Quote | None]


def made_up_hours() -> list[Round]:
    prices = [195, 190, 176, 150, 131, 138, 125, 110, 97, 115, 87, 105, 112, 128, 133, 126, 121, 124]
    return [Round(i, price * 10**8, 1_583_971_200 + i * 3_600) for i, price in enumerate(prices, start=1)]


@pytest.fixture(params=["real", "made up"])
def hours(request: pytest.FixtureRequest) -> Sequence[Round]:
    if request.param == "made up":
        return made_up_hours()
    if not REAL.exists():
        pytest.skip(f"{REAL} is absent; a made-up crash is judged all the same")
    return read_rounds(REAL, skip_refused=True).rounds


def honest_quotes(hour: Round) -> list[Quote]:
    price = Decimal(hour.answer).scaleb(-CANDLE_DECIMALS)
    return [
        Quote(name, price * (10_000 + bps) / 10_000, VOLUMES[name], hour.updated_at - 2)
        for name, bps in SPREADS_BPS.items()
    ]


def stuck(quote: Quote, first: Sequence[Quote]) -> Quote | None:
    """Goes on with the quote that it had at the beginning, time and all."""
    return next(one for one in first if one.source == quote.source)


def stuck_but_dated_now(quote: Quote, first: Sequence[Quote]) -> Quote | None:
    """Goes on with its first price and says that it is new."""
    old = next(one for one in first if one.source == quote.source)
    return Quote(quote.source, old.price, quote.volume, quote.observed_at)


def printing_a_quarter_more(quote: Quote, first: Sequence[Quote]) -> Quote | None:
    """135 while the others print 110."""
    return Quote(quote.source, quote.price * 135 / 110, quote.volume * 50 if quote.volume else None, quote.observed_at)


def gone(quote: Quote, first: Sequence[Quote]) -> Quote | None:
    """Does not answer."""
    return None


FAULTS: tuple[Fault, ...] = (stuck, stuck_but_dated_now, printing_a_quarter_more, gone)


def seen(hour: Round, first: Round, faults: dict[str, Fault]) -> Aggregate:
    quotes, failed, at_first = [], [], honest_quotes(first)
    for honest in honest_quotes(hour):
        said = faults[honest.source](honest, at_first) if honest.source in faults else honest
        if said is None:
            failed.append(Rejected(honest.source, "no answer within 5 s"))
        else:
            quotes.append(said)
    return aggregate(quotes, AggregatePolicy(), hour.updated_at, failed)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("faulty", SPREADS_BPS)
def test_with_one_faulty_source_the_answer_stays_within_half_a_per_cent_of_the_honest(
    hours: Sequence[Round], fault: Fault, faulty: str
) -> None:
    for hour in hours:
        found = seen(hour, hours[0], {faulty: fault})
        assert found.price is not None, found.why_not
        for honest in honest_quotes(hour):
            if honest.source != faulty:
                assert abs(found.price - honest.price) <= honest.price * TOLERANCE


CAUTIOUS = BookLine(
    line_id=1,
    terms=replace(TERMS, amort_bps=Bps(0), commitment_bps=Bps(0)),
    limit=usdc(1_000),
    drawn=usdc(1_000),
    collateral=weth(14),
    reserve=usdc(400),
    pays_bills=True,
    mandates=(ltv_mandate(1, From.RESERVE, 7_000, cap=usdc(400), period_hours=1, fee_bps=0),),
)


def acts_on(path: PricePath) -> list[tuple[int, Act]]:
    line = replace(CAUTIOUS, terms=replace(CAUTIOUS.terms, opened_at=path.times[0]))
    return [(event.at, event.act) for event in run_line(line, path, Bands(()), 6).events]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("faulty", SPREADS_BPS)
def test_with_one_faulty_source_triggers_fire_in_the_same_hours_as_with_none(
    hours: Sequence[Round], fault: Fault, faulty: str
) -> None:
    def path(faults: dict[str, Fault]) -> PricePath:
        answers = [seen(hour, hours[0], faults).price for hour in hours]
        assert None not in answers
        rounds = [
            Round(hour.round_id, answer_of(answer, CANDLE_DECIMALS), hour.updated_at)
            for hour, answer in zip(hours, answers, strict=True)
            if answer is not None
        ]
        return PricePath.of(rounds, Decimals())

    with_none = acts_on(path({}))
    assert Act.LTV_RESERVE in {act for _, act in with_none}
    assert acts_on(path({faulty: fault})) == with_none


@pytest.mark.parametrize("first", FAULTS, ids=lambda fault: fault.__name__)
@pytest.mark.parametrize("second", FAULTS, ids=lambda fault: fault.__name__)
def test_with_two_faulty_sources_there_is_no_answer_rather_than_a_wrong_one(
    hours: Sequence[Round], first: Fault, second: Fault
) -> None:
    """What is stuck and what is honest agree while the price is back where it was: then the answer is right anyway.

    Right is within half a per cent of a source that is honest: what a feed that reports such a move leaves unsaid too.
    """
    refused = 0
    for hour in hours[1:]:
        found = seen(hour, hours[0], {"coinbase": first, "gemini": second})
        if found.price is None:
            refused += 1
        else:
            honest = [one.price for one in honest_quotes(hour) if one.source not in ("coinbase", "gemini")]
            assert any(abs(found.price - price) <= price * TOLERANCE for price in honest)
    assert refused > len(hours) // 2
