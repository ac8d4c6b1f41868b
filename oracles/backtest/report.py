"""The report of a back-test: one HTML file that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from string import Template
from typing import Final

from oracles.backtest.charts import bands_chart, losses_chart, price_chart, repayments_chart, worst_ltv_chart
from oracles.backtest.outcome import TRIGGERS, Act, Outcome
from oracles.backtest.path import Decimals
from oracles.backtest.run import Played
from oracles.backtest.summary import Summary

PAGE: Final = Path(__file__).with_name("report.html")


def write_report(played: Played, summary: Summary, decimals: Decimals, path: Path) -> None:
    """Raises ChartsMissing without matplotlib."""
    path.write_text(render_report(played, summary, decimals), encoding="utf-8")


def render_report(played: Played, summary: Summary, decimals: Decimals) -> str:
    """The page as text: the same for the same back-test."""
    return Template(PAGE.read_text(encoding="utf-8")).substitute(
        lines=f"{summary.lines:,}",
        rounds=f"{summary.rounds:,}",
        period=f"{instant(summary.from_s)} to {instant(summary.to_s)}",
        headline=escape(headline(summary, decimals)),
        words=escape(in_words(summary, decimals)),
        samples=len(played.bands.samples),
        acts=_rows((act.value, f"{count:,}", tokens(paid, decimals)) for act, (count, paid) in summary.acts.items()),
        ended=_rows((status.replace("_", " "), f"{count:,}") for status, count in summary.ended.items()),
        worst=_rows(_worst_row(outcome, decimals) for outcome in summary.worst),
        price=price_chart(played, decimals),
        bands=bands_chart(played, decimals),
        repayments=repayments_chart(played, decimals),
        losses=losses_chart(played, decimals),
        worst_ltv=worst_ltv_chart(played),
    )


def headline(summary: Summary, decimals: Decimals) -> str:
    """One sentence for people."""
    worst = ltv(summary.worst[0]) if summary.worst else "none"
    return (
        f"{summary.triggers:,} triggers, {summary.liquidations:,} liquidations, {summary.shortfalls:,} shortfalls of "
        f"{tokens(summary.shortfall, decimals)} loan tokens together, worst LTV {worst}."
    )


def in_words(summary: Summary, decimals: Decimals) -> str:
    """What a credit analyst asks first: who paid, who lost, and what is still open."""
    by_mandates = sum(summary.acts[act][1] for act in TRIGGERS)
    at_stake = summary.paid + summary.shortfall + summary.debt
    losses = (
        f"{summary.shortfalls:,} of them ended with debt that nothing was behind: "
        f"{tokens(summary.shortfall, decimals)}, which is {share(summary.shortfall, at_stake)} of all debt there was"
        if summary.shortfalls
        else "none of them ended with debt that nothing was behind"
    )
    return (
        f"{tokens(summary.paid, decimals)} loan tokens were repaid, "
        f"{share(by_mandates, summary.paid)} of it by mandates. {summary.liquidated:,} of {summary.lines:,} lines "
        f"({share(summary.liquidated, summary.lines)}) were liquidated at least once; {losses}. "
        f"{tokens(summary.debt, decimals)} is still owed at the end."
    )


def share(part: int, whole: int) -> str:
    """In per cent with two digits, rounded down."""
    hundredths = part * 10_000 // whole if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d} %"


def tokens(amount: int, decimals: Decimals) -> str:
    """Whole loan tokens with two digits, rounded down: 12,345.67."""
    cents = amount * 100 // 10**decimals.loan
    return f"{cents // 100:,}.{cents % 100:02d}"


def ltv(outcome: Outcome) -> str:
    """The worst LTV of a line in per cent."""
    if outcome.worst is None:
        return "never open"
    bps = outcome.worst.ltv_bps
    return "nothing behind it" if bps is None else f"{bps / 100:.2f} %"


def instant(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _worst_row(outcome: Outcome, decimals: Decimals) -> Sequence[str]:
    return (
        str(outcome.line_id),
        ltv(outcome),
        instant(outcome.worst.at) if outcome.worst else "",
        f"{outcome.count(*TRIGGERS):,}",
        f"{outcome.count(Act.LIQUIDATION):,}",
        tokens(outcome.shortfall, decimals),
        outcome.status.replace("_", " "),
    )


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "\n".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
