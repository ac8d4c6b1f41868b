"""Which lines a page has, and in which order: asked of the database in one statement, which is one snapshot."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from psycopg_pool import AsyncConnectionPool

from api.lines.rows import FROM_ONE, SOURCES, FoundLine, Place, found_columns
from api.lines.schemas import StatusName
from api.paging import decode_key, encode_cursor, malformed_cursor, within
from api.statement import Parameters, Seen, in_one_snapshot, read
from api.wire import BIGINT_MAX

_PREFIX: Final = re.compile(r"0x([0-9a-fA-F]{4,40})", re.ASCII)
_HASH_DIGITS: Final = 64
_AMOUNT: Final = re.compile(r"[0-9]{1,78}", re.ASCII)
_OF_PLACE: Final = "chain_id = %(chain_id)s AND vault = %(vault)s"


class Sort(StrEnum):
    """By which a page is ordered. Lines that will have no bill are not among those by ``next_due``."""

    ID = "id"
    NEWEST = "-id"
    NEXT_DUE = "next_due"
    PRINCIPAL = "principal"
    LARGEST = "-principal"


@dataclass(frozen=True, slots=True)
class LineFilter:
    """Every given condition must hold."""

    borrower: str | None = None
    lender: str | None = None
    holder: str | None = None
    market_id: int | None = None
    status: StatusName | None = None
    due_by: int | None = None
    search: str | None = None


STATUS_AT_SEEN: Final = {
    StatusName.CURRENT: "flags & 6 = 0 AND (unpaid_from IS NULL OR unpaid_from > seen.timestamp)",
    StatusName.DUE: "unpaid_from = seen.timestamp",
    StatusName.PAST_DUE: "unpaid_from < seen.timestamp AND default_from > seen.timestamp",
    StatusName.DEFAULT: "default_from <= seen.timestamp",
    StatusName.CLOSED: "flags & 6 = 2",
    StatusName.WRITTEN_OFF: "flags & 4 = 4",
}
"""What the status is at `seen.timestamp`, the second of the snapshot, as `credit.status.status` says it."""

_ORDER: Final = {
    Sort.ID: (None, "", ">"),
    Sort.NEWEST: (None, "DESC", "<"),
    Sort.NEXT_DUE: ("unpaid_from", "", ">"),
    Sort.PRINCIPAL: ("principal", "", ">"),
    Sort.LARGEST: ("principal", "DESC", "<"),
}

_SORT_KEY: Final = {None: "NULL", "unpaid_from": "line.unpaid_from", "principal": "line.principal::text"}
"""What is sorted by before the id, as a column of the page."""

# Only lines that are to have a bill: a null could not be compared with a cursor.
_SORTED_ONLY: Final = {Sort.NEXT_DUE: "unpaid_from IS NOT NULL"}


@dataclass(frozen=True, slots=True)
class Page:
    """Which lines are asked for: those after the cursor ``after``, at most ``limit``."""

    wanted: LineFilter
    sort: Sort
    after: str | None
    limit: int


async def read_page(
    pool: AsyncConnectionPool, place: Place, page: Page, seed: int, *, whole: bool
) -> tuple[Seen | None, list[FoundLine]]:
    """The lines of the page, with their rows if ``whole``, and where the mirror stands; None if nowhere.

    Raises:
        Problem: the cursor is not of this sort.
    """
    parameters: Parameters = {**place.parameters(), "seed": seed, "limit": page.limit}
    conditions = tuple(_conditions(page.wanted, parameters))
    if page.after is not None:
        parameters |= _last_of(page.after, page.sort)
    query = _page_query(page.sort, conditions, goes_on=page.after is not None, whole=whole)
    seen, found = await read(pool, query, parameters)
    return seen, [FoundLine.of(columns) for columns in found]


async def read_one(
    pool: AsyncConnectionPool, place: Place, line_id: int, seed: int
) -> tuple[Seen | None, FoundLine | None]:
    """The line with its row, and where the mirror stands; None if nowhere."""
    seen, found = await read(pool, _ONE_QUERY, {**place.parameters(), "seed": seed, "line_id": line_id})
    return seen, FoundLine.of(found[0]) if found else None


def cursor_after(line: FoundLine, sort: Sort) -> str:
    """The cursor of the page that follows the line."""
    key = () if line.sort_key is None else (line.sort_key,)
    return encode_cursor(sort.value, *key, line.line_id)


def _last_of(text: str, sort: Sort) -> Parameters:
    """The keys of the last line of the page before, as the parameters of ``_page_query``."""
    match sort, decode_key(text):
        case (Sort.ID | Sort.NEWEST, [sort.value, int(line_id)]):
            return {"last_id": within(line_id, BIGINT_MAX)}
        case (Sort.NEXT_DUE, [sort.value, int(unpaid_from), int(line_id)]):
            return {"last_key": within(unpaid_from, BIGINT_MAX), "last_id": within(line_id, BIGINT_MAX)}
        case (Sort.PRINCIPAL | Sort.LARGEST, [sort.value, str(principal), int(line_id)]) if _AMOUNT.fullmatch(
            principal
        ):
            return {"last_key": int(principal), "last_id": within(line_id, BIGINT_MAX)}
    raise malformed_cursor()


def _conditions(wanted: LineFilter, parameters: Parameters) -> list[str]:
    """SQL for each given condition; what it compares with goes into ``parameters``."""
    found = []
    for name, address in (("borrower", wanted.borrower), ("lender", wanted.lender)):
        if address is not None:
            parameters[name] = bytes.fromhex(address[2:])
            found.append(f"{name} = %({name})s")
    if wanted.holder is not None:
        parameters["holder"] = bytes.fromhex(wanted.holder[2:])
        found.append(_HELD)
    if wanted.market_id is not None:
        parameters["market_id"] = wanted.market_id
        found.append("market_id = %(market_id)s")
    if wanted.status is not None:
        found.append(STATUS_AT_SEEN[wanted.status])
    if wanted.due_by is not None:
        parameters["due_by"] = wanted.due_by
        found.append("unpaid_from <= %(due_by)s")
    if wanted.search is not None:
        found.append(_search(wanted.search.strip(), parameters))
    return found


# Whoever ever got a note may have given it away since.
_HELD: Final = """
    line_id IN (SELECT line_id FROM note_transfers WHERE chain_id = %(chain_id)s AND to_address = %(holder)s)
    AND %(holder)s = (
        SELECT to_address FROM note_transfers AS moved
        WHERE moved.chain_id = lines.chain_id AND moved.nft = %(nft)s AND moved.line_id = lines.line_id
        ORDER BY moved.block_number DESC, moved.log_index DESC LIMIT 1
    )
