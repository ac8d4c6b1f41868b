"""What our own keeper does about lines themselves, where policy wants it: it liquidates them, or ends their lending.

Pure: each deed is one call of the vault about one line, with why it is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from orchestrator.chain.book import AddressBook
from orchestrator.chain.contracts import Contract
from orchestrator.credit.mandate import From
from orchestrator.credit.units import PriceE36, Timestamp, Wei
from orchestrator.transactions.intents import Call
from orchestrator.triggers.candidates import NO_MANDATE, ONCE
from orchestrator.triggers.evaluation import MarketView, liquidatable_lines, terminable_lines
from orchestrator.triggers.lines import StandingLine
from orchestrator.triggers.liquidating import LiquidationPolicy, liquidation_of
from orchestrator.triggers.states import Action
from orchestrator.triggers.store import Key
from orchestrator.triggers.words import why_liquidatable, why_terminable
from orchestrator.triggers.worth import fee_worth_wei


@dataclass(frozen=True, slots=True)
class KeeperPolicy:
    """Attributes:
    liquidation: what we do about lines that can be liquidated; None: people are told of them.
    terminates: whether lines that lend no more give what was left to draw to the claims of their holders.
    """

    liquidation: LiquidationPolicy | None = None
    terminates: bool = False


@dataclass(frozen=True, slots=True)
class Deed:
    """Attributes:
    key: what must happen once.
    pays: what the debt falls by, in loan base units.
    price_e36: the measuring price it was judged at, if one was needed.
    fee_worth_wei: what it brings us; None: nobody can say, or it is not done for that.
    """

    key: Key
    pays: Wei
    price_e36: PriceE36 | None
    fee_worth_wei: int | None
    why: str
    call: Call


@dataclass(frozen=True, slots=True)
class Keeper:
    book: AddressBook
    vault: Contract
    policy: KeeperPolicy
    wrapped_native: str | None = None

    def deeds(self, lines: Sequence[StandingLine], markets: Mapping[int, MarketView], now: Timestamp) -> Iterator[Deed]:
        """Terminations come first: a liquidation that writes a line off leaves nothing to terminate."""
        if self.policy.terminates:
            for line, released in terminable_lines(lines, now):
                if line.market_id in markets:
                    yield self._termination(line, released, now)
        if self.policy.liquidation is not None:
            for line in liquidatable_lines(lines, markets, now):
                deed = self._liquidation(line, markets[line.market_id], now, self.policy.liquidation)
                if deed is not None:
                    yield deed

    def _termination(self, line: StandingLine, released: Wei, now: Timestamp) -> Deed:
        """It brings us nothing, and policy wants it all the same. A line is terminated once and for all."""
        why = why_terminable(line, released, self.book.market(line.market_id), now)
        call = self._call(line, f"terminates line {line.line_id}", "terminate", line.line_id)
        return Deed(Key(line.line_id, NO_MANDATE, ONCE, Action.TERMINATE), Wei(0), None, None, why, call)

    def _liquidation(
        self, line: StandingLine, market: MarketView, now: Timestamp, policy: LiquidationPolicy
    ) -> Deed | None:
        """None when it can't be done now, or brings us less than it takes."""
        planned = liquidation_of(line, market.oracle, now, policy)
        if planned is None:
            return None
        price = market.oracle.measuring_price
        worth_wei = fee_worth_wei(
            planned.gains, From.RESERVE, self.book.market(line.market_id), self.wrapped_native, price
        )
        why = f"{why_liquidatable(line, price, now)}: it is liquidated"
        terms = (line.line_id, planned.max_repaid, planned.min_seized, policy.receiver)
        call = self._call(line, f"liquidates line {line.line_id}", "liquidate", *terms)
        key = Key(line.line_id, NO_MANDATE, line.state.seq, Action.LIQUIDATE)
        return Deed(key, planned.repays, price, worth_wei, why, call)

    def _call(self, line: StandingLine, description: str, function: str, *args: object) -> Call:
        return Call(self.book.chain_id, self.book.vault, self.vault.encode_call(function, *args), description)
