"""What must be true when the curtain falls. In a story of its own the demo also knows what must have happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orchestrator.chain.quantities import integer
from scripts.demo.cast import Cast
from scripts.demo.facts import Check, Facts, Reconciled
from scripts.demo.scenario import DEAL
from scripts.demo.stage import usdc, weth

EXPECTED = {
    "ltv from reserve": "the reserve brought the debt down when the price fell",
    "ltv from collateral": "collateral paid in kind when the reserve was not enough",
    "due from reserve": "the reserve met a bill on its due date",
}


async def judge(cast: Cast, facts: Facts, *, plot_is_known: bool) -> None:
    """Adds every check to `facts.checks`, and a last comparison of mirror and chain to `facts.reconciliations`."""
    height = integer(await cast.rpc.call("eth_blockNumber"))
    line = await cast.service.get(f"/v1/lines/{facts.line_id}", min_block=height)
    payments = await cast.service.every(f"/v1/lines/{facts.line_id}/payments")
    facts.reconciliations.append(Reconciled.of(await cast.compare_mirror()))
    if plot_is_known:
        facts.checks += plot(facts)
    facts.checks += [
        fired_by_the_service(facts, cast.keeper),
        bills_in_time(facts),
        closed(line),
        paid_back(payments),
        *conserved(facts),
        mirror_is_equal(facts),
    ]


def plot(facts: Facts) -> Iterator[Check]:
    for name, words in EXPECTED.items():
        fired = [fact for fact in facts.triggers if fact.name == name]
        yield Check(words, bool(fired), "once" if len(fired) == 1 else f"{len(fired)} times")
    order = [fact.paid_from for fact in facts.triggers if fact.mandate == "ltv"]
    yield Check("the reserve paid before any collateral did", order[:1] == ["reserve"], "")


def escrow_adds_up(line: Mapping[str, Any], in_vault: Mapping[str, int]) -> Check:
    """Of the only line: what the mirror says it has in escrow is what the vault holds, base unit for base unit."""
    held = {name: int(amount["base_units"]) for name, amount in line["balances"].items()}
    mirrored = {
        "USDC": held["undrawn"] + held["reserve"] + held["claim_loan"],
        "WETH": held["collateral"] + held["claim_collateral"],
    }
    return Check(
        "mirror and vault agreed on the escrow while money was at work",
        mirrored == in_vault,
        f"{usdc(in_vault['USDC'])} USDC, {weth(in_vault['WETH'])} WETH",
    )


def closed(line: Mapping[str, Any]) -> Check:
    debt = int(line["owed"]["debt"]["base_units"])
    held = {name: int(amount["base_units"]) for name, amount in line["balances"].items()}
    return Check(
        "the line is closed, and neither owes nor holds anything",
        line["status"] == "closed" and debt == 0 and not any(held.values()) and line["holder"] is None,
        f"status {line['status']}, debt {usdc(debt)} USDC",
    )


def paid_back(payments: list[dict[str, Any]]) -> Check:
    principal = sum(int(payment["principal"]["base_units"]) for payment in payments)
    charges = sum(int(payment["charges"]["base_units"]) for payment in payments)
    return Check(
        f"{len(payments)} payments add up to the principal drawn",
        principal == DEAL.drawn,
        f"{usdc(principal)} USDC, and {usdc(charges)} of charges",
    )


def conserved(facts: Facts) -> Iterator[Check]:
    for symbol, shown in (("USDC", usdc), ("WETH", weth)):
        before, after = facts.holdings_before[symbol], facts.holdings_after[symbol]
        yield Check(
            f"every {symbol} is accounted for",
            after.unaccounted == before.unaccounted == 0
            and after.supply == before.supply
            and not after.balances["vault"],
            f"{shown(after.supply)}, of which {shown(after.balances['vault'])} in the vault",
        )


def fired_by_the_service(facts: Facts, keeper: str) -> Check:
    others = {fact.keeper for fact in facts.triggers} - {keeper}
    return Check(
        "the service's keeper fired every mandate, and nobody else did",
        not others,
        f"{len(facts.triggers)} of {len(facts.triggers)}" if not others else f"also {sorted(others)}",
    )


def bills_in_time(facts: Facts) -> Check:
    bills = [fact for fact in facts.triggers if fact.mandate == "due"]
    late = [fact for fact in bills if fact.latency_blocks > 2]
    return Check("no bill was paid more than two blocks after its due date", not late, f"of {len(bills)}")


def mirror_is_equal(facts: Facts) -> Check:
    differences = [difference for one in facts.reconciliations for difference in one.differences]
    compared = ", ".join(f"{one.facts_compared} facts at block {one.block_number}" for one in facts.reconciliations)
    return Check(
        "the mirror equals the chain, to the wei",
        bool(facts.reconciliations) and not differences,
        f"{len(differences)} differ, first {differences[0]}" if differences else compared,
    )
