"""The life of one line, act by act. People act on the chain; what the service does is waited for, never done here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from oracles.rounds import Round
from orchestrator.chain.quantities import integer, quantity
from orchestrator.credit.units import Timestamp
from scripts.demo.cast import Cast
from scripts.demo.facts import Facts, Reconciled, RoundCause
from scripts.demo.measure import measure
from scripts.demo.playlist import Playlist
from scripts.demo.scenario import DEAL, mandate_in_words, offer_in_words
from scripts.demo.stage import Stage, percent, usdc, weth
from scripts.demo.verdict import escrow_adds_up
from scripts.demo.watch import Occasion, Watch
from scripts.local.deals import (
    OpenedLine,
    SignedOffer,
    get_ready,
    give_usdc,
    give_weth,
    open_line,
    post_offer,
    register,
    sign_offer,
)
from scripts.local.rounds import chain_now, mine_at, move_to, publish
from scripts.local.terms import Parties

MINUTE_S: Final = 60
REGISTERED_AFTER_S: Final = 10 * MINUTE_S
"""After the opening: so that bills and the mandates' own periods do not fall on the same seconds."""

PLAYED_AFTER_S: Final = 30 * MINUTE_S
"""After the registration: so that each hourly round falls into the middle of a mandate's period."""

ETHER_FOR_GAS: Final = 1_000 * 10**18
ALL: Final = 2**96 - 1


