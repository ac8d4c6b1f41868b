"""What became of a transaction, by receipts and nonces."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.transactions.confirmations import Verdict, judge
from orchestrator.transactions.fees import FeeMarket, Fees
from orchestrator.transactions.intents import Flight, SignedAttempt
from orchestrator.transactions.node import Receipt, View
from orchestrator.transactions.states import IntentStatus

FIRST, SECOND = "0x" + "aa" * 32, "0x" + "bb" * 32
BLOCK, OTHER_BLOCK = "0x" + "11" * 32, "0x" + "22" * 32
ATTEMPTS = tuple(
    SignedAttempt(n, tx_hash, b"", Fees(2, 1), False, True) for n, tx_hash in enumerate((FIRST, SECOND), 1)
)
SENT = Flight(uuid.uuid4(), IntentStatus.BROADCAST, 7, None, None, datetime(2026, 1, 1, tzinfo=UTC), ATTEMPTS)
MINED = replace(SENT, status=IntentStatus.MINED, mined_tx_hash=FIRST, mined_block_hash=BLOCK)


def at(*, head: int = 100, finalized: int = 90, nonce_at_head: int = 7, nonce_at_finalized: int = 7) -> View:
    return View(head, finalized, nonce_at_head, nonce_at_finalized, FeeMarket(1, 1), 30_000_000)


def receipt(tx_hash: str = FIRST, number: int = 99, block_hash: str = BLOCK) -> dict[str, Receipt]:
    return {tx_hash: Receipt(tx_hash, number, block_hash, True, 21_000, 10**9, ())}


def test_without_a_receipt_it_is_waited_for() -> None:
    assert judge(SENT, {}, at()).verdict is Verdict.WAITING


@pytest.mark.parametrize("tx_hash", [FIRST, SECOND])
def test_any_of_its_attempts_may_be_the_one_that_is_mined(tx_hash: str) -> None:
    finding = judge(SENT, receipt(tx_hash), at(nonce_at_head=8))
    assert finding.verdict is Verdict.MINED
    assert finding.receipt is not None
    assert finding.receipt.tx_hash == tx_hash


def test_a_block_that_is_known_already_is_no_news_and_another_one_is() -> None:
    assert judge(MINED, receipt(), at(nonce_at_head=8)).verdict is Verdict.WAITING
    assert judge(MINED, receipt(block_hash=OTHER_BLOCK), at(nonce_at_head=8)).verdict is Verdict.MINED


def test_it_is_final_in_the_finalized_block_and_not_in_the_next() -> None:
    assert judge(MINED, receipt(number=90), at(nonce_at_head=8)).verdict is Verdict.FINAL
    assert judge(MINED, receipt(number=91), at(nonce_at_head=8)).verdict is Verdict.WAITING


def test_a_receipt_that_is_gone_was_taken_by_a_reorg() -> None:
    assert judge(MINED, {}, at()).verdict is Verdict.UNMINED


def test_a_nonce_that_is_used_by_nothing_of_ours_was_used_by_a_stranger() -> None:
    assert judge(SENT, {}, at(nonce_at_head=8)).verdict is Verdict.DISPLACED
    assert judge(SENT, {}, at(nonce_at_head=8, nonce_at_finalized=8)).verdict is Verdict.DISPLACED_FOR_GOOD


@given(st.sampled_from([SENT, MINED]), st.booleans(), st.integers(0, 3), st.integers(0, 3), st.integers(85, 100))
def test_nothing_is_final_without_a_receipt_or_a_nonce_that_is_used_for_good(
    flight: Flight, has_receipt: bool, at_head: int, at_finalized: int, number: int
) -> None:
    at_head, at_finalized = 6 + max(at_head, at_finalized), 6 + min(at_head, at_finalized)
    view = at(nonce_at_head=at_head, nonce_at_finalized=at_finalized)
    finding = judge(flight, receipt(number=number) if has_receipt else {}, view)
    assert (finding.verdict is Verdict.FINAL) is (has_receipt and number <= 90)
    assert (finding.verdict is Verdict.DISPLACED_FOR_GOOD) is (not has_receipt and at_finalized > 7)
    assert (finding.receipt is not None) is has_receipt
