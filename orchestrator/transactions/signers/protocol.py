"""What the sender asks of a signer, and nothing more: an address, and signed bytes for one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from orchestrator.errors import CovenantError
from orchestrator.transactions.fees import Fees


class SignerError(CovenantError):
    """A key can't be used. The message never holds the key, nor the password to it."""


class SignerUnavailable(SignerError):
    """Whoever keeps the key does not answer now; nothing was signed, and the same may be asked again."""


@dataclass(frozen=True, slots=True)
class UnsignedTransaction:
    """An EIP-1559 transaction, complete but for its signature."""

    chain_id: int
    nonce: int
    to: str
    data: bytes
    value_wei: int
    gas_limit: int
    fees: Fees


class Signer(Protocol):
    """Signs for one address."""

    @property
    def address(self) -> str:
        """Lower-case 0x-string."""
        ...

    async def sign(self, transaction: UnsignedTransaction) -> bytes:
        """The raw transaction as it is broadcast. The same input gives the same bytes.

        Raises:
            SignerError: the signer can't or won't sign.
        """
        ...
