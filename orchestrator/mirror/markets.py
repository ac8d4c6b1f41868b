"""What projections need to know of markets that were created before the logs at hand."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.models import Market
from orchestrator.mirror.batch import LoanTokens


async def known_loan_tokens(connection: AsyncConnection, chain_id: int, last: int | None = None) -> LoanTokens:
    """The loan token of each (vault, market id) of the mirrored markets; up to block ``last`` if it is given."""
    query = select(Market.vault, Market.market_id, Market.loan_token).where(Market.chain_id == chain_id)
    if last is not None:
        query = query.where(Market.block_number <= last)
    return {(vault, market_id): token for vault, market_id, token in await connection.execute(query)}
