"""Lines with their mandates as they stood after one block: what candidates and firings are worked out from."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from orchestrator.credit.errors import BadMandate, BadTerms
from orchestrator.credit.mandate import Mandate, MandateState
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.db.arrays import among
from orchestrator.db.models import Firing, Line, LineVersion, MandateRevocation, Market
from orchestrator.db.models import Mandate as MandateRow
from orchestrator.db.models.registry import table_of
from orchestrator.db.values import mandate_of, mandate_state_of, state_of, terms_of

log = logging.getLogger(__name__)

Position = tuple[int, int]
"""Block number and log index."""


@dataclass(frozen=True, slots=True)
class StandingMandate:
    """A registered mandate. ``since``: the newest log that concerns it."""

    mandate_hash: str
    trigger_contract: str
    mandate: Mandate
    state: MandateState
    since: Position


@dataclass(frozen=True, slots=True)
class StandingLine:
    """A line as stored on-chain, not accrued to the present. ``since``: the log of its state."""

    line_id: int
    market_id: int
    state: LineState
    terms: Terms
    since: Position
    mandates: tuple[StandingMandate, ...]


def changed_lines(chain_id: int, vault: str) -> Select[int]:
    """Finds the ids of lines that a log of blocks after ``after`` and up to ``until``, its parameters, concerns."""

    def within(block_number: InstrumentedAttribute[int]) -> ColumnElement[bool]:
        return (block_number > bindparam("after")) & (block_number <= bindparam("until"))

    versions = select(LineVersion.line_id).where(
        LineVersion.chain_id == chain_id,
        LineVersion.vault == vault,
        within(LineVersion.block_number),
    )
    of_vault = select(MandateRow.line_id).where(MandateRow.chain_id == chain_id, MandateRow.vault == vault)
    registered = of_vault.where(within(MandateRow.block_number))
    fired = of_vault.join(Firing, _is_of_mandate(Firing)).where(within(Firing.block_number))
    revoked = of_vault.join(MandateRevocation, _is_of_mandate(MandateRevocation)).where(
        within(MandateRevocation.block_number)
    )
    ids = versions.union(registered, fired, revoked).subquery()
    return select(ids.c.line_id)


async def lines_at(
    session: AsyncSession, chain_id: int, vault: str, line_ids: Collection[int], block_number: int
) -> Sequence[StandingLine]:
    """The lines among ``line_ids`` that exist after ``block_number``, as they stand there."""
    versions = (
        select(table_of(LineVersion))
        .where(
            LineVersion.chain_id == chain_id,
            LineVersion.vault == vault,
            among(LineVersion.line_id, line_ids),
            LineVersion.block_number <= block_number,
        )
        .ext(distinct_on(LineVersion.line_id))
        .order_by(LineVersion.line_id, LineVersion.block_number.desc(), LineVersion.log_index.desc())
    )
    agreed = select(table_of(Line)).where(Line.chain_id == chain_id, Line.vault == vault, among(Line.line_id, line_ids))
    lines = {row.line_id: row for row in await _rows(session, agreed)}
    min_debts = await _min_debts(session, chain_id, vault)
    mandates = await _mandates(session, chain_id, vault, line_ids, block_number)
    standing = (
        _standing(lines[version.line_id], version, min_debts, mandates)
        for version in await _rows(session, versions)
        if version.line_id in lines
    )
    return [line for line in standing if line is not None]


async def _rows(session: AsyncSession, statement: Select[Any]) -> Sequence[Any]:
    """Plain rows with the attributes of their model: the identity map would cost more than all else here."""
    rows: Sequence[Any] = (await session.execute(statement)).all()
    return rows


def _standing(
    line: Any, version: Any, min_debts: Mapping[int, int], mandates: Mapping[int, tuple[StandingMandate, ...]]
) -> StandingLine | None:
    try:
        terms = terms_of(line, min_debts[line.market_id])
    except (BadTerms, KeyError) as error:
        log.error("line %d can't be evaluated: %s", line.line_id, error, extra={"line": line.line_id})
        return None
    return StandingLine(
        line.line_id,
        line.market_id,
        state_of(version),
        terms,
        (version.block_number, version.log_index),
        mandates.get(line.line_id, ()),
    )


async def _min_debts(session: AsyncSession, chain_id: int, vault: str) -> Mapping[int, int]:
    markets = await session.execute(
        select(Market.market_id, Market.min_debt).where(Market.chain_id == chain_id, Market.vault == vault)
    )
    return dict(markets.all())


async def _mandates(
    session: AsyncSession, chain_id: int, vault: str, line_ids: Collection[int], block_number: int
) -> Mapping[int, tuple[StandingMandate, ...]]:
    """By line, in the order of kind and hash: the order in which several that fire at once are sent."""
    query = (
        select(
            table_of(MandateRow),
            MandateRevocation.block_number.label("revoked_at_block"),
            MandateRevocation.log_index.label("revoked_at_log"),
        )
        .outerjoin(MandateRevocation, and_(_revokes(), MandateRevocation.block_number <= block_number))
        .where(
            MandateRow.chain_id == chain_id,
            MandateRow.vault == vault,
            among(MandateRow.line_id, line_ids),
            MandateRow.block_number <= block_number,
        )
    )
    rows = await _rows(session, query)
    firings = await _firings_of_newest_period(session, chain_id, rows, block_number)
    by_line: dict[int, list[StandingMandate]] = defaultdict(list)
    for row in rows:
        try:
            mandate = mandate_of(row)
        except BadMandate as error:
            log.error("mandate %s can't be evaluated: %s", row.mandate_hash, error, extra={"line": row.line_id})
            continue
        fired = firings.get((row.trigger, row.mandate_hash), [])
        logs = [(row.block_number, row.log_index), *((firing.block_number, firing.log_index) for firing in fired[-1:])]
        revoked = row.revoked_at_block is not None
        if revoked:
            logs.append((row.revoked_at_block, row.revoked_at_log))
        state = mandate_state_of(row, fired, revoked=revoked)
        by_line[row.line_id].append(StandingMandate(row.mandate_hash, row.trigger, mandate, state, max(logs)))
    return {line: tuple(sorted(found, key=_order)) for line, found in by_line.items()}


async def _firings_of_newest_period(
    session: AsyncSession, chain_id: int, mandates: Sequence[Any], block_number: int
) -> Mapping[tuple[str, str], list[Any]]:
    """By (trigger, mandate hash), oldest first."""
    until = and_(
        Firing.chain_id == chain_id,
        among(Firing.trigger, {row.trigger for row in mandates}),
        among(Firing.mandate_hash, [row.mandate_hash for row in mandates]),
        Firing.block_number <= block_number,
    )
    newest = (
        select(Firing.trigger, Firing.mandate_hash, func.max(Firing.period).label("period"))
        .where(until)
        .group_by(Firing.trigger, Firing.mandate_hash)
        .subquery()
    )
    same = and_(
        Firing.trigger == newest.c.trigger,
        Firing.mandate_hash == newest.c.mandate_hash,
        Firing.period == newest.c.period,
    )
    statement = select(table_of(Firing)).join(newest, same).where(until).order_by(Firing.occurrence)
    found: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for row in await _rows(session, statement):
        found[row.trigger, row.mandate_hash].append(row)
    return found


def _is_of_mandate(model: type[Firing] | type[MandateRevocation]) -> ColumnElement[bool]:
    return and_(
        model.chain_id == MandateRow.chain_id,
        model.trigger == MandateRow.trigger,
        model.mandate_hash == MandateRow.mandate_hash,
    )


def _order(standing: StandingMandate) -> tuple[int, str]:
    return standing.mandate.kind, standing.mandate_hash


def _revokes() -> ColumnElement[bool]:
    return and_(
        MandateRevocation.chain_id == MandateRow.chain_id,
        MandateRevocation.trigger == MandateRow.trigger,
        MandateRevocation.borrower == MandateRow.borrower,
        MandateRevocation.nonce == MandateRow.nonce,
    )
