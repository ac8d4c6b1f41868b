"""A line in the middle of its life, for whoever looks at the console: drawn, under mandates, at a price that moves."""

from __future__ import annotations

from typing import Final

from orchestrator.credit.units import Timestamp
from scripts.local.deals import OpenedLine, get_ready, open_line, register
from scripts.local.rounds import PublishedRound, chain_now, publish
from tests.browser.stage import DEAL, Stage

BEFORE_IT_FIRES: Final = 190 * 10**8
WHERE_IT_FIRES: Final = 160 * 10**8
"""90,000 dollars of debt over 1,000 WETH are 56.25 %: above the 55 % at which the reserve pays."""


async def begin(stage: Stage, *, group: int = 0) -> OpenedLine:
    """The borrower opens a line, fills its reserve, draws, and signs mandates. The service has seen it.

    `group` is the offer's, which one line exhausts.
    """
    contracts, borrower = stage.cast.contracts, stage.cast.borrower
    await stage.provide_borrower()
    offer = await stage.post_offer(group=group)
    await get_ready(contracts, stage.cast.lender, borrower)
    line = await open_line(contracts, borrower, offer, DEAL.limit)
    await borrower.call("depositing the reserve", contracts.vault, "depositReserve", line.line_id, DEAL.reserve)
    drawn = await borrower.call("drawing", contracts.vault, "draw", line.line_id, DEAL.drawn, borrower.address)
    for mandate in DEAL.mandates(line.line_id, Timestamp(await chain_now(stage.cast.rpc))):
        await register(contracts, borrower, mandate)
    await stage.cast.service.get(f"/v1/lines/{line.line_id}", min_block=drawn.block_number)
    return line


async def price_moves_to(stage: Stage, answer: int, *, after_s: int = 0) -> PublishedRound:
    """The market's feed answers: dollars for one WETH, times 1e8. With `after_s`, that much later on the chain."""
    at = await chain_now(stage.cast.rpc) + after_s if after_s else None
    return await publish(stage.cast.oracle, stage.cast.contracts.feed, answer, at)
