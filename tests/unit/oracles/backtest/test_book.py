"""A book as a CSV: read back as written, and refused with the line and the reason."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from oracles.backtest.book import COLUMNS, BadBook, BookLine, parse_book, read_book, write_book
from oracles.backtest.generate import generate_book
from oracles.backtest.path import Decimals, PricePath
from oracles.rounds import Round
from orchestrator.credit.units import UINT32_MAX, Bps, Timestamp
from tests.unit.oracles.backtest.books import books

PATH = PricePath.of([Round(i, 2_000 * 10**8, 1_700_000_000 + i * 3_600) for i in range(1, 50)], Decimals())
HEADER = ",".join(COLUMNS)
ROW = {
    "line": "7", "opened_at": "1700000000", "apr_bps": "1000", "commitment_bps": "100", "penalty_bps": "500",
    "initial_ltv_bps": "6000", "liquidation_ltv_bps": "8000", "bonus_bps": "500", "in_kind_ltv_bps": "7000",
    "in_kind_discount_bps": "200", "amort_bps": "1000", "period_hours": "720", "grace_hours": "72",
    "draw_window_hours": "4320", "term_hours": "8760", "min_debt": "100000000", "limit": "1000000000",
    "drawn": "900000000", "collateral": "1000000000000000000", "reserve": "50000000", "pays_bills": "1",
    "keeper_fee_bps": "50", "due_cap": "", "due_period_hours": "", "ltv_source": "", "ltv_threshold_bps": "",
    "ltv_cap": "", "ltv_period_hours": "",
}  # fmt: skip


def row(**changes: str) -> str:
    return ",".join((ROW | changes).values())


def parse(*rows: str) -> tuple[BookLine, ...]:
    return parse_book([HEADER, *rows], "book.csv")


def test_a_row_is_a_line_with_its_terms_and_amounts() -> None:
    (line,) = parse(row())
    assert (line.line_id, line.limit, line.drawn, line.pays_bills, line.mandates) == (7, 10**9, 9 * 10**8, True, ())
    assert (line.terms.period_s, line.terms.window_ends_at) == (30 * 86_400, 1_700_000_000 + 180 * 86_400)
    state = line.opened()
    assert (state.principal, state.undrawn, state.reserve) == (9 * 10**8, 10**8, 50_000_000)


def test_mandates_are_those_whose_caps_are_given() -> None:
    (line,) = parse(row(due_cap="5", due_period_hours="24", ltv_source="collateral", ltv_threshold_bps="7000",
                        ltv_cap="6", ltv_period_hours="1"))  # fmt: skip
    due, ltv = line.mandates
    assert (due.kind.name, due.source.name, due.cap_per_period, due.period_hours, due.fee_bps) == (
        "DUE", "RESERVE", 5, 24, 50,
    )  # fmt: skip
    assert (ltv.kind.name, ltv.source.name, ltv.threshold_bps, ltv.cap_per_period) == ("LTV", "COLLATERAL", 7_000, 6)


@settings(max_examples=60, deadline=None)
@given(book=books())
def test_any_book_is_read_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, book: tuple[BookLine, ...]
) -> None:
    plain = tuple(_with_one_fee(line) for line in book)
    path = tmp_path_factory.mktemp("book") / "book.csv"
    write_book(plain, path)
    assert read_book(path) == plain


def _with_one_fee(line: BookLine) -> BookLine:
    """A book has one keeper's fee a line, and no expiry."""
    forever = Timestamp(UINT32_MAX)
    return replace(line, mandates=tuple(replace(one, fee_bps=Bps(7), expiry=forever) for one in line.mandates))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"limit": "1.5"}, "limit '1.5' is no whole number"),
        ({"limit": "-1"}, "limit '-1'"),
        ({"limit": ""}, "limit ''"),
        ({"drawn": "1000000001"}, "more than the limit"),
        ({"pays_bills": "2"}, "pays_bills is 2"),
        ({"collateral": str(2**96)}, "collateral is"),
        ({"initial_ltv_bps": "8000"}, "initial_ltv_bps"),
        ({"period_hours": "0"}, "period_s"),
        ({"ltv_source": "cash", "ltv_threshold_bps": "1", "ltv_cap": "1", "ltv_period_hours": "1"}, "not one of"),
        ({"due_cap": "1"}, "period_hours"),
        ({"keeper_fee_bps": "101", "due_cap": "1", "due_period_hours": "1"}, "fee_bps"),
    ],
)
def test_a_row_that_is_no_line_is_refused_with_its_number(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(BadBook, match=r"book\.csv, line 3: ") as refused:
        parse(row(line="1"), row(**changes))
    assert reason in refused.value.message


def shortened(text: str) -> str:
    return text.rpartition(",")[0]


@pytest.mark.parametrize("change", [shortened, lambda text: text + ",1"])
def test_a_row_of_another_width_is_refused(change: Callable[[str], str]) -> None:
    with pytest.raises(BadBook, match="expected 28 columns"):
        parse(change(row()))


def test_one_line_twice_another_header_an_empty_or_missing_book_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadBook, match="line 7 is there twice"):
        parse(row(), row())
    with pytest.raises(BadBook, match="header"):
        parse_book(["a,b", "1,2"], "book.csv")
    with pytest.raises(BadBook, match="has no lines"):
        parse()
    with pytest.raises(BadBook, match="there is no file"):
        read_book(tmp_path / "none.csv")


def test_a_made_up_book_is_the_same_for_one_seed_and_can_be_written() -> None:
    book = generate_book(30, 5, PATH, Decimals())
    assert book == generate_book(30, 5, PATH, Decimals())
    assert book != generate_book(30, 6, PATH, Decimals())
    assert len({line.line_id for line in book}) == 30
    assert all(line.drawn <= line.limit for line in book)
