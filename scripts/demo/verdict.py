"""What must be true when the curtain falls. In a story of its own the demo also knows what must have happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.chain.reader import ChainReader
from orchestrator.db.session import open_engine
from orchestrator.mirror.decode import load_codecs
from orchestrator.mirror.reconcile import Report, reconcile
from scripts.demo.cast import Cast
from scripts.demo.facts import Check, Facts
from scripts.demo.scenario import DEAL
from scripts.demo.stage import usdc, weth

EXPECTED = {
    "ltv from reserve": "the reserve brought the debt down when the price fell",
    "ltv from collateral": "collateral paid in kind when the reserve was not enough",
    "due from reserve": "the reserve met a bill on its due date",
}


async def judge(cast: Cast, facts: Facts, database_url: str, *, plot_is_known: bool) -> None:
    """Adds every check to `facts.checks`, and the reconciliation to `facts.reconciliation`."""
    height = int(await cast.rpc.call("eth_blockNumber"), 16)
    line = await cast.service.get(f"/v1/lines/{facts.line_id}", min_block=height)
    payments = await cast.service.every(f"/v1/lines/{facts.line_id}/payments")
    report = await _reconcile(cast, database_url)
    facts.reconciliation = {
        "block_number": report.block.number,
        "block_hash": report.block.hash,
        "facts_compared": report.facts_compared,
        "differences": [f"{one.subject} {one.field}: {one.mirror} ≠ {one.chain}" for one in report.differences],
    }
    if plot_is_known:
        facts.checks += _plot(facts)
    facts.checks += [
        _closed(line),
        _paid_back(payments),
        *_conserved(facts),
        _bills_in_time(facts),
        _mirror_is_equal(report),
    ]


async def _reconcile(cast: Cast, database_url: str) -> Report:
    """By the service's own code, at the mirror's newest block, over a connection of our own."""
    engine = open_engine(database_url, process="demo")
    try:
        return await reconcile(
            engine, ChainReader(cast.rpc), cast.book.chain_id, cast.book.vault.lower(), load_codecs()
        )
    finally:
        await engine.dispose()


def _plot(facts: Facts) -> Iterator[Check]:
    for name, words in EXPECTED.items():
        fired = [fact for fact in facts.triggers if fact.name == name]
        yield Check(words, bool(fired), "once" if len(fired) == 1 else f"{len(fired)} times")
    order = [fact.paid_from for fact in facts.triggers if fact.mandate == "ltv"]
    yield Check("the reserve paid before any collateral did", order[:1] == ["reserve"], "")


def _closed(line: Mapping[str, Any]) -> Check:
    debt = int(line["owed"]["debt"]["base_units"])
    held = {name: int(amount["base_units"]) for name, amount in line["balances"].items()}
    return Check(
        "the line is closed, and neither owes nor holds anything",
        line["status"] == "closed" and debt == 0 and not any(held.values()) and line["holder"] is None,
        f"status {line['status']}, debt {usdc(debt)} USDC",
    )


def _paid_back(payments: list[dict[str, Any]]) -> Check:
    principal = sum(int(payment["principal"]["base_units"]) for payment in payments)
    charges = sum(int(payment["charges"]["base_units"]) for payment in payments)
    return Check(
        f"{len(payments)} payments add up to the principal drawn",
        principal == DEAL.drawn,
        f"{usdc(principal)} USDC, and {usdc(charges)} of charges",
    )


def _conserved(facts: Facts) -> Iterator[Check]:
    for symbol, shown in (("USDC", usdc), ("WETH", weth)):
        before, after = facts.holdings_before[symbol], facts.holdings_after[symbol]
        yield Check(
            f"every {symbol} is accounted for",
            after.unaccounted == before.unaccounted == 0
            and after.supply == before.supply
            and not after.balances["vault"],
            f"{shown(after.supply)}, of which {shown(after.balances['vault'])} in the vault",
        )


def _bills_in_time(facts: Facts) -> Check:
    bills = [fact for fact in facts.triggers if fact.mandate == "due"]
    late = [fact for fact in bills if fact.latency_blocks > 2]
    return Check("no bill was paid more than two blocks after its due date", not late, f"of {len(bills)}")


def _mirror_is_equal(report: Report) -> Check:
    differences = "" if report.equal else f", {len(report.differences)} differ: {report.differences[0]}"
    return Check(
        "the mirror equals the chain, to the wei",
        report.equal,
        f"{report.facts_compared} facts at block {report.block.number}{differences}",
    )