@dataclass(slots=True)
class Story:
    """Plays `playlist` with `cast` on `stage`, and keeps what it saw in `facts`.

    `pause_s` passes between two rounds; a repayment may take `patience_s`.
    """

    cast: Cast
    stage: Stage
    playlist: Playlist
    facts: Facts
    pause_s: float
    patience_s: float
    due_dates: set[int] = field(default_factory=set)

    async def play(self) -> None:
        """From the offer to the last claim. Raises CovenantError when anything did not happen as it should."""
        await self._give_everybody_what_they_start_with()
        self.facts.holdings_before = await self.cast.holders.holdings(self.cast.rpc)
        offer = await self._offer()
        line = await self._open(offer)
        await self._draw(line)
        await self._sign_mandates(line)
        watch = Watch(self.cast.service, line.line_id, self.patience_s)
        await self._fall(watch, line)
        await self._leave(watch, line)
        self.facts.holdings_after = await self.cast.holders.holdings(self.cast.rpc)

    # ---------------------------------------------------------------- before the line

    async def _give_everybody_what_they_start_with(self) -> None:
        cast, contracts = self.cast, self.cast.contracts
        collateral = DEAL.collateral_at(await contracts.oracle.read(cast.rpc, "measuringPrice"))
        await cast.rpc.call("anvil_setBalance", [cast.borrower.address, quantity(collateral + ETHER_FOR_GAS)])
        await give_weth(contracts, cast.borrower, collateral)
        await give_usdc(contracts, cast.borrower, 2 * DEAL.limit)
        await give_usdc(contracts, cast.lender, DEAL.limit)
        await get_ready(contracts, cast.lender, cast.borrower)

    async def _offer(self) -> SignedOffer:
        cast, market = self.cast, self.cast.book.market(1)
        self.stage.act(1, "The lender signs an offer, and posts it")
        parties = Parties(
            cast.lender.address, cast.borrower.address, market.loan_token, market.collateral_token, market.oracle
        )
        price = await cast.contracts.oracle.read(cast.rpc, "measuringPrice")
        offer = DEAL.offer(parties, price, Timestamp(await chain_now(cast.rpc)))
        signed = sign_offer(cast.contracts, cast.lender, offer)
        for words in offer_in_words(offer):
            self.stage.note(words)
        await post_offer(cast.service, cast.contracts, cast.book.chain_id, signed)
        self.facts.offer_hash = signed.offer_hash
        self.stage.done("the API has it in its order book", f"POST /v1/offers  {_short(signed.offer_hash)}")
        return signed

    async def _open(self, offer: SignedOffer) -> OpenedLine:
        cast = self.cast
        self.stage.act(2, "The borrower opens the line")
        listed = await cast.service.get(f"/v1/offers/{offer.offer_hash}")
        line = await open_line(cast.contracts, cast.borrower, offer, int(listed["fillable"]["at_most"]["base_units"]))
        await cast.borrower.call(
            "depositing the reserve", cast.contracts.vault, "depositReserve", line.line_id, DEAL.reserve
        )
        seen = await cast.service.get(f"/v1/lines/{line.line_id}", min_block=line.receipt.block_number + 1)
        self.facts.line_id, self.facts.opened_tx = line.line_id, line.receipt.tx_hash
        held = {name: int(amount["base_units"]) for name, amount in seen["balances"].items()}
        lent, secured, saved = usdc(held["undrawn"]), weth(held["collateral"]), usdc(held["reserve"])
        self.stage.done(f"{lent} USDC of the lender wait in escrow", f"open  {_short(line.receipt.tx_hash)}")
        self.stage.done(f"{secured} WETH of collateral and {saved} USDC of reserve, too")
        self.stage.done(
            f"NFT #{line.line_id} says to whom it is owed: the lender", f"{_short(seen['holder'])} holds it"
        )
        return line

    async def _draw(self, line: OpenedLine) -> None:
        cast = self.cast
        self.stage.act(3, "The borrower draws")
        receipt = await cast.borrower.call(
            "drawing", cast.contracts.vault, "draw", line.line_id, DEAL.drawn, cast.borrower.address
        )
        measured = await measure(cast.rpc, cast.contracts, line.line_id, receipt.block_number)
        self.stage.done(
            f"{usdc(DEAL.drawn)} USDC, {percent(measured.ltv_bps)} of the collateral's value",
            f"draw  {_short(receipt.tx_hash)}",
        )

    async def _sign_mandates(self, line: OpenedLine) -> None:
        cast = self.cast
        self.stage.act(4, "The borrower signs mandates: from here on nobody has to watch")
        opened_at = await chain_now(cast.rpc)
        await move_to(cast.rpc, opened_at + REGISTERED_AFTER_S)
        for mandate in DEAL.mandates(line.line_id, Timestamp(opened_at)):
            self.facts.mandate_hashes.append(await register(cast.contracts, cast.borrower, mandate))
            self.stage.done(mandate_in_words(mandate), f"register  {_short(self.facts.mandate_hashes[-1])}")

    # ---------------------------------------------------------------- the fall

    async def _fall(self, watch: Watch, line: OpenedLine) -> None:
        self.stage.act(5, f"The market moves: {self.playlist.words}")
        first, *later = self.playlist.rounds
        registered_at = await chain_now(self.cast.rpc)
        now = await measure(self.cast.rpc, self.cast.contracts, line.line_id, await self._height())
        self.stage.round(first, now)
        self.facts.rounds_played = 1
        for number, (round_, second) in enumerate(_scheduled(later, registered_at + PLAYED_AFTER_S), start=2):
            await self._bills_until(watch, line, second)
            await self._round(watch, line, number, round_, second)
            await asyncio.sleep(self.pause_s)
        await self._compare(watch)

    async def _compare(self, watch: Watch) -> None:
        """The mirror with the chain while money is at work: every fact, and what is in escrow."""
        compared = Reconciled.of(await self.cast.compare_mirror())
        self.facts.reconciliations.append(compared)
        self.facts.checks.append(escrow_adds_up(await watch.line(await self._height()), await self._in_escrow()))
        if not compared.differences:
            words = f"{compared.facts_compared} facts at block {compared.block_number}"
            self.stage.done("the mirror equals the chain while money is at work", words)

    async def _round(self, watch: Watch, line: OpenedLine, number: int, round_: Round, second: int) -> None:
        cast = self.cast
        published = await publish(cast.oracle, cast.contracts.feed, round_.answer, second)
        self.facts.rounds_played += 1
        cause = RoundCause(number, published.round_id, published.answer, published.updated_at, published.block_number)
        self.stage.round(round_, await measure(cast.rpc, cast.contracts, line.line_id, published.block_number))
        await self._repayments(watch, line, Occasion(published.block_number, published.sent_at_s, cause, None))

    async def _bills_until(self, watch: Watch, line: OpenedLine, second: int) -> None:
        """Lets the chain stop at each due date on its way to `second`."""
        while True:
            seen = await watch.line(await self._height())
            due_at = seen["owed"]["next_due_at"] and int(seen["owed"]["next_due_at"]["epoch_s"])
            if due_at is None or due_at >= second or due_at in self.due_dates:
                return
            self.due_dates.add(due_at)
            sent_at_s = time.time()
            block = await mine_at(self.cast.rpc, due_at)
            self.stage.bill(await measure(self.cast.rpc, self.cast.contracts, line.line_id, block))
            await self._repayments(watch, line, Occasion(block, sent_at_s, None, due_at))

    async def _repayments(self, watch: Watch, line: OpenedLine, occasion: Occasion) -> None:
        for fact in await watch.repayments_after(occasion):
            self.facts.triggers.append(fact)
            after = await measure(self.cast.rpc, self.cast.contracts, line.line_id, fact.block_number)
            self.stage.repayment(fact, after)

    # ---------------------------------------------------------------- the end

    async def _leave(self, watch: Watch, line: OpenedLine) -> None:
        cast, vault = self.cast, self.cast.contracts.vault
        self.stage.act(6, "The borrower repays and leaves, the lender collects")
        _, debt = await vault.read(cast.rpc, "owed", line.line_id)
        if debt:
            receipt = await cast.borrower.call("repaying", vault, "repay", line.line_id, ALL)
            (repaid,) = vault.events(receipt, "Repaid")
            paid = repaid["charges"] + repaid["principal"]
            self.stage.done(f"{usdc(paid)} USDC repaid, nothing is owed any more", f"repay  {_short(receipt.tx_hash)}")
        receipt = await cast.borrower.call("closing", vault, "close", line.line_id, cast.borrower.address)
        (closed,) = vault.events(receipt, "Closed")
        self.stage.done(
            f"closed: {weth(closed['collateral'])} WETH and {usdc(closed['reserve'])} USDC go back to the borrower",
            f"close  {_short(receipt.tx_hash)}",
        )
        last = receipt.block_number
        for symbol, token in (("USDC", cast.contracts.usdc), ("WETH", cast.contracts.weth)):
            stored = await vault.read(cast.rpc, "stored", line.line_id)
            if not stored["claimLoan" if symbol == "USDC" else "claimCollateral"]:
                continue
            receipt = await cast.lender.call(
                "claiming", vault, "claim", line.line_id, token.address, cast.lender.address
            )
            (claimed,) = vault.events(receipt, "Claimed")
            amount = usdc(claimed["amount"]) if symbol == "USDC" else weth(claimed["amount"])
            self.stage.done(f"the NFT's holder claims {amount} {symbol}", f"claim  {_short(receipt.tx_hash)}")
            last = receipt.block_number
        seen = await watch.line(last)
        if seen["holder"] is None:
            self.stage.done("the NFT is burned")

    async def _in_escrow(self) -> dict[str, int]:
        """What the tokens say that the vault holds."""
        vault = self.cast.contracts.vault.address
        tokens = {"USDC": self.cast.contracts.usdc, "WETH": self.cast.contracts.weth}
        return {symbol: await token.read(self.cast.rpc, "balanceOf", vault) for symbol, token in tokens.items()}

    async def _height(self) -> int:
        return integer(await self.cast.rpc.call("eth_blockNumber"))


def _scheduled(rounds: list[Round], start: int) -> Iterator[tuple[Round, int]]:
    """Each round with its second: as far apart as they really were, and never at once."""
    if rounds:
        yield rounds[0], start
    second = start
    for earlier, later in pairwise(rounds):
        second += max(1, later.updated_at - earlier.updated_at)
        yield later, second


def _short(hash_: str) -> str:
    return f"{hash_[:10]}…{hash_[-4:]}"
