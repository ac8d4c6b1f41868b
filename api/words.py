"""Amounts, spans and moments as people read them before they sign."""

from __future__ import annotations

from api.wire import Instant, TokenAmount


def amount(of: TokenAmount) -> str:
    """`1,234.5 USDC`; base units of a token without known decimals."""
    if of.decimals is None:
        return f"{of.base_units} base units of {of.token}"
    whole, fraction = divmod(of.base_units, 10**of.decimals)
    digits = f"{fraction:0{of.decimals}d}".rstrip("0") if of.decimals else ""
    return f"{whole:,}{'.' + digits if digits else ''} {of.token}"


def hours(count: int) -> str:
    """`30 days`, or `5 hours` of what makes no whole days."""
    number, unit = (count // 24, "day") if count and count % 24 == 0 else (count, "hour")
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


def moment(epoch_s: int) -> str:
    """`2030-01-01 00:00:00 UTC`."""
    written = Instant.of_block_time(epoch_s).rfc3339
    return "after the year 9999" if written is None else written.replace("T", " ").replace("Z", " UTC")
