"""How the demo is told: calm lines that stay, so that a terminal and a log file show the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from oracles.rounds import Round
from scripts.demo.facts import Check, TriggerFact
from scripts.demo.measure import Measured
from scripts.demo.scenario import IN_KIND_LTV_BPS, RESERVE_THRESHOLD_BPS, USDC, WETH
from scripts.local.bootstrap import FEED_DECIMALS

WIDTH: Final = 100
BAR_CELLS: Final = 24
BAR_FROM_BPS: Final = 4_000
BAR_TO_BPS: Final = 8_000
"""From comfort to liquidation."""

PAYS: Final = {
    "ltv from reserve": "the reserve brings the debt down",
    "ltv from collateral": "collateral pays in kind",
    "due from reserve": "the reserve pays the bill",
    "due from collateral": "collateral pays the bill in kind",
}


@dataclass(frozen=True, slots=True)
class Stage:
    """Writes to one console."""

    console: Console

    def title(self, heading: str, words: str) -> None:
        self.console.print()
        self.console.print(Rule(Text(f" {heading} ", style="bold"), style="cyan", characters="━"))
        self.console.print(Text(words, style="dim"))

    def act(self, number: int, heading: str) -> None:
        self.console.print()
        self.console.print(Text.assemble((f" {number} ", "bold black on cyan"), " ", (heading, "bold")))

    def done(self, what: str, detail: str = "") -> None:
        """Something that has happened and was seen."""
        self.console.print(Text.assemble("   ", ("✓ ", "green"), what, ("  " + detail if detail else "", "dim")))

    def note(self, words: str) -> None:
        self.console.print(Text("     " + words, style="dim"))

    def round(self, played: Round, measured: Measured) -> None:
        """A new price, and what it makes of debt over value."""
        moment = datetime.fromtimestamp(played.updated_at, UTC)
        self.console.print(
            Text.assemble(
                (f"   {moment:%d %b %H:%M}  ", "dim"),
                (f"{dollars(played.answer):>9}", "bold"),
                "  ",
                _bar(measured.ltv_bps),
                f" {percent(measured.ltv_bps):>7}",
            )
        )

    def bill(self, due_at: int, measured: Measured) -> None:
        self.console.print(
            Text.assemble(
                ("   bill due  ", "bold yellow"), f"{usdc(measured.due)} USDC, at second {due_at} to the second"
            )
        )

    def repayment(self, fact: TriggerFact, after: Measured) -> None:
        """A mandate that fired, and where it left the line."""
        self.console.print(
            Text.assemble(
                "                ",
                ("↳ ", "green"),
                f"{PAYS[fact.name]}: ",
                (amounts(fact), "bold green"),
                (f"  {fact.latency_ms} ms, {blocks(fact.latency_blocks)}", "dim"),
                f"  → {percent(after.ltv_bps)}",
            )
        )

    def triggers(self, facts: Iterable[TriggerFact]) -> None:
        """Every trigger with its cause and how long it took."""
        table = Table(
            title="What fired, why, and how fast", title_style="bold", title_justify="left", border_style="dim"
        )
        for heading in ("mandate", "cause", "paid (USDC)", "spent with fee", "in block", "took"):
            table.add_column(heading, justify="left" if heading in ("mandate", "cause") else "right", no_wrap=True)
        for fact in facts:
            table.add_row(
                fact.name,
                cause(fact),
                usdc(fact.paid),
                spent(fact),
                str(fact.block_number),
                f"{fact.latency_ms} ms, {blocks(fact.latency_blocks)}",
            )
        self.console.print()
        self.console.print(table)

    def checks(self, checks: Iterable[Check]) -> None:
        self.console.print()
        for check in checks:
            sign, style = ("✓", "green") if check.passed else ("✗", "bold red")
            self.console.print(
                Text.assemble(
                    "   ",
                    (f"{sign} ", style),
                    (check.name, "" if check.passed else "bold red"),
                    (f"  {check.detail}", "dim"),
                )
            )

    def end(self, words: str, *, good: bool) -> None:
        self.console.print()
        self.console.print(
            Rule(Text(f" {words} ", style="bold green" if good else "bold red"), style="cyan", characters="━")
        )


def stage_on(console: Console) -> Stage:
    return Stage(console)


def dollars(answer: int) -> str:
    return f"{answer / 10**FEED_DECIMALS:,.2f}"


def usdc(base_units: int) -> str:
    return f"{base_units / USDC:,.2f}"


def weth(base_units: int) -> str:
    return f"{base_units / WETH:,.4f}".rstrip("0").rstrip(".")


def percent(bps: int | None) -> str:
    return "∞" if bps is None else f"{bps / 100:.1f} %"


def blocks(count: int) -> str:
    return "1 block" if count == 1 else f"{count} blocks"


def spent(fact: TriggerFact) -> str:
    return f"{weth(fact.spent)} WETH" if fact.paid_from == "collateral" else f"{usdc(fact.spent)} USDC"


def amounts(fact: TriggerFact) -> str:
    in_kind = f" with {spent(fact)}" if fact.paid_from == "collateral" else ""
    return f"{usdc(fact.paid)} USDC{in_kind}"


def cause(fact: TriggerFact) -> str:
    if fact.round is not None:
        return f"round {fact.round.number}: {dollars(fact.round.answer)}"
    return "its due date"


def _bar(ltv_bps: int | None) -> Text:
    """Debt over value from 40 % to 80 %, where the line could be liquidated."""
    shown = BAR_TO_BPS if ltv_bps is None else min(max(ltv_bps, BAR_FROM_BPS), BAR_TO_BPS)
    eighths = (shown - BAR_FROM_BPS) * BAR_CELLS * 8 // (BAR_TO_BPS - BAR_FROM_BPS)
    filled = "█" * (eighths // 8) + (" ▏▎▍▌▋▊▉"[eighths % 8].strip() if eighths % 8 else "")
    style = "green"
    if ltv_bps is None or ltv_bps > IN_KIND_LTV_BPS:
        style = "red"
    elif ltv_bps > RESERVE_THRESHOLD_BPS:
        style = "yellow"
    return Text.assemble((filled, style), ("·" * (BAR_CELLS - len(filled)), "dim"))
