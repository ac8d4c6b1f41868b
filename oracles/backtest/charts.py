"""The charts of a back-test's report, as SVG that stands in the page itself: no script, no font, no other host.

Lines and words have the colour of the page's text, light or dark. matplotlib draws them (the extra ``backtest``); it is
imported when a chart is drawn, since nothing else needs it.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from oracles.backtest.outcome import BAND_TOPS_BPS, Act, Event
from oracles.backtest.path import Decimals
from oracles.backtest.run import Played
from orchestrator.credit.units import PriceE36
from orchestrator.errors import CovenantError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_INCHES: Final = (9.0, 3.0)
DAY_S: Final = 86_400
BUCKETS: Final = 60
"""Bars of a chart over time."""

COLOURS: Final = {
    Act.BILL: "#2f6f8f",
    Act.LTV_RESERVE: "#5aa469",
    Act.LTV_IN_KIND: "#b5a642",
    Act.BORROWER: "#9aa5b1",
    Act.LIQUIDATION: "#c0392b",
}
BAND_COLOURS: Final = ("#d9e8d4", "#b7d7a8", "#f3e2a0", "#f0c36d", "#e69138", "#d9534f", "#7f1d1d")


INK: Final = "#010203"
"""Stands for the colour of the page's text until the SVG is written."""
STYLE: Final[dict[Any, Any]] = {
    **dict.fromkeys(("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color"), INK),
    "svg.hashsalt": "covenant",  # ids from a fixed salt: the same bytes for the same figure
    "svg.fonttype": "none",
}

LTV_BIN_BPS: Final = 500
LTV_BINS: Final = 21
"""The last one holds all from 100 % on, and debts with nothing behind them."""


class ChartsMissing(CovenantError):
    """matplotlib is not installed."""


def price_chart(played: Played, decimals: Decimals) -> str:
    """The price, and a mark where lines were liquidated."""
    figure, axes = _over_time("price, in loan tokens")
    times = [_day(at) for at in played.path.times]
    prices = [_whole_price(price, decimals) for price in played.path.prices]
    axes.plot(times, prices, color=INK, linewidth=0.8, label="price")
    at_time = dict(zip(played.path.times, prices, strict=True))
    liquidated = sorted({event.at for event in _events(played) if event.act is Act.LIQUIDATION})
    axes.scatter(
        [_day(at) for at in liquidated],
        [at_time[at] for at in liquidated],
        s=9,
        color=COLOURS[Act.LIQUIDATION],
        zorder=3,
        label="liquidations",
    )
    _name(figure)
    return _svg(figure, "The price over time, with marks where lines were liquidated")


def bands_chart(played: Played, decimals: Decimals) -> str:
    """Debt by band of LTV, stacked."""
    figure, axes = _over_time("debt, in loan tokens")
    times = [_day(played.path.times[index]) for index in played.bands.samples]
    tops = [f"{top // 100} %" for top in BAND_TOPS_BPS]
    between = (f"{low} to {high}" for low, high in pairwise(tops))
    labels = [f"up to {tops[0]}", *between, f"above {tops[-1]}"]
    columns = [[row[band] / 10**decimals.loan for row in played.bands.debts] for band in range(len(labels))]
    axes.stackplot(times, columns, labels=labels, colors=BAND_COLOURS)
    _name(figure)
    return _svg(figure, "Debt over time, by band of loan-to-value")


def repayments_chart(played: Played, decimals: Decimals) -> str:
    """What was repaid over time, by what paid it, stacked."""
    figure, axes = _over_time("repaid, in loan tokens")
    start, width_s = _buckets(played)
    bottoms = [0.0] * BUCKETS
    for act, colour in COLOURS.items():
        heights = [0.0] * BUCKETS
        for event in _events(played):
            if event.act is act:
                heights[_bucket(event, start, width_s)] += event.paid / 10**decimals.loan
        _bars(axes, start, width_s, heights, bottoms, act.value, colour)
        bottoms = [a + b for a, b in zip(bottoms, heights, strict=True)]
    _name(figure)
    return _svg(figure, "What was repaid over time, by what paid it")


