"""Where the doctor draws its lines."""

from pathlib import Path

import pytest
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain.book import BookMarket
from orchestrator.transactions.fees import FeeMarket
from scripts.doctor.clock import judge_clock
from scripts.doctor.deployment import PRICE_SCALE, price
from scripts.doctor.diagnosis import Grade
from scripts.doctor.machine import check_binary, check_python, version_of
from scripts.doctor.mirror import judge_lag
from scripts.doctor.signer import COMFORTABLE, GAS_PER_TRANSACTION, check_privacy, ether, judge_purse

GWEI = 10**9
ADDRESS = "0x00000000000000000000000000000000000000aa"
MARKET = FeeMarket(base_fee_wei=10 * GWEI, tip_wei=GWEI)
EACH_WEI = GAS_PER_TRANSACTION * 21 * GWEI
CAP_WEI = 200 * GWEI


@pytest.mark.parametrize(
    ("version", "grade"), [((3, 10, 9), Grade.FAIL), ((3, 11, 0), Grade.OK), ((3, 13, 1), Grade.OK)]
)
def test_python_must_be_new_enough(version: tuple[int, int, int], grade: Grade) -> None:
    assert check_python(version).grade is grade


@pytest.mark.parametrize(
    ("timestamp_s", "grade"),
    [
        (1_000_000, Grade.OK),
        (1_000_015, Grade.OK),
        (1_000_016, Grade.WARN),
        (999_100, Grade.OK),
        (999_099, Grade.WARN),
    ],
)
def test_a_head_from_the_future_or_long_ago_is_a_warning(timestamp_s: int, grade: Grade) -> None:
    assert judge_clock(timestamp_s, 1_000_000.0, is_local=False).grade is grade


def test_a_local_chain_lives_in_its_own_time() -> None:
    assert judge_clock(1, 1_000_000.0, is_local=True).grade is Grade.OK


@pytest.mark.parametrize(
    ("balance_wei", "grade"),
    [
        (0, Grade.FAIL),
        (EACH_WEI - 1, Grade.FAIL),
        (EACH_WEI, Grade.WARN),
        (COMFORTABLE * EACH_WEI - 1, Grade.WARN),
        (COMFORTABLE * EACH_WEI, Grade.OK),
    ],
)
def test_a_signer_fails_without_one_transaction_and_warns_without_many(balance_wei: int, grade: Grade) -> None:
    assert judge_purse(ADDRESS, balance_wei, MARKET, CAP_WEI).grade is grade


@given(st.integers(min_value=0, max_value=COMFORTABLE * EACH_WEI - 1))
def test_sending_a_signer_what_the_doctor_asks_for_makes_it_well(balance_wei: int) -> None:
    remedy = judge_purse(ADDRESS, balance_wei, MARKET, CAP_WEI).remedy
    asked_ether = remedy.removeprefix("send it ").partition(" ETH")[0].replace(",", "")
    whole, _, micro = asked_ether.partition(".")
    asked_wei = int(whole) * 10**18 + int(micro) * 10**12
    assert judge_purse(ADDRESS, balance_wei + asked_wei, MARKET, CAP_WEI).grade is Grade.OK
    assert ADDRESS in remedy


def test_a_fee_cap_below_the_base_fee_stops_everything_whatever_the_balance() -> None:
    diagnosis = judge_purse(ADDRESS, 10**24, MARKET, 10 * GWEI - 1)
    assert diagnosis.grade is Grade.FAIL
    assert "COVENANT_MAX_FEE_PER_GAS_WEI" in diagnosis.remedy


def test_ether_is_shown_rounded_down_and_asked_for_rounded_up() -> None:
    assert ether(1_234 * 10**18 + 5 * 10**12 + 1) == "1,234.000005"
    assert ether(1, up=True) == "0.000001"


@pytest.mark.parametrize(
    ("lag", "grade"), [(0, Grade.OK), (10, Grade.OK), (11, Grade.WARN), (-10, Grade.OK), (-11, Grade.FAIL)]
)
def test_a_mirror_far_behind_is_a_warning_and_one_far_ahead_a_failure(lag: int, grade: Grade) -> None:
    assert judge_lag("at block 100", lag).grade is grade


def test_a_file_that_others_may_read_is_a_warning_that_says_how_to_close_it(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("hunter2")
    secret.chmod(0o600)
    assert check_privacy(secret) == []
    secret.chmod(0o644)
    [diagnosis] = check_privacy(secret)
    assert (diagnosis.grade, diagnosis.remedy) == (Grade.WARN, f"chmod 600 {secret}")


def test_a_price_is_shown_of_one_whole_token_in_the_other() -> None:
    zero = to_checksum_address("0x" + "00" * 20)
    weth_usdc = BookMarket(
        id=1,
        loan_token=zero,
        collateral_token=zero,
        oracle=zero,
        min_debt=1,
        feeds=(),
        loan_symbol="USDC",
        collateral_symbol="WETH",
        loan_decimals=6,
        collateral_decimals=18,
    )
    price_e36 = 194_567_891 * 10**4 * PRICE_SCALE // 10**18 // 100
    assert price(price_e36, weth_usdc) == "1 WETH is 19,456.78 USDC"


def test_a_missing_binary_is_a_failure_only_where_it_is_needed(tmp_path: Path) -> None:
    assert check_binary(tmp_path, "anvil", needed=True).grade is Grade.FAIL
    assert check_binary(tmp_path, "anvil", needed=False).grade is Grade.WARN


def test_a_program_that_does_not_run_has_no_version(tmp_path: Path) -> None:
    assert version_of(tmp_path / "nothing", "--version") is None
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\nexit 3\n")
    broken.chmod(0o755)
    assert version_of(broken, "--version") is None
