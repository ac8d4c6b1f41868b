"""Questions about the past: the state of lines and notes as of any block that is not newer than the cursor."""

from __future__ import annotations

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from orchestrator.db.models import Line, LineVersion, Market, NoteTransfer
from orchestrator.db.models.registry import table_of

_VERSIONS = table_of(LineVersion)


async def line_as_of(
    connection: AsyncConnection, chain_id: int, vault: str, line_id: int, block_number: int
) -> Row[tuple[object, ...]] | None:
    """The version of a line (columns of `line_versions`) that stood at the end of a block; None before its opening."""
    query = (
        select(_VERSIONS)
        .where(
            LineVersion.chain_id == chain_id,
            LineVersion.vault == vault,
            LineVersion.line_id == line_id,
            LineVersion.block_number <= block_number,
        )
        .order_by(LineVersion.block_number.desc(), LineVersion.log_index.desc())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def lines_as_of(
    connection: AsyncConnection, chain_id: int, vault: str, block_number: int
) -> list[Row[tuple[object, ...]]]:
    """The version of each line of a vault that stood at the end of a block, by line id."""
    query = (
        select(_VERSIONS)
        .ext(distinct_on(LineVersion.line_id))
        .where(LineVersion.chain_id == chain_id, LineVersion.vault == vault, LineVersion.block_number <= block_number)
        .order_by(LineVersion.line_id, LineVersion.block_number.desc(), LineVersion.log_index.desc())
    )
    return list((await connection.execute(query)).all())


async def holders_as_of(connection: AsyncConnection, chain_id: int, nft: str, block_number: int) -> dict[int, str]:
    """Who held the note of each line at the end of a block; the zero address for a burned one."""
    query = (
        select(NoteTransfer.line_id, NoteTransfer.to_address)
        .ext(distinct_on(NoteTransfer.line_id))
        .where(NoteTransfer.chain_id == chain_id, NoteTransfer.nft == nft, NoteTransfer.block_number <= block_number)
        .order_by(NoteTransfer.line_id, NoteTransfer.block_number.desc(), NoteTransfer.log_index.desc())
    )
    return {row.line_id: row.to_address for row in await connection.execute(query)}


async def escrow_sums(connection: AsyncConnection, chain_id: int, vault: str) -> dict[str, int]:
    """What a vault holds for its lines now, by token, in base units: undrawn, reserve, collateral, claims."""
    loan = func.sum(Line.undrawn + Line.reserve + Line.claim_loan)
    collateral = func.sum(Line.collateral + Line.claim_collateral)
    query = (
        select(Market.loan_token, Market.collateral_token, loan.label("loan"), collateral.label("collateral"))
        .join(
            Line,
            (Line.chain_id == Market.chain_id) & (Line.vault == Market.vault) & (Line.market_id == Market.market_id),
        )
        .where(Market.chain_id == chain_id, Market.vault == vault)
        .group_by(Market.market_id, Market.loan_token, Market.collateral_token)
    )
    sums: dict[str, int] = {}
    for row in await connection.execute(query):
        for token, amount in ((row.loan_token, row.loan), (row.collateral_token, row.collateral)):
            sums[token] = sums.get(token, 0) + int(amount)
    return sums
