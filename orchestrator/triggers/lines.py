"""Lines with their mandates as they stood after one block: what candidates and firings are worked out from."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.errors import BadMandate, BadTerms
from orchestrator.credit.mandate import Mandate, MandateState
from orchestrator.credit.state import LineState
from orchestrator.credit.terms import Terms
from orchestrator.db.models import Firing, Line, LineVersion, MandateRevocation, Market
from orchestrator.db.models import Mandate as MandateRow
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


async def changed_lines(session: AsyncSession, chain_id: int, vault: str, after: int, until: int) -> Sequence[int]:
    """Ids of lines that a log of blocks ``after`` + 1 to ``until`` concerns, in ascending order."""
    versions = select(LineVersion.line_id).where(
        LineVersion.chain_id == chain_id,
        LineVersion.vault == vault,
        LineVersion.block_number.between(after + 1, until),
    )
    of_vault = select(MandateRow.line_id).where(MandateRow.chain_id == chain_id, MandateRow.vault == vault)
    registered = of_vault.where(MandateRow.block_number.between(after + 1, until))
    fired = of_vault.join(Firing, _is_of_mandate(Firing)).where(Firing.block_number.between(after + 1, until))
    revoked = of_vault.join(MandateRevocation, _is_of_mandate(MandateRevocation)).where(
        MandateRevocation.block_number.between(after + 1, until)
    )
    ids = versions.union(registered, fired, revoked).subquery()
    return (await session.scalars(select(ids.c.line_id).order_by(ids.c.line_id))).all()


async def lines_at(
    session: AsyncSession, chain_id: int, vault: str, line_ids: Collection[int], block_number: int
) -> Sequence[StandingLine]:
    """The lines among ``line_ids`` that exist after ``block_number``, as they stand there."""
    newest = (
        select(LineVersion)
        .where(
            LineVersion.chain_id == chain_id,
            LineVersion.vault == vault,
            LineVersion.line_id.in_(line_ids),
            LineVersion.block_number <= block_number,
        )
        .ext(distinct_on(LineVersion.line_id))
        .order_by(LineVersion.line_id, LineVersion.block_number.desc(), LineVersion.log_index.desc())
    )
    versions = (await session.scalars(newest)).all()
    rows = await session.scalars(
        select(Line).where(Line.chain_id == chain_id, Line.vault == vault, Line.line_id.in_(line_ids))
    )
    lines = {row.line_id: row for row in rows}
    min_debts = await _min_debts(session, chain_id, vault)
    mandates = await _mandates(session, chain_id, vault, line_ids, block_number)
    standing = (_standing(lines[one.line_id], one, min_debts, mandates) for one in versions if one.line_id in lines)
    return [line for line in standing if line is not None]


def _standing(
    line: Line, version: LineVersion, min_debts: Mapping[int, int], mandates: Mapping[int, tuple[StandingMandate, ...]]
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
        select(MandateRow, MandateRevocation)
        .outerjoin(MandateRevocation, and_(_revokes(), MandateRevocation.block_number <= block_number))
        .where(
            MandateRow.chain_id == chain_id,
            MandateRow.vault == vault,
            MandateRow.line_id.in_(line_ids),
            MandateRow.block_number <= block_number,
        )
    )
    rows = [(row, revocation) for row, revocation in (await session.execute(query))]
    firings = await _firings_of_newest_period(session, chain_id, [row for row, _ in rows], block_number)
    by_line: dict[int, list[StandingMandate]] = defaultdict(list)
    for row, revocation in rows:
        try:
            mandate = mandate_of(row)
        except BadMandate as error:
            log.error("mandate %s can't be evaluated: %s", row.mandate_hash, error, extra={"line": row.line_id})
            continue
        fired = firings.get((row.trigger, row.mandate_hash), [])
        logs: Iterable[MandateRow | MandateRevocation | Firing | None] = (row, revocation, *fired[-1:])
        since = max((entry.block_number, entry.log_index) for entry in logs if entry is not None)
        state = mandate_state_of(row, fired, revoked=revocation is not None)
        by_line[row.line_id].append(StandingMandate(row.mandate_hash, row.trigger, mandate, state, since))
    return {line: tuple(sorted(found, key=_order)) for line, found in by_line.items()}


async def _firings_of_newest_period(
    session: AsyncSession, chain_id: int, mandates: Sequence[MandateRow], block_number: int
) -> Mapping[tuple[str, str], list[Firing]]:
    """By (trigger, mandate hash), oldest first."""
    until = and_(
        Firing.chain_id == chain_id,
        tuple_(Firing.trigger, Firing.mandate_hash).in_([(row.trigger, row.mandate_hash) for row in mandates]),
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
    found: dict[tuple[str, str], list[Firing]] = defaultdict(list)
    for row in await session.scalars(select(Firing).join(newest, same).where(until).order_by(Firing.occurrence)):
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
