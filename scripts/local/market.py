"""A market that moves by itself, for a stack that somebody wants to look at: a random walk with shocks, and some lines.

Everything is decided by the seed, but for how long things take.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field
from random import Random
from typing import Final

from orchestrator.chain.quantities import integer, quantity
from orchestrator.chain.rpc import JsonRpc
from orchestrator.credit.units import Bps, CollateralWei, PriceE36, Timestamp, Wei, mul_div_down
from orchestrator.errors import CovenantError
from scripts.local.deals import get_ready, give_usdc, give_weth, open_line, post_offer, register, sign_offer
from scripts.local.people import Contracts, Person
from scripts.local.rounds import chain_now, publish
from scripts.local.service import Service
from scripts.local.terms import USDC, WETH, Deal, Parties

log = logging.getLogger(__name__)

API_WITHIN_S: Final = 60.0
ROUND_EVERY_S: Final = 2.0
LINE_EVERY_ROUNDS: Final = 8
MOST_OPEN_LINES: Final = 8

VOLATILITY: Final = 0.002
SHOCK_EVERY_ROUNDS: Final = 25
SHOCK_LOW: Final = -0.16
SHOCK_HIGH: Final = 0.08
CALM_ANSWER: Final = 195 * 10**8
PULL: Final = 0.01
"""How much of the way back to the calm price a round goes on average: the walk does not wander off."""

ETHER_FOR_GAS: Final = 1_000 * 10**18


def next_answer(random: Random, answer: int) -> int:
    """A step of the walk, in the feed's 8 decimals: a little noise, a pull to the calm price, now and then a shock."""
    move = random.gauss(0, VOLATILITY) + PULL * (CALM_ANSWER / answer - 1)
    if random.randrange(SHOCK_EVERY_ROUNDS) == 0:
        move += random.uniform(SHOCK_LOW, SHOCK_HIGH)
    return max(10**8, round(answer * (1 + move)))


def random_deal(random: Random) -> Deal:
    """A line of 50,000 to 500,000 USDC whose reserve lasts for some of the shocks."""
    limit = random.randrange(50, 501) * 1_000 * USDC
    return Deal(
        limit=Wei(limit),
        drawn=Wei(mul_div_down(limit, 9, 10)),
        ltv_at_draw_bps=Bps(random.randrange(4_500, 4_950)),
        reserve=Wei(mul_div_down(limit, random.randrange(5, 30), 100)),
        reserve_cap=Wei(mul_div_down(limit, 1, 20)),
        in_kind_cap=CollateralWei(mul_div_down(limit, 1, 1_600 * USDC) * WETH),
        bill_cap=Wei(mul_div_down(limit, 1, 20)),
    )


@dataclass(slots=True)
class Market:
    """Moves one feed, and lets a lender and a borrower do business. Goes on from what is on the chain already."""

    rpc: JsonRpc
    service: Service
    contracts: Contracts
    oracle: Person
    lender: Person
    borrower: Person
    random: Random = field(default_factory=lambda: Random(1))

    async def open(self) -> None:
        """What has to be there before the first round. Raises NothingHappened when the API does not come up."""
        await get_ready(self.contracts, self.lender, self.borrower)
        await self.service.until_it_answers(API_WITHIN_S)

    async def run(self) -> None:
        """For ever. What is refused, such as a draw after a shock, is told and left alone."""
        rounds = 0
        while True:
            try:
                await self.move()
                if rounds % LINE_EVERY_ROUNDS == 0:
                    await self.trade()
            except CovenantError as error:
                log.warning("%s", error.message)
            rounds += 1
            await asyncio.sleep(ROUND_EVERY_S)

    async def move(self) -> None:
        """Publishes the next round."""
        _, answer, *_ = await self.contracts.feed.read(self.rpc, "latestRoundData")
        published = await publish(self.oracle, self.contracts.feed, next_answer(self.random, answer))
        log.info("round", extra={"answer": published.answer, "block": published.block_number})

    async def trade(self) -> None:
        """Opens a line; once enough are open, closes the one that is open longest instead."""
        count = await self.contracts.vault.read(self.rpc, "lineCount")
        lines = await self.service.every("/v1/lines", borrower=self.borrower.address)
        open_ids = [line["line_id"] for line in lines if line["status"] not in ("closed", "written_off")]
        if len(open_ids) < MOST_OPEN_LINES:
            await self.open_line(random_deal(self.random), group=count + 1)
        else:
            await self.close_line(min(open_ids))

    async def open_line(self, deal: Deal, group: int) -> int:
        """Offer through the API, line, reserve, draw and mandates. Returns the line's id."""
        contracts, borrower = self.contracts, self.borrower
        price = PriceE36(await contracts.oracle.read(self.rpc, "measuringPrice"))
        await self._pay_in(deal, price)
        now = Timestamp(await chain_now(self.rpc))
        signed = sign_offer(contracts, self.lender, deal.offer(self._parties(), price, now, group))
        await post_offer(self.service, contracts, self.lender.wallet.chain_id, signed)
        line = await open_line(contracts, borrower, signed, deal.limit)
        await borrower.call("depositing the reserve", contracts.vault, "depositReserve", line.line_id, deal.reserve)
        await borrower.call("drawing", contracts.vault, "draw", line.line_id, deal.drawn, borrower.address)
        for mandate in deal.mandates(line.line_id, now):
            await register(contracts, borrower, mandate)
        log.info("line opened", extra={"line": line.line_id, "limit": deal.limit})
        return line.line_id

    async def close_line(self, line_id: int) -> None:
        """The borrower pays what is owed and leaves; the lender collects."""
        vault = self.contracts.vault
        _, debt = await vault.read(self.rpc, "owed", line_id)
        await give_usdc(self.contracts, self.borrower, debt + USDC)
        await self.borrower.call("closing", vault, "close", line_id, self.borrower.address)
        for token, claim in ((self.contracts.usdc, "claimLoan"), (self.contracts.weth, "claimCollateral")):
            if (await vault.read(self.rpc, "stored", line_id))[claim]:
                await self.lender.call("claiming", vault, "claim", line_id, token.address, self.lender.address)
        log.info("line closed", extra={"line": line_id})

    async def _pay_in(self, deal: Deal, price: PriceE36) -> None:
        collateral = deal.collateral_at(price)
        wei = integer(await self.rpc.call("eth_getBalance", [self.borrower.address, "latest"]))
        if wei < collateral + ETHER_FOR_GAS:
            await self.rpc.call("anvil_setBalance", [self.borrower.address, quantity(collateral + 2 * ETHER_FOR_GAS)])
        await give_weth(self.contracts, self.borrower, collateral)
        await give_usdc(self.contracts, self.borrower, deal.limit)
        await give_usdc(self.contracts, self.lender, deal.limit)

    def _parties(self) -> Parties:
        contracts = self.contracts
        return Parties(
            self.lender.address,
            self.borrower.address,
            contracts.usdc.address,
            contracts.weth.address,
            contracts.oracle.address,
        )
