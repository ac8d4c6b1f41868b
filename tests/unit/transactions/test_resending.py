"""What is done about a transaction that is not mined: wait, send it again, replace it."""

import uuid
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.transactions.confirmations import Finding, Verdict
from orchestrator.transactions.fees import FeeMarket, Fees
from orchestrator.transactions.intents import Flight, SignedAttempt
from orchestrator.transactions.node import View
from orchestrator.transactions.resending import Action, Decision, SendPolicy, decide
from orchestrator.transactions.states import IntentStatus

GWEI = 10**9
POLICY = SendPolicy(max_fee_per_gas_wei=100 * GWEI, replace_after_blocks=3)


def waiting(*, max_fee_gwei: int = 20, was_broadcast: bool = True, nonce: int = 7) -> Finding:
    fees = Fees(max_fee_gwei * GWEI, GWEI)
    attempt = SignedAttempt(1, "0x" + "aa" * 32, b"", fees, False, was_broadcast)
    flight = Flight(
        uuid.uuid4(), IntentStatus.BROADCAST, nonce, None, None, datetime(2026, 1, 1, tzinfo=UTC), (attempt,)
    )
    return Finding(flight, Verdict.WAITING, None)


def chain(*, base_fee_gwei: int = 10, nonce_at_head: int = 7) -> View:
    return View(100, 98, nonce_at_head, nonce_at_head, FeeMarket(base_fee_gwei * GWEI, GWEI), 30_000_000)


def decided(finding: Finding, view: View, *, known: bool = True, blocks_waited: int = 0) -> Decision:
    return decide(finding, view, known=known, blocks_waited=blocks_waited, policy=POLICY)


def test_a_transaction_that_can_be_mined_and_is_known_is_waited_for() -> None:
    assert decided(waiting(), chain(), blocks_waited=2) == Decision(Action.WAIT)


def test_what_was_never_sent_is_sent() -> None:
    assert decided(waiting(was_broadcast=False), chain(), known=False).action is Action.BROADCAST


def test_what_the_node_forgot_is_sent_again() -> None:
    assert decided(waiting(), chain(), known=False) == Decision(Action.BROADCAST)


def test_the_next_in_line_is_replaced_when_blocks_went_by_without_it() -> None:
    decision = decided(waiting(), chain(), blocks_waited=3)
    assert decision == Decision(Action.REPLACE, Fees(22_500_000_000, 1_125_000_000))


def test_one_further_back_waits_for_those_before_it() -> None:
    assert decided(waiting(nonce=8), chain(), blocks_waited=50) == Decision(Action.WAIT)


def test_what_the_base_fee_outgrew_is_replaced_at_once_wherever_it_stands() -> None:
    decision = decided(waiting(nonce=8), chain(base_fee_gwei=40))
    assert decision == Decision(Action.REPLACE, Fees(81 * GWEI, 1_125_000_000))


@pytest.mark.parametrize("known", [True, False])
def test_at_the_cap_it_waits_until_fees_fall(known: bool) -> None:
    decision = decided(waiting(max_fee_gwei=95), chain(base_fee_gwei=120), known=known)
    assert decision == Decision(Action.WAIT, at_cap=True)


def test_at_the_cap_it_is_still_sent_again_once_it_can_be_mined() -> None:
    decision = decided(waiting(max_fee_gwei=95), chain(base_fee_gwei=90), known=False, blocks_waited=9)
    assert decision == Decision(Action.BROADCAST, at_cap=True)


@given(st.integers(1, 99), st.integers(0, 300), st.booleans(), st.integers(0, 10))
def test_a_replacement_has_fees_and_nothing_else_has(max_fee: int, base_fee: int, known: bool, waited: int) -> None:
    decision = decided(waiting(max_fee_gwei=max_fee), chain(base_fee_gwei=base_fee), known=known, blocks_waited=waited)
    assert (decision.fees is not None) is (decision.action is Action.REPLACE)
    if decision.fees is not None:
        assert max_fee * GWEI < decision.fees.max_fee_per_gas_wei <= POLICY.max_fee_per_gas_wei
