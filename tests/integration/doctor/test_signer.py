"""The signer's key and purse, on a real keystore and a real chain."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from orchestrator.chain.rpc import JsonRpc
from orchestrator.transactions.signers.keystore import create_keystore
from scripts.doctor.diagnosis import Grade
from scripts.doctor.signer import check_key, check_purse

ETHER = 10**18
CAP_WEI = 200 * 10**9


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    file = tmp_path / "password"
    file.write_text("correct horse\n")
    file.chmod(0o600)
    return file


@pytest.fixture
def keystore(tmp_path: Path, password_file: Path) -> Path:
    file = tmp_path / "keeper.json"
    create_keystore(file, password_file)
    return file


@pytest.fixture
async def rpc(anvil: str) -> AsyncIterator[JsonRpc]:
    provider = JsonRpc(anvil)
    yield provider
    await provider.aclose()


async def test_a_key_that_opens_is_well_and_gives_its_address(keystore: Path, password_file: Path) -> None:
    [diagnosis], address = await check_key(keystore, password_file)
    assert diagnosis.grade is Grade.OK
    assert address is not None
    assert address in diagnosis.found


async def test_a_wrong_password_is_a_failure_that_does_not_repeat_it(keystore: Path, password_file: Path) -> None:
    password_file.write_text("wrong horse\n")
    [diagnosis], address = await check_key(keystore, password_file)
    assert (diagnosis.grade, address) == (Grade.FAIL, None)
    assert "horse" not in diagnosis.found + diagnosis.remedy


async def test_a_missing_keystore_is_a_failure_that_names_the_variable(tmp_path: Path, password_file: Path) -> None:
    [diagnosis], _ = await check_key(tmp_path / "nothing.json", password_file)
    assert diagnosis.grade is Grade.FAIL
    assert "COVENANT_KEYSTORE" in diagnosis.remedy


async def test_a_password_that_others_may_read_is_a_warning(keystore: Path, password_file: Path) -> None:
    await asyncio.to_thread(password_file.chmod, 0o644)
    diagnoses, address = await check_key(keystore, password_file)
    assert [diagnosis.grade for diagnosis in diagnoses] == [Grade.OK, Grade.WARN]
    assert address is not None


async def test_a_signer_without_ether_is_a_failure_and_with_it_well(rpc: JsonRpc) -> None:
    address = "0x00000000000000000000000000000000000000aa"
    assert (await check_purse(rpc, address, CAP_WEI)).grade is Grade.FAIL
    await rpc.call("anvil_setBalance", (address, hex(10 * ETHER)))
    assert (await check_purse(rpc, address, CAP_WEI)).grade is Grade.OK


async def test_a_fee_cap_below_the_chains_base_fee_is_a_failure(rpc: JsonRpc) -> None:
    diagnosis = await check_purse(rpc, "0x00000000000000000000000000000000000000aa", 1)
    assert (diagnosis.subject, diagnosis.grade) == ("fees", Grade.FAIL)
