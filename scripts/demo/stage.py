"""How the demo is told: calm lines that stay, so that a terminal and a log file show the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from oracles.rounds import Round
from scripts.demo.facts import Check, TriggerFact
from scripts.demo.measure import Measured
from scripts.local.bootstrap import FEED_DECIMALS
from scripts.local.terms import IN_KIND_LTV_BPS, RESERVE_THRESHOLD_BPS, USDC, WETH

WIDTH: Final = 96
DETAIL_FROM: Final = 62
"""Column in which details begin, if what they belong to is shorter."""

BAR_CELLS: Final = 28
BAR_FROM_BPS: Final = 4_000
BAR_TO_BPS: Final = 8_000
"""From comfort to liquidation."""

TABLE_TITLE: Final = "What fired, because of what, and how long it took from there to the mined repayment"

EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")


@dataclass(frozen=True, slots=True)
class Stage:
    """Writes to one console."""

    console: Console

    def title(self, heading: str, *lines: str) -> None:
        self.console.print()
        self.console.print(Rule(Text(f" {heading} ", style="bold"), style="cyan", characters="━"))
        for line in lines:
            self.console.print(Text(line, style="dim"))
        self.console.print()

    def act(self, number: int, heading: str) -> None:
        self.console.print()
        self.console.print(Text.assemble((f" {number} ", "bold black on cyan"), " ", (heading, "bold")))

    def done(self, what: str, detail: str = "") -> None:
        """Something that has happened and was seen."""
        self._line(Text.assemble("   ", ("✓ ", "green"), what), detail)

    def note(self, words: str) -> None:
        self.console.print(Text("     " + words, style="dim"))

    def round(self, played: Round, measured: Measured) -> None:
        """A new price, and what it makes of debt over value."""
        moment = datetime.fromtimestamp(played.updated_at, UTC)
        price, ltv = (f"{dollars(played.answer):>10}", "bold"), f" {percent(measured.ltv_bps):>7}"
        self.console.print(Text.assemble((f"   {moment:%d %b %H:%M}", "dim"), price, "  ", _bar(measured.ltv_bps), ltv))

    def bill(self, measured: Measured) -> None:
        self.console.print(
            Text.assemble(("   a bill is due", "yellow"), f"  {usdc(measured.due)} USDC, as of this very second")
        )

    def repayment(self, fact: TriggerFact, after: Measured) -> None:
        """A mandate that fired, and where it left the line."""
        what = Text.assemble("       ", ("↳ ", "green"), (amounts(fact), "bold green"), f"  → {percent(after.ltv_bps)}")
        self._line(what, took(fact))

    def triggers(self, facts: Iterable[TriggerFact]) -> None:
        """Every trigger with its cause and how long it took."""
        table = Table(box=SIMPLE_HEAD, border_style="dim", header_style="bold", pad_edge=False, collapse_padding=True)
        for heading in ("fired", "because of"):
            table.add_column(heading, no_wrap=True)
        for heading in ("USDC paid", "with the fee", "in block", "ms", "blocks"):
            table.add_column(heading, no_wrap=True, justify="right")
        for fact in facts:
            latency = str(fact.latency_ms), str(fact.latency_blocks)
            table.add_row(fact.name, cause(fact), usdc(fact.paid), spent(fact), str(fact.block_number), *latency)
        self.console.print()
        self.console.print(Text(TABLE_TITLE, style="bold"))
        self.console.print(table)

    def checks(self, checks: Iterable[Check]) -> None:
        for check in checks:
            sign, style = ("✓", "green") if check.passed else ("✗", "bold red")
            name = (check.name, "" if check.passed else "bold red")
            self._line(Text.assemble("   ", (f"{sign} ", style), name), check.detail)

    def end(self, words: str, *, good: bool) -> None:
        style = "bold green" if good else "bold red"
        self.console.print()
        self.console.print(Rule(Text(f" {words} ", style=style), style="cyan", characters="━"))

    def _line(self, what: Text, detail: str) -> None:
        """The detail in its column, further right if need be, or below if there is no room."""
        at = max(DETAIL_FROM, what.cell_len + 2)
        if at + len(detail) > WIDTH and what.cell_len + 2 + len(detail) <= WIDTH:
            at = WIDTH - len(detail)
        if at + len(detail) > WIDTH:
            self.console.print(what)
            what, at = Text(), 7
        what.pad_right(at - what.cell_len)
        self.console.print(Text.assemble(what, (detail, "dim")) if detail else what)


def dollars(answer: int) -> str:
    return f"{answer / 10**FEED_DECIMALS:,.2f}"


def usdc(base_units: int) -> str:
    return f"{base_units / USDC:,.2f}"


def weth(base_units: int) -> str:
    return f"{base_units / WETH:,.4f}".rstrip("0").rstrip(".")


def percent(bps: int | None) -> str:
    return "–" if bps is None else f"{bps / 100:.1f} %"


def took(fact: TriggerFact) -> str:
    return f"{fact.latency_ms} ms, {fact.latency_blocks} block{'' if fact.latency_blocks == 1 else 's'}"


def spent(fact: TriggerFact) -> str:
    return f"{weth(fact.spent)} WETH" if fact.paid_from == "collateral" else f"{usdc(fact.spent)} USDC"


def amounts(fact: TriggerFact) -> str:
    """What was paid, and out of what."""
    what = "bill paid" if fact.mandate == "due" else "paid"
    how = f"in kind, {weth(fact.spent)} WETH" if fact.paid_from == "collateral" else "from the reserve"
    return f"{usdc(fact.paid)} USDC {what} {how}"


def cause(fact: TriggerFact) -> str:
    return "its due date" if fact.round is None else f"round {fact.round.number}, {dollars(fact.round.answer)}"


def _bar(ltv_bps: int | None) -> Text:
    """Debt over value from 40 % to 80 %, where the line could be liquidated."""
    shown = BAR_TO_BPS if ltv_bps is None else min(max(ltv_bps, BAR_FROM_BPS), BAR_TO_BPS)
    cells, eighths = divmod((shown - BAR_FROM_BPS) * BAR_CELLS * 8 // (BAR_TO_BPS - BAR_FROM_BPS), 8)
    filled = "█" * cells + EIGHTHS[eighths]
    style = "green"
    if ltv_bps is None or ltv_bps > IN_KIND_LTV_BPS:
        style = "red"
    elif ltv_bps > RESERVE_THRESHOLD_BPS:
        style = "yellow"
    return Text.assemble((filled, style), ("·" * (BAR_CELLS - len(filled)), "dim"))
