"""The book of a back-test: lines with their terms, their amounts and what repays them, as rows of a CSV.

Amounts are base units, rates bps a year, durations whole hours, times seconds since 1970. A line is drawn when it is
opened and not again. It may have a mandate that pays its bills and one that pays by LTV; a cap left empty means none.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from orchestrator.credit.errors import CreditError
from orchestrator.credit.mandate import NO_FEED, From, Kind, Mandate
from orchestrator.credit.state import NEVER_UNPAID, LineState
from orchestrator.credit.terms import Terms
from orchestrator.credit.units import (
    HOUR,
    MAX_LIMIT,
    UINT32_MAX,
    UINT96_MAX,
    Bps,
    CollateralWei,
    Numerator,
    Seconds,
    Timestamp,
    Wei,
)
from orchestrator.errors import CovenantError

# No TOP_UP: what a borrower's wallet holds on a day is in no price history.
SOURCES: Final[Mapping[str, From]] = {"reserve": From.RESERVE, "collateral": From.COLLATERAL}

COLUMNS: Final = (
    "line", "opened_at", "apr_bps", "commitment_bps", "penalty_bps", "initial_ltv_bps", "liquidation_ltv_bps",
    "bonus_bps", "in_kind_ltv_bps", "in_kind_discount_bps", "amort_bps",
    "period_hours", "grace_hours", "draw_window_hours", "term_hours",
    "min_debt", "limit", "drawn", "collateral", "reserve", "pays_bills", "keeper_fee_bps",
    "due_cap", "due_period_hours", "ltv_source", "ltv_threshold_bps", "ltv_cap", "ltv_period_hours",
)  # fmt: skip

_RATES: Final = COLUMNS[2:11]
_DURATIONS: Final = ("period", "grace", "draw_window", "term")
_OPTIONAL: Final = frozenset(COLUMNS[-6:])


class BadBook(CovenantError):
    """The file is no book: unreadable, of another form, or with a row that is no line."""


@dataclass(frozen=True, slots=True)
class BookLine:
    """One line as it is opened.

    Attributes:
        limit: what the lender brings, in loan base units; ``drawn`` of it is the principal from the first second.
        reserve: the borrower's cash in escrow; nothing is added later.
        pays_bills: the borrower pays what is due and not paid by a mandate, in cash, at the first round it is seen.
    """

    line_id: int
    terms: Terms
    limit: Wei
    drawn: Wei
    collateral: CollateralWei
    reserve: Wei
    pays_bills: bool
    mandates: tuple[Mandate, ...]

    def opened(self) -> LineState:
        """The line in its first second."""
        return LineState(
            seq=1,
            principal=self.drawn,
            undrawn=Wei(self.limit - self.drawn),
            accrued_at=self.terms.opened_at,
            unbilled=Numerator(0),
            billed=Numerator(0),
            billed_principal=Wei(0),
            unpaid_since=NEVER_UNPAID,
            collateral=self.collateral,
            reserve=self.reserve,
            claim_loan=Wei(0),
            claim_collateral=CollateralWei(0),
        )


def read_book(path: Path) -> tuple[BookLine, ...]:
    """Reads a book.

    Raises:
        BadBook: with the line number and what is wrong in it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadBook(f"there is no file {path}", "check the path, or let `--lines` make a book") from None
    except (OSError, UnicodeDecodeError) as error:
        raise BadBook(f"{path} cannot be read as text: {error}", "give a CSV file of lines") from error
    return parse_book(text.splitlines(), str(path))


def parse_book(rows: Iterable[str], source: str) -> tuple[BookLine, ...]:
    """The same for the rows of a file; ``source`` names it in errors."""
    reader = csv.DictReader(rows)
    if tuple(reader.fieldnames or ()) != COLUMNS:
        raise BadBook(f"{source}, line 1: the header is not that of a book", f"expected {','.join(COLUMNS)}")
    lines: dict[int, BookLine] = {}
    for row in reader:
        try:
            line = _line_of(row)
            if line.line_id in lines:
                raise ValueError(f"line {line.line_id} is there twice")
        except (ValueError, CreditError) as error:
            raise BadBook(f"{source}, line {reader.line_num}: {error}", "correct or delete the line") from None
        lines[line.line_id] = line
    if not lines:
        raise BadBook(f"{source} has no lines", "give a book with at least one line")
    return tuple(lines.values())


def write_book(lines: Iterable[BookLine], path: Path) -> None:
    """Writes what ``read_book`` reads back."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(_row_of(line) for line in lines)


def due_mandate(line_id: int, cap: int, period_hours: int, fee_bps: int) -> Mandate:
    """Pays bills from the reserve, at most ``cap`` loan base units a period, fees included."""
    return _mandate(line_id, Kind.DUE, From.RESERVE, 0, cap, period_hours, fee_bps)


def ltv_mandate(line_id: int, source: From, threshold_bps: int, cap: int, period_hours: int, fee_bps: int) -> Mandate:
    """Pays back to the initial LTV above ``threshold_bps``; ``cap`` in base units of the source's token."""
    return _mandate(line_id, Kind.LTV, source, threshold_bps, cap, period_hours, fee_bps)


