"""The exact rule over the lines that came up at one block. Pure: what fires, what can be liquidated or terminated."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from orchestrator.credit.accrual import advance
from orchestrator.credit.errors import PriceUnavailable
from orchestrator.credit.firing import Firing, Moment, evaluate
from orchestrator.credit.liquidation import liquidatable
from orchestrator.credit.oracle import OracleReading
from orchestrator.credit.state import LineState
from orchestrator.credit.termination import termination
from orchestrator.credit.units import UINT96_MAX, Timestamp, Wei
from orchestrator.triggers.accounts import with_account
from orchestrator.triggers.lines import StandingLine, StandingMandate
from orchestrator.triggers.readings import Readings

ANY_WALLET: Final = Wei(UINT96_MAX)
"""What a wallet is taken to give. It changes with each transfer of the token, in no log of ours: the contract takes
what is there, and the simulation before sending says when that is nothing."""


@dataclass(frozen=True, slots=True)
class MarketView:
    """A market as the book has it and its oracle reads at the block."""

    oracle: OracleReading
    loan_decimals: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """A firing that the rule asks for. ``before``: the line accrued to now, before it; ``line`` as it is stored."""

    line: StandingLine
    standing: StandingMandate
    firing: Firing
    before: LineState
    oracle: OracleReading


def firings(
    lines: Sequence[StandingLine], markets: Mapping[int, MarketView], readings: Readings, now: Timestamp
) -> Iterator[Wanted]:
    """What fires at ``now``. Mandates of one line come one after the other: each finds the line as the last left it."""
    for line in lines:
        market = markets.get(line.market_id)
        if market is None:
            continue
        state = line.state
        for standing in line.mandates:
            moment = Moment(
                line=state,
                terms=line.terms,
                oracle=market.oracle,
                feed=readings.feeds.get(standing.mandate.feed),
                loan_decimals=market.loan_decimals,
                now=now,
                wallet=ANY_WALLET,
            )
            counted = with_account(standing, readings.accounts)
            if counted is None:
                continue
            firing = evaluate(standing.mandate, counted.state, moment)
            if firing.transition is not None:
                yield Wanted(line, counted, firing, advance(state, line.terms, now), market.oracle)
                state = firing.transition.state


def liquidatable_lines(
    lines: Sequence[StandingLine], markets: Mapping[int, MarketView], now: Timestamp
) -> Iterator[StandingLine]:
    """Lines in default, or unhealthy at the measuring price; a line that needs a price waits for one."""
    for line in lines:
        market = markets.get(line.market_id)
        if market is None or line.state.over:
            continue
        try:
            if liquidatable(advance(line.state, line.terms, now), line.terms, market.oracle):
                yield line
        except PriceUnavailable:
            continue


def terminable_lines(lines: Sequence[StandingLine], now: Timestamp) -> Iterator[tuple[StandingLine, Wei]]:
    """Lines that lend no more and hold money to draw, and what their termination releases in loan base units."""
    for line in lines:
        found = termination(line.state, line.terms, now)
        if found.why_not is None:
            yield line, found.released
