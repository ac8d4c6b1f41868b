"""Throw-away accounts of a local chain: keystores in the state directory that only their owner may read."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address

from orchestrator.transactions.signers.keystore import keystore_address, read_password

# The key is worth nothing and its password lies beside it: what production spends on scrypt would only slow the start.
SCRYPT_ROUNDS = 2**10


class Role(StrEnum):
    """Who acts on a local chain."""

    DEPLOYER = "deployer"
    """Deploys, and is the vault's owner and guardian."""
    KEEPER = "keeper"
    """The sender's key."""
    ORACLE = "oracle"
    """Publishes the rounds of the local feeds."""
    LENDER = "lender"
    BORROWER = "borrower"


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """One keystore a role, and one password file for all of them, under `directory`."""

    directory: Path

    @classmethod
    def create(cls, state_dir: Path) -> Self:
        """The accounts under `state_dir`, made on the first call and kept on every later one."""
        accounts = cls(state_dir / "accounts")
        accounts.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not accounts.password_file.exists():
            _write_private(accounts.password_file, secrets.token_urlsafe(24) + "\n")
        password = read_password(accounts.password_file)
        for role in Role:
            if not accounts.keystore(role).exists():
                encrypted = Account.encrypt(Account.create().key, password, kdf="scrypt", iterations=SCRYPT_ROUNDS)
                _write_private(accounts.keystore(role), json.dumps(encrypted) + "\n")
        return accounts

    @property
    def password_file(self) -> Path:
        return self.directory / "password"

    def keystore(self, role: Role) -> Path:
        return self.directory / f"{role}.keystore.json"

    def address(self, role: Role) -> ChecksumAddress:
        """Needs no password: a keystore names its address."""
        return to_checksum_address(keystore_address(self.keystore(role)))

    def unlock(self, role: Role) -> LocalAccount:
        """The account itself, to sign transactions and typed data with."""
        encrypted = json.loads(self.keystore(role).read_text(encoding="utf-8"))
        account: LocalAccount = Account.from_key(Account.decrypt(encrypted, read_password(self.password_file)))
        return account


def _write_private(path: Path, text: str) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(unfinished, path)