def _mandate(
    line_id: int, kind: Kind, source: From, threshold_bps: int, cap: int, period_hours: int, fee_bps: int
) -> Mandate:
    return Mandate(
        line_id=line_id,
        kind=kind,
        source=source,
        threshold_bps=Bps(threshold_bps),
        share_bps=Bps(0),
        fee_bps=Bps(fee_bps),
        period_hours=period_hours,
        cap_per_period=cap,
        amount=Wei(0),
        feed=NO_FEED,
        above=False,
        level=0,
        expiry=Timestamp(UINT32_MAX),
        nonce=int(kind),
    )


def _line_of(row: Mapping[str, str | None]) -> BookLine:
    """Raises ValueError or CreditError, which say what is wrong."""
    if None in row or None in row.values():
        raise ValueError(f"expected {len(COLUMNS)} columns")
    values = {name: _integer(name, text or "") for name, text in row.items() if name != "ltv_source"}
    terms = _terms_of(values)
    for name, most in (("limit", MAX_LIMIT), ("collateral", UINT96_MAX), ("reserve", UINT96_MAX), ("pays_bills", 1)):
        if values[name] > most:
            raise ValueError(f"{name} is {values[name]}, at most {most} is possible")
    if values["drawn"] > values["limit"]:
        raise ValueError(f"drawn is {values['drawn']}, more than the limit of {values['limit']}")
    return BookLine(
        line_id=values["line"],
        terms=terms,
        limit=Wei(values["limit"]),
        drawn=Wei(values["drawn"]),
        collateral=CollateralWei(values["collateral"]),
        reserve=Wei(values["reserve"]),
        pays_bills=values["pays_bills"] == 1,
        mandates=tuple(_mandates_of(values, row["ltv_source"] or "")),
    )


def _terms_of(values: Mapping[str, int]) -> Terms:
    return Terms(
        apr_bps=Bps(values["apr_bps"]),
        commitment_bps=Bps(values["commitment_bps"]),
        penalty_bps=Bps(values["penalty_bps"]),
        initial_ltv_bps=Bps(values["initial_ltv_bps"]),
        liquidation_ltv_bps=Bps(values["liquidation_ltv_bps"]),
        bonus_bps=Bps(values["bonus_bps"]),
        in_kind_ltv_bps=Bps(values["in_kind_ltv_bps"]),
        in_kind_discount_bps=Bps(values["in_kind_discount_bps"]),
        amort_bps=Bps(values["amort_bps"]),
        period_s=Seconds(values["period_hours"] * HOUR),
        grace_s=Seconds(values["grace_hours"] * HOUR),
        draw_window_s=Seconds(values["draw_window_hours"] * HOUR),
        term_s=Seconds(values["term_hours"] * HOUR),
        opened_at=Timestamp(values["opened_at"]),
        min_debt=Wei(values["min_debt"]),
    )


def _mandates_of(values: Mapping[str, int], ltv_source: str) -> Iterable[Mandate]:
    line_id, fee_bps = values["line"], values["keeper_fee_bps"]
    if values["due_cap"]:
        yield due_mandate(line_id, values["due_cap"], values["due_period_hours"], fee_bps)
    if ltv_source:
        if ltv_source not in SOURCES:
            raise ValueError(f"ltv_source is {ltv_source!r}, not one of {', '.join(SOURCES)}, or empty")
        yield ltv_mandate(
            line_id,
            SOURCES[ltv_source],
            values["ltv_threshold_bps"],
            values["ltv_cap"],
            values["ltv_period_hours"],
            fee_bps,
        )


def _integer(name: str, text: str) -> int:
    text = text.strip()
    if text == "" and name in _OPTIONAL:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) <= 40):
        raise ValueError(f"{name} {text[:40]!r} is no whole number of base units, bps, hours or seconds")
    return int(text)


def _row_of(line: BookLine) -> Mapping[str, object]:
    terms = line.terms
    row: dict[str, object] = {name: getattr(terms, name) for name in ("opened_at", *_RATES)}
    for name in _DURATIONS:
        row[f"{name}_hours"] = getattr(terms, f"{name}_s") // HOUR
    row |= {
        "line": line.line_id,
        "min_debt": terms.min_debt,
        "limit": line.limit,
        "drawn": line.drawn,
        "collateral": line.collateral,
        "reserve": line.reserve,
        "pays_bills": int(line.pays_bills),
        "keeper_fee_bps": max((mandate.fee_bps for mandate in line.mandates), default=0),
    }
    for mandate in line.mandates:
        if mandate.kind is Kind.DUE:
            row |= {"due_cap": mandate.cap_per_period, "due_period_hours": mandate.period_hours}
        else:
            row |= {
                "ltv_source": mandate.source.name.lower(),
                "ltv_threshold_bps": mandate.threshold_bps,
                "ltv_cap": mandate.cap_per_period,
                "ltv_period_hours": mandate.period_hours,
            }
    return row
