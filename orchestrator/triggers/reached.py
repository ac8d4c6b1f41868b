"""Which candidates a price, a second or an answer has reached: one statement at each head, an index for each branch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, false, func, literal, select, true, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from orchestrator.credit.health import ANY_PRICE
from orchestrator.credit.units import PriceE36, Timestamp
from orchestrator.db.models import Candidate, Trigger
from orchestrator.triggers.candidates import Candidates, line_waits
from orchestrator.triggers.states import LIVE, Action, TriggerStatus
from orchestrator.triggers.store import Key, RetryPolicy, failures_of_key, newest_of, pauses_until

Touched = Select[int, str, str, int, bool]


@dataclass(frozen=True, slots=True)
class Reached:
    """What came up at a block.

    Attributes:
        lines: to be looked at, and whether a candidate's second was reached. What waits is not among them: a trigger
            that is on its way, or one that failed a moment ago.
        failing: what failed too often, waiting or not, with the last reason.
    """

    lines: Mapping[int, bool]
    failing: Mapping[Key, str]


async def find_reached(
    session: AsyncSession,
    candidates: Candidates,
    *,
    prices: Mapping[int, PriceE36 | None],
    answers: Mapping[str, int],
    now: Timestamp,
    retries: RetryPolicy,
) -> Reached:
    """What a price, a second or an answer has reached. ``prices`` are by market: without one, what needs none.

    A line that waits to be worked out anew is not reached by a second: which one, may have changed.
    """
    markets, feeds = tuple(sorted(prices)), tuple(sorted(answers))
    parameters: dict[str, int] = {"now": now}
    for place, market_id in enumerate(markets):
        price = prices[market_id]
        parameters[_price_of(place)] = ANY_PRICE if price is None else price
    for place, feed in enumerate(feeds):
        parameters[_answer_of(place)] = answers[feed]
    lines: dict[int, bool] = {}
    failing: dict[Key, str] = {}
    for row in await session.execute(_reached(candidates, markets, feeds, retries), parameters):
        if not row.waits:
            lines[row.line_id] = lines.get(row.line_id, False) or row.timed
        if row.fails:
            key = Key(row.line_id, row.mandate_hash, row.occurrence, Action(row.action))
            failing[key] = row.error or "it is tried once more"
    return Reached(lines, failing)


@lru_cache
def _reached(
    candidates: Candidates, markets: tuple[int, ...], feeds: tuple[str, ...], retries: RetryPolicy
) -> Select[Any]:
    """Kept, since putting it together takes longer than running it. Its parameters are the second, prices, answers."""
    touched = union_all(*_touched(candidates, markets, feeds)).cte("touched")
    newest = newest_of(
        touched,
        candidates.chain_id,
        candidates.vault,
        Trigger.status,
        failures_of_key().label("failures"),
        Trigger.error,
        Trigger.retry_requested_at,
        pauses_until(retries),
    )
    live = newest.c.status.in_(sorted(LIVE))
    unwanted = newest.c.status == TriggerStatus.CANCELLED.value
    pauses = unwanted | (newest.c.pauses_until > func.clock_timestamp())
    waits = func.coalesce(live | (pauses & newest.c.retry_requested_at.is_(None)), false())
    fails = func.coalesce(newest.c.failures >= retries.alert_after, false())
    return (
        select(
            touched.c.line_id,
            touched.c.action,
            touched.c.mandate_hash,
            touched.c.occurrence,
            touched.c.timed,
            waits.label("waits"),
            fails.label("fails"),
            newest.c.error,
        )
        .select_from(touched.outerjoin(newest, true()))
        .where(~waits | fails)
        .order_by(touched.c.line_id)
    )


def _touched(candidates: Candidates, markets: tuple[int, ...], feeds: tuple[str, ...]) -> Iterator[Touched]:
    """One index each."""

    def found(condition: Any, *, timed: bool = False) -> Touched:
        columns = (Candidate.line_id, Candidate.action, Candidate.mandate_hash, Candidate.occurrence)
        return select(*columns, literal(timed).label("timed")).where(*candidates.ours(), condition)

    wanted = Candidate.action.in_(sorted(candidates.actions))
    due = wanted & (Candidate.next_due_at <= bindparam("now")) & Candidate.market_id.in_(markets)
    yield found(due & ~line_waits(), timed=True)
    for place, market_id in enumerate(markets):
        yield found((Candidate.market_id == market_id) & (Candidate.fire_price_e36 >= bindparam(_price_of(place))))
    for place, feed in enumerate(feeds):
        yield found((Candidate.feed == feed) & (Candidate.fires_above < bindparam(_answer_of(place))))
        yield found((Candidate.feed == feed) & (Candidate.fires_below > bindparam(_answer_of(place))))


def _price_of(place: int) -> str:
    return f"price_{place}"


def _answer_of(place: int) -> str:
    return f"answer_{place}"
