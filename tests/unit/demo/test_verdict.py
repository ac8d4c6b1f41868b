"""What makes a demo fail: each check passes on what is right, and on nothing else."""

import json
from dataclasses import replace
from typing import Any

import pytest

from scripts.demo.facts import Check, Facts, Reconciled, RoundCause, TriggerFact
from scripts.demo.ledger import Holdings
from scripts.demo.scenario import DEAL
from scripts.demo.verdict import (
    EXPECTED,
    bills_in_time,
    closed,
    conserved,
    escrow_adds_up,
    fired_by_the_service,
    mirror_is_equal,
    paid_back,
    plot,
)

KEEPER = "0x" + "11" * 20
ROUND = RoundCause(number=14, round_id=2**64 + 14, answer=16_815_000_000, updated_at=1, block_number=35)

FIRED = TriggerFact(
    trigger_id="a",
    mandate="ltv",
    paid_from="reserve",
    mandate_hash="0x" + "ab" * 32,
    occurrence=0,
    round=ROUND,
    due_at=None,
    paid=29_970_029_971,
    spent=30_000_000_000,
    keeper=KEEPER,
    tx_hash="0x" + "cd" * 32,
    block_number=36,
    latency_ms=120,
    latency_blocks=1,
    why="",
)
IN_KIND = replace(FIRED, paid_from="collateral")
BILL = replace(FIRED, mandate="due", round=None, due_at=5)

LINE: dict[str, Any] = {
    "status": "closed",
    "holder": None,
    "owed": {"debt": {"base_units": "0"}},
    "balances": {
        name: {"base_units": "0"}
        for name in ("principal", "undrawn", "collateral", "reserve", "claim_loan", "claim_collateral")
    },
}


def facts(**fields: Any) -> Facts:
    filled = Facts("something")
    for name, value in fields.items():
        setattr(filled, name, value)
    return filled


def holdings(symbol: str, supply: int, **balances: int) -> Holdings:
    return Holdings(symbol, {"lender": 0, "borrower": 0, "vault": 0} | balances, supply)


def in_balance(**changes: Any) -> Facts:
    usdc, weth = holdings("USDC", 10, lender=10), holdings("WETH", 5, borrower=5)
    after = {"USDC": holdings("USDC", 10, lender=4, borrower=6), "WETH": weth}
    return facts(holdings_before={"USDC": usdc, "WETH": weth}, holdings_after=after | changes)


def verdicts(checks: Any) -> list[bool]:
    return [check.passed for check in checks]


def test_a_story_with_all_its_turns_passes() -> None:
    assert verdicts(plot(facts(triggers=[FIRED, IN_KIND, BILL]))) == [True] * 4


@pytest.mark.parametrize(("missing", "name"), [(FIRED, 0), (IN_KIND, 1), (BILL, 2)])
def test_a_turn_that_did_not_happen_is_missed(missing: TriggerFact, name: int) -> None:
    left = [one for one in (FIRED, IN_KIND, BILL) if one is not missing]
    checks = list(plot(facts(triggers=left)))
    assert not checks[name].passed
    assert checks[name].name == list(EXPECTED.values())[name]


def test_collateral_may_not_pay_before_the_reserve() -> None:
    assert verdicts(plot(facts(triggers=[IN_KIND, FIRED, BILL])))[-1] is False


def test_somebody_else_who_fires_is_noticed() -> None:
    assert fired_by_the_service(facts(triggers=[FIRED, BILL]), KEEPER).passed
    stranger = replace(BILL, keeper="0x" + "22" * 20)
    check = fired_by_the_service(facts(triggers=[FIRED, stranger]), KEEPER)
    assert not check.passed
    assert "0x2222" in check.detail


def test_a_bill_that_was_paid_late_is_noticed() -> None:
    assert bills_in_time(facts(triggers=[FIRED, BILL])).passed
    assert not bills_in_time(facts(triggers=[FIRED, replace(BILL, latency_blocks=3)])).passed


def test_a_closed_line_holds_and_owes_nothing() -> None:
    assert closed(LINE).passed
    assert not closed(LINE | {"status": "current"}).passed
    assert not closed(LINE | {"owed": {"debt": {"base_units": "1"}}}).passed
    assert not closed(LINE | {"balances": LINE["balances"] | {"reserve": {"base_units": "1"}}}).passed
    assert not closed(LINE | {"holder": KEEPER}).passed


def test_payments_add_up_to_what_was_drawn() -> None:
    def payment(principal: int) -> dict[str, Any]:
        return {"principal": {"base_units": str(principal)}, "charges": {"base_units": "7"}}

    assert paid_back([payment(DEAL.drawn - 5), payment(5)]).passed
    assert not paid_back([payment(DEAL.drawn - 5), payment(4)]).passed


def test_tokens_are_neither_lost_nor_made() -> None:
    assert verdicts(conserved(in_balance())) == [True, True]
    assert verdicts(conserved(in_balance(USDC=holdings("USDC", 10, lender=9)))) == [False, True]
    assert verdicts(conserved(in_balance(USDC=holdings("USDC", 11, lender=11)))) == [False, True]
    assert verdicts(conserved(in_balance(WETH=holdings("WETH", 5, borrower=4, vault=1)))) == [True, False]


def test_the_escrow_is_compared_unit_by_unit() -> None:
    held = {"undrawn": "3", "reserve": "4", "claim_loan": "5", "collateral": "6", "claim_collateral": "7"}
    line = {"balances": {name: {"base_units": amount} for name, amount in held.items()}}
    assert escrow_adds_up(line, {"USDC": 12, "WETH": 13}).passed
    assert not escrow_adds_up(line, {"USDC": 12, "WETH": 12}).passed


def test_one_difference_at_any_time_fails_the_comparison_with_the_chain() -> None:
    equal = Reconciled(60, "0x" + "ab" * 32, 13, ())
    different = replace(equal, differences=("line 1 stateHash: 0x1 ≠ 0x2",))
    assert mirror_is_equal(facts(reconciliations=[equal, equal])).passed
    assert not mirror_is_equal(facts(reconciliations=[different, equal])).passed
    assert not mirror_is_equal(facts(reconciliations=[])).passed


def test_a_demo_passes_only_if_something_was_checked_and_nothing_failed() -> None:
    good, bad = Check("a", True, ""), Check("b", False, "")
    assert not facts().passed
    assert facts(checks=[good]).passed
    assert not facts(checks=[good, bad]).passed


def test_amounts_are_decimal_strings_in_the_report() -> None:
    whole = facts(triggers=[FIRED], holdings_after={"USDC": holdings("USDC", 10, lender=10)}, line_id=1)
    report = json.loads(json.dumps(whole.to_json()))
    (fired,) = report["triggers"]
    assert (fired["paid"], fired["spent"]) == ("29970029971", "30000000000")
    assert (fired["round"]["round_id"], fired["round"]["answer"]) == (str(2**64 + 14), "16815000000")
    assert report["holdings_after"]["USDC"] == {
        "symbol": "USDC",
        "balances": {"lender": "10", "borrower": "0", "vault": "0"},
        "supply": "10",
    }
    assert (report["line_id"], report["passed"]) == (1, False)
