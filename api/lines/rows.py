"""Lines as the driver hands them out: what a page of them costs is what the database and JSON cost, and little more.

Loading the same page through the ORM takes three times as long (`make bench-api` measures this way).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Self

import psycopg

from api.statement import Parameters
from api.wire import BIGINT_MAX, ZERO_ADDRESS
from orchestrator.chain.book import AddressBook
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.db.models.lines import StateColumns
from orchestrator.db.values import state_of, terms_of

Driver = psycopg.AsyncConnection[Any]

_NOBODY: Final = bytes.fromhex(ZERO_ADDRESS[2:])


RawLine = tuple[Any, ...]
"""The values of a ``LineRow`` as the database sends them: amounts are text until somebody counts with them."""


class FoundLine(NamedTuple):
    """A line as the driver hands it out.

    Attributes:
        fingerprint: `FINGERPRINT` of its row.
        sort_key: what it was sorted by before its id, if anything was; an amount is text.
        raw: its row, if that was asked for.
    """

    line_id: int
    fingerprint: int
    sort_key: int | str | None
    raw: RawLine = ()

    @classmethod
    def of(cls, columns: tuple[Any, ...]) -> Self:
        """Of the columns of ``found_columns``."""
        line_id, fingerprint, sort_key, *raw = columns
        return cls(line_id, fingerprint, sort_key, tuple(raw))


class RowMarket(NamedTuple):
    """The market of a line, as ``units.MarketFacts``."""

    market_id: int
    loan_token: bytes
    collateral_token: bytes
    oracle: bytes
    min_debt: int


class LineRow(NamedTuple):
    """A line with its market and the holder of its NFT. Addresses and hashes are bytes."""

    line_id: int
    chain_id: int
    vault: bytes
    lender: bytes
    borrower: bytes
    offer_hash: bytes
    amount: int
    origination_fee: int
    opened_block_number: int
    opened_tx_hash: bytes
    state_block_number: int
    state_log_index: int
    seq: int
    principal: int
    undrawn: int
    accrued_at: int
    unbilled: int
    billed: int
    billed_principal: int
    unpaid_since: int
    collateral: int
    reserve: int
    claim_loan: int
    claim_collateral: int
    flags: int
    apr_bps: int
    commitment_bps: int
    penalty_bps: int
    initial_ltv_bps: int
    liquidation_ltv_bps: int
    bonus_bps: int
    in_kind_ltv_bps: int
    in_kind_discount_bps: int
    amort_bps: int
    period_hours: int
    grace_hours: int
    draw_window_hours: int
    term_hours: int
    opened_at: int
    unpaid_from: int | None
    market_id: int
    loan_token: bytes
    collateral_token: bytes
    oracle: bytes
    min_debt: int
    newest_owner: bytes | None

    @classmethod
    def of(cls, raw: RawLine) -> Self:
        return cls._make(int(value) if place in _NUMERIC_PLACES else value for place, value in enumerate(raw))

    @property
    def market(self) -> RowMarket:
        return RowMarket(self.market_id, self.loan_token, self.collateral_token, self.oracle, self.min_debt)

    @property
    def holder(self) -> bytes | None:
        """None once the NFT is burned."""
        return None if self.newest_owner == _NOBODY else self.newest_owner

    @property
    def state(self) -> LineState:
        """As stored, not accrued to the present."""
        return state_of(self)

    @property
    def terms(self) -> Terms:
        return terms_of(self, self.min_debt)


_OF_MARKET: Final = ("loan_token", "collateral_token", "oracle", "min_debt")
_OF_LINE: Final = tuple(name for name in LineRow._fields if name not in (*_OF_MARKET, "newest_owner"))

_NUMERIC: Final = frozenset(
    (
        "amount", "origination_fee", "principal", "undrawn", "unbilled", "billed", "billed_principal", "collateral",
        "reserve", "claim_loan", "claim_collateral", "min_debt",
    )
)  # fmt: skip
_NUMERIC_PLACES: Final = frozenset(place for place, name in enumerate(LineRow._fields) if name in _NUMERIC)


def _column(source: str, name: str) -> str:
    return f"{source}.{name}::text" if name in _NUMERIC else f"{source}.{name}"


COLUMNS: Final = ", ".join(
    [
        *(_column("line", name) for name in _OF_LINE),
        *(_column("market", name) for name in _OF_MARKET),
        "note.to_address",
    ]
)
"""Of `SOURCES`: a ``RawLine``."""

FINGERPRINT: Final = "hash_record_extended(ROW(line.*, market.*, note.to_address), %(seed)s)"
"""Of `SOURCES`: 64 bits that are others when anything of the row is, under a ``seed`` that nobody else knows.

