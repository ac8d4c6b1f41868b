"""How many blocks lie between a round and the repayments that it calls for, with a block every second.

The whole way is real: `covenant up`'s indexer, engine and sender as processes, on embedded parts, over a small book.
"""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import and_, select

from orchestrator.chain.rpc import JsonRpc
from orchestrator.credit.units import Bps, CollateralWei, PriceE36, Timestamp, Wei
from orchestrator.db.models import Intent, OracleRound, Trigger
from orchestrator.db.session import Sessions, open_engine, sessions_of
from scripts.demo.stack import Stack, open_stack
from scripts.local.accounts import Role
from scripts.local.bootstrap import FIRST_ANSWER
from scripts.local.deals import get_ready, give_usdc, give_weth, open_line, register, sign_offer
from scripts.local.people import Contracts, Person
from scripts.local.processes import SERVICES
from scripts.local.rounds import chain_now, publish
from scripts.local.terms import USDC, WETH, Deal, Parties

LINES: Final = 40
LOWEST_LTV_BPS: Final = 4_500
STEPS: Final = 20
LOWEST_PERCENT: Final = 81
"""Of the first price: the last round is below every line's threshold."""

BLOCK_S: Final = 1
ROUND_EVERY_S: Final = 2.0
SETTLED_WITHIN_S: Final = 60
NEEDED: Final = ("indexer", "engine", "sender")


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Blocks from the round's to the repayment's; 1 is the very next."""

    repayments: int
    blocks_p50: float
    blocks_p95: float
    blocks_max: int


async def measure_inclusion(logs: Path) -> Inclusion:
    """Opens the book, lets the price fall step by step, and looks up where everything was mined."""
    services = [spec for spec in SERVICES if spec.name in NEEDED]
    async with open_stack(logs=logs, first_answer=FIRST_ANSWER, services=services) as stack:
        rpc, engine = JsonRpc(stack.rpc_url), open_engine(stack.database_url, process="bench")
        try:
            await _open_lines(stack, rpc)
            await _fall(stack, rpc)
            return _summary(await _blocks(sessions_of(engine)))
        finally:
            await rpc.aclose()
            await engine.dispose()


async def _open_lines(stack: Stack, rpc: JsonRpc) -> None:
    accounts, book = stack.deployment.accounts, stack.deployment.book
    contracts = Contracts.of(book)
    lender, borrower = (Person.of(accounts, role, rpc, book.chain_id) for role in (Role.LENDER, Role.BORROWER))
    await get_ready(contracts, lender, borrower)
    price = PriceE36(await contracts.oracle.read(rpc, "measuringPrice"))
    parties = Parties(
        lender.address, borrower.address, contracts.usdc.address, contracts.weth.address, contracts.oracle.address
    )
    for number in range(LINES):
        deal = _deal(number)
        await give_weth(contracts, borrower, deal.collateral_at(price))
        await give_usdc(contracts, borrower, deal.limit)
        await give_usdc(contracts, lender, deal.limit)
        now = Timestamp(await chain_now(rpc))
        offer = sign_offer(contracts, lender, deal.offer(parties, price, now, number + 1))
        line = await open_line(contracts, borrower, offer, deal.limit)
        await borrower.call("depositing", contracts.vault, "depositReserve", line.line_id, deal.reserve)
        await borrower.call("drawing", contracts.vault, "draw", line.line_id, deal.drawn, borrower.address)
        threshold, _, _ = deal.mandates(line.line_id, now)
        await register(contracts, borrower, threshold)


def _deal(number: int) -> Deal:
    """Each a little nearer to its threshold than the one before."""
    limit = Wei(100_000 * USDC)
    return Deal(
        limit=limit,
        drawn=Wei(90_000 * USDC),
        ltv_at_draw_bps=Bps(LOWEST_LTV_BPS + number * 11),
        reserve=Wei(30_000 * USDC),
        reserve_cap=Wei(30_000 * USDC),
        in_kind_cap=CollateralWei(WETH),
        bill_cap=Wei(USDC),
    )


async def _fall(stack: Stack, rpc: JsonRpc) -> None:
    """A round every two seconds while blocks come by themselves, and time for the last to be repaid."""
    await rpc.call("evm_setAutomine", [False])
    await rpc.call("evm_setIntervalMining", [BLOCK_S])
    book = stack.deployment.book
    oracle = Person.of(stack.deployment.accounts, Role.ORACLE, rpc, book.chain_id)
    feed = Contracts.of(book).feed
    for step in range(1, STEPS + 1):
        percent = 100 - (100 - LOWEST_PERCENT) * step / STEPS
        await publish(oracle, feed, round(FIRST_ANSWER * percent / 100))
        await asyncio.sleep(ROUND_EVERY_S)
    engine = open_engine(stack.database_url, process="bench")
    try:
        for _ in range(SETTLED_WITHIN_S):
            if len(await _blocks(sessions_of(engine))) >= LINES:
                break
            await asyncio.sleep(1)
    finally:
        await engine.dispose()


async def _blocks(sessions: Sessions) -> Sequence[int]:
    """Of each repayment that is mined, how many blocks after its round."""
    cause = and_(
        OracleRound.chain_id == Trigger.chain_id,
        OracleRound.feed == Trigger.feed,
        OracleRound.round_id == Trigger.round_id,
    )
    statement = (
        select(Intent.mined_block_number - OracleRound.block_number)
        .select_from(Trigger)
        .join(Intent, Intent.id == Trigger.intent_id)
        .join(OracleRound, cause)
        .where(Intent.mined_block_number.is_not(None))
    )
    async with sessions() as session:
        return [blocks for blocks in await session.scalars(statement) if blocks is not None]


def _summary(blocks: Sequence[int]) -> Inclusion:
    return Inclusion(len(blocks), statistics.median(blocks), statistics.quantiles(blocks, n=20)[-1], max(blocks))
