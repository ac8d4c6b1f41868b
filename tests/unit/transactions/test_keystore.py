"""The encrypted keystore, and how little it says."""

import copy
import json
import logging
import pickle
import traceback
from pathlib import Path

import pytest
from eth_account import Account
from eth_keys.backends import get_backend
from eth_keys.backends.coincurve import CoinCurveECCBackend

from orchestrator.logs import JsonFormatter
from orchestrator.transactions.fees import Fees
from orchestrator.transactions.signers import Signer, SignerError, UnsignedTransaction
from orchestrator.transactions.signers.keystore import (
    KeystoreSigner,
    create_keystore,
    keystore_address,
    open_keystore,
    read_password,
)

KEY = bytes.fromhex("5e" * 32)
PASSWORD = "correct horse battery staple"
TRANSACTION = UnsignedTransaction(31337, 7, "0x" + "ab" * 20, b"\x01\x02", 5, 60_000, Fees(2 * 10**9, 10**9))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("keys")
    keystore, password = folder / "key.json", folder / "password"
    keystore.write_text(json.dumps(Account.encrypt(KEY, PASSWORD, iterations=2)))
    password.write_text(PASSWORD + "\n")
    return keystore, password


async def test_a_keystore_signs_what_its_address_can_be_recovered_from(files: tuple[Path, Path]) -> None:
    signer: Signer = open_keystore(*files)
    raw = await signer.sign(TRANSACTION)
    assert Account.recover_transaction(raw).lower() == signer.address == Account.from_key(KEY).address.lower()


def test_a_key_signs_by_libsecp256k1_and_not_in_python_whose_time_depends_on_the_key() -> None:
    assert isinstance(get_backend(), CoinCurveECCBackend)


async def test_the_same_transaction_gives_the_same_bytes(files: tuple[Path, Path]) -> None:
    signer = open_keystore(*files)
    assert await signer.sign(TRANSACTION) == await signer.sign(TRANSACTION)


def test_the_address_is_known_without_the_password(files: tuple[Path, Path]) -> None:
    assert keystore_address(files[0]) == Account.from_key(KEY).address


def test_a_new_keystore_is_readable_by_its_owner_only_and_opens(tmp_path: Path, files: tuple[Path, Path]) -> None:
    keystore = tmp_path / "new" / "key.json"
    address = create_keystore(keystore, files[1])
    assert keystore.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in keystore.parent.iterdir()] == ["key.json"]
    assert open_keystore(keystore, files[1]).address == address.lower()


def test_a_key_is_never_overwritten(files: tuple[Path, Path]) -> None:
    before = files[0].read_bytes()
    with pytest.raises(SignerError, match="exists already"):
        create_keystore(*files)
    assert files[0].read_bytes() == before


def test_a_wrong_password_is_told_without_the_password(tmp_path: Path, files: tuple[Path, Path]) -> None:
    wrong = tmp_path / "password"
    wrong.write_text("wrong secret")
    with pytest.raises(SignerError, match="can't be opened") as refused:
        open_keystore(files[0], wrong)
    assert "wrong secret" not in "".join(traceback.format_exception(refused.value))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"address": "0x0"}'])
def test_what_is_no_keystore_is_refused(tmp_path: Path, files: tuple[Path, Path], content: str) -> None:
    keystore = tmp_path / "key.json"
    keystore.write_text(content)
    with pytest.raises(SignerError, match="is not an encrypted keystore"):
        open_keystore(keystore, files[1])


def test_missing_files_are_named_with_their_variable(tmp_path: Path, files: tuple[Path, Path]) -> None:
    with pytest.raises(SignerError, match="COVENANT_KEYSTORE,"):
        open_keystore(tmp_path / "none.json", files[1])
    with pytest.raises(SignerError, match="COVENANT_KEYSTORE_PASSWORD_FILE"):
        read_password(tmp_path / "none")


def test_an_empty_password_is_refused(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("\nsecond line")
    with pytest.raises(SignerError, match="is empty"):
        read_password(tmp_path / "password")


def test_the_key_shows_in_no_representation_log_line_or_trace(files: tuple[Path, Path]) -> None:
    signer = open_keystore(*files)
    record = logging.makeLogRecord({"msg": "signer %s", "args": (signer,), "signer": signer})
    try:
        raise RuntimeError(f"while using {signer!r}")
    except RuntimeError as error:
        trace = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    for text in (repr(signer), str(signer), f"{signer}", JsonFormatter("sender").format(record), trace):
        assert signer.address in text
        assert KEY.hex() not in text
        assert PASSWORD not in text


def test_a_signer_can_be_neither_pickled_nor_copied(files: tuple[Path, Path]) -> None:
    signer: KeystoreSigner = open_keystore(*files)
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    with pytest.raises(TypeError):
        copy.deepcopy(signer)