A row is known again by it without being sent: a page of lines costs the driver a third of what their values do.
"""

SOURCES: Final = """
    JOIN markets AS market USING (chain_id, vault, market_id)
    LEFT JOIN LATERAL (
        SELECT to_address FROM note_transfers AS moved
        WHERE moved.chain_id = line.chain_id AND moved.nft = %(nft)s AND moved.line_id = line.line_id
          AND moved.block_number <= %(block_number)s
        ORDER BY moved.block_number DESC, moved.log_index DESC LIMIT 1
    ) AS note ON true"""
"""To be joined to rows of `lines` that are called `line`. The parameters are those of ``Place``."""


def found_columns(sort_key: str, *, whole: bool) -> str:
    """The columns of a ``FoundLine``; ``whole``: with the row."""
    found = f"line.line_id AS id, {FINGERPRINT} AS fingerprint, {sort_key} AS sort_key"
    return f"{found}, {COLUMNS}" if whole else found


FROM_ONE: Final = f"""
    FROM (SELECT * FROM lines WHERE (chain_id, vault, line_id) = (%(chain_id)s, %(vault)s, %(line_id)s)) AS line
    {SOURCES}
    """  # noqa: S608 - names of columns only
_ONE: Final = f"SELECT {COLUMNS} {FROM_ONE}"

_STORED: Final = tuple(StateColumns.__annotations__)
_AS_OF_BLOCK: Final = {
    **{name: f"version.{name}" for name in _STORED},
    "state_block_number": "version.block_number AS state_block_number",
    "state_log_index": "version.log_index AS state_log_index",
    "unpaid_from": "NULL::bigint AS unpaid_from",
}
_ONE_AS_OF_BLOCK: Final = f"""
    SELECT {COLUMNS}
    FROM (
        SELECT {", ".join(_AS_OF_BLOCK.get(name, f"opened.{name}") for name in _OF_LINE)}
        FROM lines AS opened JOIN LATERAL (
            SELECT * FROM line_versions AS earlier
            WHERE (earlier.chain_id, earlier.vault, earlier.line_id) = (opened.chain_id, opened.vault, opened.line_id)
              AND earlier.block_number <= %(block_number)s
            ORDER BY earlier.block_number DESC, earlier.log_index DESC LIMIT 1
        ) AS version ON true
        WHERE (opened.chain_id, opened.vault, opened.line_id) = (%(chain_id)s, %(vault)s, %(line_id)s)
    ) AS line
    {SOURCES}
    """  # noqa: S608 - names of columns only


@dataclass(frozen=True, slots=True)
class Place:
    """Whose lines are looked at. ``block_number``: the block whose holders, and states of one line, are asked for."""

    chain_id: int
    vault: str
    nft: str
    block_number: int = BIGINT_MAX

    @classmethod
    def of(cls, book: AddressBook, block_number: int = BIGINT_MAX) -> Place:
        return cls(book.chain_id, book.vault, book.nft, block_number)

    def parameters(self) -> Parameters:
        return {
            "chain_id": self.chain_id,
            "vault": bytes.fromhex(self.vault[2:]),
            "nft": bytes.fromhex(self.nft[2:]),
            "block_number": self.block_number,
        }


async def find_line(connection: Driver, place: Place, line_id: int) -> LineRow | None:
    """The line with its newest state, whatever the place's block."""
    return await _find(connection, _ONE, place, line_id)


async def find_line_as_of_block(connection: Driver, place: Place, line_id: int) -> LineRow | None:
    """The line with its state after the place's block; None if it was opened later."""
    return await _find(connection, _ONE_AS_OF_BLOCK, place, line_id)


async def _find(connection: Driver, query: str, place: Place, line_id: int) -> LineRow | None:
    async with connection.cursor() as cursor:
        await cursor.execute(query.encode(), {**place.parameters(), "line_id": line_id})
        raw: RawLine | None = await cursor.fetchone()
        return None if raw is None else LineRow.of(raw)
