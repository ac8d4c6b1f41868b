"""A book of any number of open lines with a mandate each, written straight into the mirror's tables.

The rows are what the mirror would have stored had the lines been opened and drawn in its newest block. Their prices are
spread so that a bench knows how many fire at a price: `FALLING` lines just below the market, the rest far below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from eth_utils.crypto import keccak
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from orchestrator.credit.mandate import NO_FEED
from orchestrator.credit.units import BPS, DEN, HOUR, PRICE_SCALE
from orchestrator.db.copy import copy_rows
from orchestrator.db.models import Line, LineVersion, Mandate
from orchestrator.db.models.registry import table_of

FALLING: Final = 1_000
FIRES_AT_PERCENT: Final = 94
"""Of the first price: at this one exactly the `FALLING` lines fire."""

_DAY: Final = 24 * HOUR
_DEBT: Final = 10_000 * 10**6
_RESERVE: Final = 2_000 * 10**6
_THRESHOLD_BPS: Final = 5_500
_ROWS_AT_ONCE: Final = 10_000
_BORROWER: Final = "0x" + "b0" * 20
_LENDER: Final = "0x" + "1e" * 20

# Of each hundred lines: how many pay their bills, at a level of the market's feed, and from revenue; the rest by LTV.
_DUE: Final = 20
_LEVEL: Final = 8
_SHARE: Final = 2


@dataclass(frozen=True, slots=True)
class Book:
    """How many lines, and what they refer to. `price_e36`: the market's first; `revenue`: a feed that stays at 0."""

    lines: int
    chain_id: int
    vault: str
    trigger: str
    market_feed: str
    revenue: str
    price_e36: int


@dataclass(frozen=True, slots=True)
class _Origin:
    """The mirror's newest block: where all rows come from."""

    number: int
    block_hash: str
    timestamp: int


async def write(engine: AsyncEngine, book: Book) -> None:
    """Appends the book's lines; ids count from 1,000,001, above every real one."""
    async with engine.begin() as connection:
        row = (
            await connection.execute(
                text("SELECT number, hash, timestamp FROM cursors WHERE chain_id = :id"), {"id": book.chain_id}
            )
        ).one()
        origin = _Origin(row.number, "0x" + bytes(row.hash).hex(), row.timestamp)
        for start in range(0, book.lines, _ROWS_AT_ONCE):
            numbers = range(start, min(start + _ROWS_AT_ONCE, book.lines))
            for model, rows in (
                (Line, [_line(book, origin, number) for number in numbers]),
                (LineVersion, [_version(book, origin, number) for number in numbers]),
                (Mandate, [_mandate(book, origin, number) for number in numbers]),
            ):
                await copy_rows(connection, table_of(model), rows)
    async with engine.connect() as connection:
        autocommit = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await autocommit.execute(text("VACUUM ANALYZE lines, line_versions, mandates"))


def _line_id(number: int) -> int:
    return 1_000_001 + number


def _fires_at_percent_millis(number: int) -> int:
    """Thousandths of a percent of the first price."""
    if number < FALLING:
        return 94_100 + number % 800
    return 30_000 + number * 7_919 % 60_000


def _state(book: Book, origin: _Origin, number: int) -> dict[str, Any]:
    fires_at = book.price_e36 * _fires_at_percent_millis(number) // 100_000
    value_needed = _DEBT * BPS // _THRESHOLD_BPS
    return {
        "seq": 4,
        "principal": _DEBT,
        "undrawn": _DEBT,
        "accrued_at": origin.timestamp,
        "unbilled": 3 * DEN,
        "billed": 0,
        "billed_principal": 0,
        "unpaid_since": 0,
        "collateral": value_needed * PRICE_SCALE // fires_at,
        "reserve": _RESERVE,
        "claim_loan": 0,
        "claim_collateral": 0,
        "flags": 0,
    }


def _line(book: Book, origin: _Origin, number: int) -> Mapping[str, Any]:
    return {
        "chain_id": book.chain_id,
        "vault": book.vault,
        "line_id": _line_id(number),
        "lender": _LENDER,
        "borrower": _BORROWER,
        "offer_hash": _hash("offer", number),
        "amount": 2 * _DEBT,
        "origination_fee": 0,
        "opened_block_number": origin.number,
        "opened_tx_hash": _hash("open", number),
        "state_block_number": origin.number,
        "state_log_index": number,
        "apr_bps": 1_000,
        "commitment_bps": 100,
        "penalty_bps": 500,
        "initial_ltv_bps": 5_000,
        "liquidation_ltv_bps": 8_000,
        "bonus_bps": 500,
        "in_kind_ltv_bps": 6_300,
        "in_kind_discount_bps": 300,
        "amort_bps": 0,
        "period_hours": 720,
        "grace_hours": 72,
        "draw_window_hours": 4_320,
        "term_hours": 8_640,
        "opened_at": origin.timestamp - _DAY,
        "market_id": 1,
        **_state(book, origin, number),
    }


def _version(book: Book, origin: _Origin, number: int) -> Mapping[str, Any]:
    return {
        "chain_id": book.chain_id,
        "vault": book.vault,
        "line_id": _line_id(number),
        "block_number": origin.number,
        "log_index": number,
        "block_hash": origin.block_hash,
        "tx_hash": _hash("draw", number),
        **_state(book, origin, number),
    }


def _mandate(book: Book, origin: _Origin, number: int) -> Mapping[str, Any]:
    return {
        "chain_id": book.chain_id,
        "trigger": book.trigger,
        "mandate_hash": _hash("mandate", number),
        "vault": book.vault,
        "line_id": _line_id(number),
        "borrower": _BORROWER,
        "source": "reserve",
        "threshold_bps": 0,
        "share_bps": 0,
        "fee_bps": 10,
        "period_hours": 24,
        "cap_per_period": _RESERVE,
        "amount": 0,
        "feed": NO_FEED,
        "above": False,
        "level": 0,
        **_kind(book, number),
        "expires_at": origin.timestamp + 300 * _DAY,
        "nonce": number,
        "registered_at": origin.timestamp,
        "block_number": origin.number,
        "block_hash": origin.block_hash,
        "log_index": book.lines + number,
        "tx_hash": _hash("register", number),
    }


def _kind(book: Book, number: int) -> Mapping[str, Any]:
    turn = number % 100
    if number < FALLING or turn >= _DUE + _LEVEL + _SHARE:
        return {"kind": "ltv", "threshold_bps": _THRESHOLD_BPS}
    if turn < _DUE:
        return {"kind": "due"}
    if turn < _DUE + _LEVEL:
        return {"kind": "level", "feed": book.market_feed, "level": number, "amount": 10**8}
    return {"kind": "share", "feed": book.revenue, "share_bps": 500}


def _hash(what: str, number: int) -> str:
    return "0x" + keccak(f"{what} {number}".encode()).hex()


def hashes_of_falling() -> Iterator[str]:
    """The mandates that fire."""
    return (_hash("mandate", number) for number in range(FALLING))
