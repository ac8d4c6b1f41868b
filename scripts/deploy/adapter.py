"""What an oracle adapter is made with (contract: `OracleConfig`), from the declaration of its market."""

from __future__ import annotations

from typing import Any

from scripts.deploy.declaration import ZERO_ADDRESS, Declaration, Market

NO_FEED = {"feed": ZERO_ADDRESS, "heartbeat": 0, "margin": 0}


def oracle_config(declaration: Declaration, market: Market) -> dict[str, Any]:
    """The constructor's argument, and what `config()` of the adapter must answer, but for the case of its addresses."""
    oracle = market.oracle
    return {
        "loanToken": declaration.tokens[market.loan].address,
        "collateralToken": declaration.tokens[market.collateral].address,
        "base": _feed(declaration, oracle.price),
        "quote": _feed(declaration, oracle.quote),
        "crossCheck": _feed(declaration, oracle.cross_check),
        "sequencer": oracle.sequencer or ZERO_ADDRESS,
        "sequencerGrace": oracle.sequencer_grace_s,
        "maxDeviationBps": oracle.max_deviation_bps,
        "minPriceE36": declaration.price_e36(market, oracle.min_price),
        "maxPriceE36": declaration.price_e36(market, oracle.max_price),
    }


def _feed(declaration: Declaration, pair: str | None) -> dict[str, Any]:
    if pair is None:
        return NO_FEED
    feed = declaration.feeds[pair]
    return {"feed": feed.address, "heartbeat": feed.heartbeat_s, "margin": feed.margin_s}
