"""A signer whose key lies in an encrypted keystore file (Web3 Secret Storage, version 3), opened with a password file.

The key lives in the sender process only, inside eth-account's object; nothing here prints, logs or pickles it.
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import NoReturn

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address

from orchestrator.transactions.signers.protocol import SignerError, UnsignedTransaction


class KeystoreSigner:
    """Signs with a key held in memory. Made by ``open_keystore``."""

    __slots__ = ("_account", "address")

    def __init__(self, account: LocalAccount) -> None:
        self._account = account
        self.address: str = account.address.lower()

    def __repr__(self) -> str:
        return f"<KeystoreSigner {self.address}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a signer can't be pickled: its key stays in this process")

    async def sign(self, transaction: UnsignedTransaction) -> bytes:
        signed = self._account.sign_transaction(
            {
                "type": 2,
                "chainId": transaction.chain_id,
                "nonce": transaction.nonce,
                "to": to_checksum_address(transaction.to),
                "data": transaction.data,
                "value": transaction.value_wei,
                "gas": transaction.gas_limit,
                "maxFeePerGas": transaction.fees.max_fee_per_gas_wei,
                "maxPriorityFeePerGas": transaction.fees.max_priority_fee_per_gas_wei,
            }
        )
        return bytes(signed.raw_transaction)


def open_keystore(keystore: Path, password_file: Path) -> KeystoreSigner:
    """A signer of transactions from a keystore. Raises as ``open_account``."""
    return KeystoreSigner(open_account(keystore, password_file))


def open_account(keystore: Path, password_file: Path) -> LocalAccount:
    """Decrypts a keystore; takes about a second, which is the point of its key derivation.

    Raises:
        SignerError: a file is missing or malformed, or the password is wrong.
    """
    password = read_password(password_file)
    content = _read_keystore(keystore)
    try:
        key = Account.decrypt(content, password)
    except (ValueError, KeyError, TypeError):
        # The library's message is not repeated: what it was given is secret.
        raise SignerError(
            f"the keystore {keystore} can't be opened with the password in {password_file}",
            "check that the two files belong together",
        ) from None
    account: LocalAccount = Account.from_key(key)
    return account


def create_keystore(keystore: Path, password_file: Path) -> str:
    """Writes a new random key to ``keystore``, readable by its owner only, and returns its address, checksummed.

    Raises:
        SignerError: there is a file already, or the password is missing or empty.
    """
    if keystore.exists():
        raise SignerError(f"{keystore} exists already", "keys are never overwritten: choose another path")
    password = read_password(password_file)
    account: LocalAccount = Account.create()
    content = json.dumps(account.encrypt(password))
    keystore.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=keystore.parent, prefix=f".{keystore.name}.")
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(temporary, keystore)
    except FileExistsError:
        raise SignerError(f"{keystore} exists already", "keys are never overwritten: choose another path") from None
    finally:
        os.unlink(temporary)
    return str(account.address)


def keystore_address(keystore: Path) -> str:
    """The address that a keystore says it holds, checksummed, without opening it.

    Raises:
        SignerError: the file is missing or malformed.
    """
    address = _read_keystore(keystore).get("address")
    try:
        return str(to_checksum_address(f"0x{str(address).removeprefix('0x')}"))
    except ValueError:
        raise SignerError(f"the keystore {keystore} does not say its address", "check the file") from None


def read_password(password_file: Path) -> str:
    """The first line of a password file.

    Raises:
        SignerError: it is missing, unreadable or empty.
    """
    try:
        password = password_file.read_text(encoding="utf-8").partition("\n")[0].rstrip("\r")
    except (OSError, UnicodeDecodeError):
        raise SignerError(
            f"the password file {password_file} can't be read",
            "set COVENANT_KEYSTORE_PASSWORD_FILE to a file whose first line is the password",
        ) from None
    if not password:
        raise SignerError(f"the password file {password_file} is empty", "write the password into its first line")
    return password


def _read_keystore(keystore: Path) -> dict[str, object]:
    try:
        content = json.loads(keystore.read_text(encoding="utf-8"))
    except OSError:
        raise SignerError(
            f"the keystore {keystore} can't be read", "set COVENANT_KEYSTORE, or make one with `covenant keys new`"
        ) from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or not ("crypto" in content or "Crypto" in content):
        raise SignerError(f"{keystore} is not an encrypted keystore", "make one with `covenant keys new`")
    return content
