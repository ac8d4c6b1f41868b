"""What the lines of a vault have in it, added up for each token."""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Select, and_, func, select

from api.snapshot import Snapshot
from orchestrator.db.models import Line, Market


class Held(NamedTuple):
    """Base units of one token that belong to lines."""

    undrawn: int = 0
    reserve: int = 0
    collateral: int = 0
    claims: int = 0

    @property
    def owed(self) -> int:
        return sum(self)

    def plus(self, more: Held) -> Held:
        return Held(*(was + added for was, added in zip(self, more, strict=True)))


async def read_held(snapshot: Snapshot) -> dict[str, Held]:
    """By token, for every token of a market, in the order of their addresses."""
    held: dict[str, Held] = {}
    for loan_token, collateral_token, *sums in await snapshot.session.execute(_by_market(snapshot)):
        undrawn, reserve, claim_loan, collateral, claim_collateral = map(int, sums)
        for token, more in (
            (loan_token, Held(undrawn, reserve, 0, claim_loan)),
            (collateral_token, Held(0, 0, collateral, claim_collateral)),
        ):
            held[token] = held.get(token, Held()).plus(more)
    return dict(sorted(held.items()))


def _by_market(snapshot: Snapshot) -> Select[*tuple[Any, ...]]:
    sums = (Line.undrawn, Line.reserve, Line.claim_loan, Line.collateral, Line.claim_collateral)
    of_market = and_(Line.chain_id == Market.chain_id, Line.vault == Market.vault, Line.market_id == Market.market_id)
    return (
        select(Market.loan_token, Market.collateral_token, *(func.coalesce(func.sum(column), 0) for column in sums))
        .outerjoin(Line, of_market)
        .where(Market.chain_id == snapshot.chain_id, Market.vault == snapshot.book.vault)
        .group_by(Market.market_id, Market.loan_token, Market.collateral_token)
    )