"""


def _search(text: str, parameters: Parameters) -> str:
    """A line's id, the beginning of its borrower's or lender's address, its offer or the transaction that opened it."""
    digits = text[2:] if text.startswith("0x") else ""
    if text.isascii() and text.isdigit() and len(text) <= len(str(BIGINT_MAX)) and int(text) <= BIGINT_MAX:
        parameters["search_id"] = int(text)
        return "line_id = %(search_id)s"
    if len(digits) == _HASH_DIGITS and re.fullmatch(r"[0-9a-fA-F]+", digits):
        parameters["search_hash"] = bytes.fromhex(digits)
        return "offer_hash = %(search_hash)s OR opened_tx_hash = %(search_hash)s"
    if _PREFIX.fullmatch(text):
        parameters |= {
            "search_from": bytes.fromhex(digits.ljust(40, "0")),
            "search_to": bytes.fromhex(digits.ljust(40, "f")),
        }
        return "borrower BETWEEN %(search_from)s AND %(search_to)s OR lender BETWEEN %(search_from)s AND %(search_to)s"
    return "false"


@lru_cache(maxsize=512)
def _page_query(sort: Sort, conditions: tuple[str, ...], *, goes_on: bool, whole: bool) -> bytes:
    column, direction, beyond = _ORDER[sort]
    keys = ("line_id",) if column is None else (column, "line_id")
    all_conditions = [*conditions, *filter(None, [_SORTED_ONLY.get(sort)])]
    if goes_on:
        lasts = ("%(last_id)s",) if column is None else ("%(last_key)s", "%(last_id)s")
        all_conditions.append(f"({', '.join(keys)}) {beyond} ({', '.join(lasts)})")
    page = f"""
        SELECT {found_columns(_SORT_KEY[column], whole=whole)}
        FROM (
            SELECT * FROM lines
            WHERE {" AND ".join(f"({condition})" for condition in (_OF_PLACE, *all_conditions))}
            ORDER BY {", ".join(f"{key} {direction}" for key in keys)} LIMIT %(limit)s
        ) AS line {SOURCES}
        """  # noqa: S608 - this module's own words; values are parameters
    return in_one_snapshot(page, f"ORDER BY found.sort_key::numeric {direction}, found.id {direction}")


_ONE_QUERY: Final = in_one_snapshot(f"SELECT {found_columns(_SORT_KEY[None], whole=True)} {FROM_ONE}")