def losses_chart(played: Played, decimals: Decimals) -> str:
    """What was written off over time, added up."""
    figure, axes = _over_time("written off, in loan tokens, added up")
    losses = sorted((event.at, event.shortfall) for event in _events(played) if event.shortfall)
    times, total = [_day(played.path.times[0])], [0.0]
    for at, shortfall in losses:
        times.append(_day(at))
        total.append(total[-1] + shortfall / 10**decimals.loan)
    axes.step([*times, _day(played.path.times[-1])], [*total, total[-1]], where="post", color=COLOURS[Act.LIQUIDATION])
    axes.set_ylim(bottom=0)
    return _svg(figure, "What was written off over time, added up")


def worst_ltv_chart(played: Played) -> str:
    """How many lines came how far: a histogram of each line's worst LTV."""
    figure, axes = _axes("lines")
    counts = [0] * LTV_BINS
    for outcome in played.outcomes:
        if outcome.worst is not None:
            ltv_bps = outcome.worst.ltv_bps
            counts[LTV_BINS - 1 if ltv_bps is None else min(ltv_bps // LTV_BIN_BPS, LTV_BINS - 1)] += 1
    lows = [number * LTV_BIN_BPS / 100 for number in range(LTV_BINS)]
    width = LTV_BIN_BPS / 100
    axes.bar(lows, counts, width=0.9 * width, align="edge", color=COLOURS[Act.BILL])
    axes.set_xticks(lows[::2], [f"{low:.0f}" for low in lows[:-1:2]] + ["100 and more"])
    axes.set_xlabel("worst loan-to-value of a line, in per cent", fontsize=8)
    return _svg(figure, "Lines by their worst loan-to-value")


def _axes(label: str) -> tuple[Figure, Axes]:
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise ChartsMissing(
            "the report needs matplotlib, which is not installed",
            "pip install 'covenant[backtest]', or leave --out away",
        ) from None
    with rc_context(STYLE):
        figure = Figure(figsize=SIZE_INCHES, layout="constrained")
        axes = figure.subplots()
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(labelsize=8)
        axes.set_ylabel(label, fontsize=8)
        axes.yaxis.set_major_formatter("{x:,.0f}")
    return figure, axes


def _over_time(label: str) -> tuple[Figure, Axes]:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    figure, axes = _axes(label)
    axes.xaxis_date()
    locator = AutoDateLocator()  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))  # type: ignore[no-untyped-call]
    axes.set_xlabel("time, UTC", fontsize=8)
    return figure, axes


def _name(figure: Figure) -> None:
    """What the colours mean, below the chart, where it covers nothing."""
    figure.legend(frameon=False, fontsize=7, ncols=7, loc="outside lower center", labelcolor=INK)


def _svg(figure: Figure, name: str) -> str:
    """An image with a name for whoever does not see it; without a date, so the same bytes for the same figure."""
    from matplotlib import rc_context

    out = io.StringIO()
    with rc_context(STYLE):
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    image = f'<svg role="img" aria-label="{escape(name)}"' + text[text.index("<svg") + len("<svg") :]
    return image.replace(INK, "currentColor")


def _bars(
    axes: Axes, start: int, width_s: int, heights: Sequence[float], bottoms: Sequence[float], label: str, colour: str
) -> None:
    middles = [_day(start + i * width_s + width_s // 2) for i in range(BUCKETS)]
    axes.bar(middles, heights, width=0.9 * _day(width_s), bottom=bottoms, label=label, color=colour)


def _buckets(played: Played) -> tuple[int, int]:
    start = played.path.times[0]
    return start, max(1, (played.path.times[-1] - start) // BUCKETS + 1)


def _bucket(event: Event, start: int, width_s: int) -> int:
    return (event.at - start) // width_s


def _events(played: Played) -> list[Event]:
    return [event for outcome in played.outcomes for event in outcome.events]


def _whole_price(price: PriceE36, decimals: Decimals) -> float:
    """One whole collateral token in whole loan tokens, for the eye."""
    return price / float(10 ** (36 + decimals.loan - decimals.collateral))


def _day(at: int) -> float:
    """matplotlib's dates are days since 1970."""
    return at / DAY_S
