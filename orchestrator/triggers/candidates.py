"""What narrows a new block to the lines that something may have to be done about.

A candidate's price and time are conservative: nothing is due before one of them is reached. Debt grows while nobody
acts, so a price holds only until a horizon, at which the candidate comes up and is worked out anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, false, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.accrual import advance, debt
from orchestrator.credit.firing import fire_price, next_due_at
from orchestrator.credit.health import ANY_PRICE, NO_PRICE, highest_price_above_ltv
from orchestrator.credit.mandate import Kind, open_from
from orchestrator.credit.schedule import defaults_at
from orchestrator.credit.units import PriceE36, Timestamp
from orchestrator.db.models import Candidate
from orchestrator.db.models.registry import table_of
from orchestrator.triggers.lines import Position, StandingLine, StandingMandate
from orchestrator.triggers.states import Action

NO_MANDATE: Final = "0x" + "00" * 32
HORIZON_S: Final = 86_400
STAGGER: Final = 1_440
"""Horizons of neighbouring lines are minutes apart, so that not all of them are worked out in the same block."""


_INSERT = insert(table_of(Candidate))
_UPSERT: Final = _INSERT.on_conflict_do_update(
    index_elements=["chain_id", "vault", "line_id", "action", "mandate_hash"],
    set_={
        name: getattr(_INSERT.excluded, name)
        for name in (
            "trigger_contract",
            "market_id",
            "fire_price_e36",
            "next_due_at",
            "state_block_number",
            "state_log_index",
        )
    },
)


@dataclass(frozen=True, slots=True)
class Threshold:
    """At or below the price, or from the second on, something may have to be done; None: never."""

    fire_price: PriceE36 | None
    due_at: Timestamp | None


NEVER: Final = Threshold(None, None)


def horizon(line_id: int, now: Timestamp) -> Timestamp:
    """Until when a price that is worked out at ``now`` has to hold."""
    return Timestamp(now + HORIZON_S + line_id % STAGGER * 60)


def repay_threshold(line: StandingLine, standing: StandingMandate, now: Timestamp) -> Threshold:
    """When a mandate may fire, as it and its line stand.

    What no market price decides, a level or revenue, is looked at in every block in which the mandate is open.
    """
    mandate, state = standing.mandate, standing.state
    first = open_from(mandate, state, now)
    if line.state.over or first is None:
        return NEVER
    if mandate.kind is Kind.DUE:
        return Threshold(None, next_due_at(mandate, state, line.state, line.terms, now))
    if first > now or mandate.kind is not Kind.LTV:
        return Threshold(None, first)
    until = horizon(line.line_id, now)
    return Threshold(_some(fire_price(mandate, line.state, line.terms, until)), until)


def liquidation_threshold(line: StandingLine, now: Timestamp) -> Threshold:
    """When a line may be liquidatable, as it stands."""
    if line.state.over:
        return NEVER
    until = horizon(line.line_id, now)
    then = advance(line.state, line.terms, Timestamp(max(until, line.state.accrued_at)))
    price = highest_price_above_ltv(debt(then), then.collateral, line.terms.liquidation_ltv_bps)
    default_at = defaults_at(line.state, line.terms)
    return Threshold(_some(price), until if default_at is None else Timestamp(min(until, default_at)))


async def refresh(
    session: AsyncSession, chain_id: int, vault: str, lines: Iterable[StandingLine], now: Timestamp
) -> None:
    """Works the candidates of ``lines`` out anew and stores them in place of those that there were."""
    rows = [row for line in lines for row in _rows(chain_id, vault, line, now)]
    if rows:
        await session.execute(_UPSERT, rows)


async def forget(session: AsyncSession, chain_id: int, vault: str, line_ids: Collection[int]) -> None:
    """Removes the candidates of lines, before a refresh that follows a rewind: their mandates may be gone."""
    await session.execute(
        delete(Candidate).where(
            Candidate.chain_id == chain_id, Candidate.vault == vault, Candidate.line_id.in_(line_ids)
        )
    )


async def worked_out_after(session: AsyncSession, chain_id: int, vault: str, block_number: int) -> Sequence[int]:
    """Lines with candidates from a state of a later block than ``block_number``."""
    statement = (
        select(Candidate.line_id)
        .where(Candidate.chain_id == chain_id, Candidate.vault == vault, Candidate.state_block_number > block_number)
        .distinct()
    )
    return (await session.scalars(statement)).all()


async def reached(
    session: AsyncSession, chain_id: int, vault: str, market_id: int, price: PriceE36 | None, now: Timestamp
) -> Mapping[int, bool]:
    """Lines of a market of which a candidate's price or time is reached, and whether it was its time.

    Without a price, those that need none.
    """
    by_time = func.coalesce(Candidate.next_due_at <= now, false())
    statement = (
        select(Candidate.line_id, func.bool_or(by_time))
        .where(
            Candidate.chain_id == chain_id,
            Candidate.vault == vault,
            Candidate.market_id == market_id,
            (Candidate.fire_price_e36 >= (ANY_PRICE if price is None else price)) | (Candidate.next_due_at <= now),
        )
        .group_by(Candidate.line_id)
        .order_by(Candidate.line_id)
    )
    return dict((await session.execute(statement)).all())


def _rows(chain_id: int, vault: str, line: StandingLine, now: Timestamp) -> Iterator[dict[str, object]]:
    def row(
        action: Action, mandate_hash: str, trigger: str | None, threshold: Threshold, since: Position
    ) -> dict[str, object]:
        return {
            "chain_id": chain_id,
            "vault": vault,
            "line_id": line.line_id,
            "action": action.value,
            "mandate_hash": mandate_hash,
            "trigger_contract": trigger,
            "market_id": line.market_id,
            "fire_price_e36": threshold.fire_price,
            "next_due_at": threshold.due_at,
            "state_block_number": since[0],
            "state_log_index": since[1],
        }

    yield row(Action.LIQUIDATE, NO_MANDATE, None, liquidation_threshold(line, now), line.since)
    for standing in line.mandates:
        threshold = repay_threshold(line, standing, now)
        since = max(line.since, standing.since)
        yield row(Action.REPAY, standing.mandate_hash, standing.trigger_contract, threshold, since)


def _some(price: PriceE36) -> PriceE36 | None:
    return None if price == NO_PRICE else price
