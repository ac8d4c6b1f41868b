"""A signer whose key lies elsewhere, behind Web3Signer's HTTP API: bytes to sign go out, a signature comes back.

The bytes of an EIP-1559 transaction are put together here, and a signature is believed only if our address follows from
it: a signer that is wrong, or a wrong one, signs nothing for us.
"""

from __future__ import annotations

from typing import Final, Self

import httpx
import rlp
from eth_keys.datatypes import PublicKey, Signature
from eth_keys.exceptions import BadSignature
from eth_utils.crypto import keccak
from eth_utils.exceptions import ValidationError

from orchestrator.settings import redact_url
from orchestrator.transactions.signers.protocol import SignerError, SignerUnavailable, UnsignedTransaction

TIMEOUT_S: Final = 3.0
"""Shorter than the time for which a lane may be locked."""

_EIP_1559: Final = b"\x02"
_PUBLIC_KEYS: Final = "/api/v1/eth1/publicKeys"
_SIGN: Final = "/api/v1/eth1/sign/"
_SIGNATURE_BYTES: Final = 65
_FIRST_V: Final = 27


class RemoteSigner:
    """Signs for one address through a Web3Signer. Made by ``open_remote``; close it with ``aclose``."""

    def __init__(self, http: httpx.AsyncClient, address: str, identifier: str) -> None:
        self._http = http
        self._identifier = identifier
        self.address: str = address.lower()

    @classmethod
    async def open_remote(cls, url: str, address: str) -> Self:
        """Finds the key of ``address`` among those that the signer holds.

        Raises:
            SignerUnavailable: the signer does not answer.
            SignerError: it answers something else, or has no such key.
        """
        http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S)
        try:
            for identifier in _public_keys(await _ask(http, "GET", _PUBLIC_KEYS)):
                if _address_of(identifier) == address.lower():
                    return cls(http, address, identifier)
        except SignerError:
            await http.aclose()
            raise
        await http.aclose()
        raise SignerError(
            f"the signer at {redact_url(url)} has no key of {address}",
            "check COVENANT_SIGNER_ADDRESS, and which keys that signer loads",
        )

    def __repr__(self) -> str:
        return f"<RemoteSigner {self.address}>"

    async def sign(self, transaction: UnsignedTransaction) -> bytes:
        fields = [
            transaction.chain_id,
            transaction.nonce,
            transaction.fees.max_priority_fee_per_gas_wei,
            transaction.fees.max_fee_per_gas_wei,
            transaction.gas_limit,
            bytes.fromhex(transaction.to[2:]),
            transaction.value_wei,
            transaction.data,
            [],
        ]
        payload = _EIP_1559 + rlp.encode(fields)
        answer = await _ask(self._http, "POST", _SIGN + self._identifier, {"data": "0x" + payload.hex()})
        signature = self._checked(answer.text, payload)
        return _EIP_1559 + bytes(rlp.encode([*fields, signature.v, signature.r, signature.s]))

    async def aclose(self) -> None:
        await self._http.aclose()

    def _checked(self, text: str, payload: bytes) -> Signature:
        """The signature in an answer. Raises SignerError unless it is ours, over these bytes."""
        try:
            raw = bytes.fromhex(text.strip().strip('"').removeprefix("0x"))
            if len(raw) != _SIGNATURE_BYTES:
                raise ValueError(f"{len(raw)} bytes")
            v = raw[64] - _FIRST_V if raw[64] >= _FIRST_V else raw[64]
            signature = Signature(raw[:64] + bytes([v]))
            signed_by = signature.recover_public_key_from_msg_hash(keccak(payload)).to_address()
        except (ValueError, BadSignature, ValidationError):
            raise SignerError(
                f"the signer of {self.address} answered something that is no signature", "check that it is a Web3Signer"
            ) from None
        if signed_by != self.address:
            raise SignerError(
                f"the signer of {self.address} signed with the key of {signed_by}", "check which keys that signer loads"
            )
        return signature


async def _ask(http: httpx.AsyncClient, method: str, path: str, body: dict[str, str] | None = None) -> httpx.Response:
    where = redact_url(str(http.base_url))
    try:
        response = await http.request(method, path, json=body)
    except httpx.HTTPError as error:
        raise SignerUnavailable(
            f"the signer at {where} does not answer ({type(error).__name__})", "check that it runs and can be reached"
        ) from None
    if response.is_server_error:
        raise SignerUnavailable(f"the signer at {where} fails ({response.status_code})", "see its log")
    if response.is_error:
        raise SignerError(f"the signer at {where} refuses ({response.status_code})", "see its log")
    return response


def _public_keys(response: httpx.Response) -> list[str]:
    try:
        keys = response.json()
    except ValueError:
        keys = None
    if not isinstance(keys, list):
        raise SignerError("the signer does not list its keys", "check that COVENANT_SIGNER_URL is a Web3Signer's")
    return [str(key) for key in keys]


def _address_of(public_key: str) -> str | None:
    """None for something that is no public key."""
    try:
        return PublicKey(bytes.fromhex(public_key.removeprefix("0x"))).to_address()
    except (ValueError, ValidationError):
        return None
